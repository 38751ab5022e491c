"""Webhooks: whom we call when something happens, how a call is signed, and how long it is tried."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

from cloud.domain.addresses import is_public
from cloud.domain.words import N_

SECRET_PREFIX = "whsec_"  # noqa: S105 - how the secrets of Standard Webhooks begin
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=10), timedelta(hours=3)
TRIED_FOR = timedelta(days=1)
DISABLED_AFTER = timedelta(days=3)
EXCUSED_FOR, EXCUSED_FAILURES = timedelta(hours=1), 10
"""A webhook that fails no longer, and no more often, may recover by itself."""


NEEDS_TLS = N_("TLS (https://) is needed; only hosts in BOLLARD_WEBHOOK_HOSTS may do without")
NOT_PUBLIC = N_("it is in a network of your own or a special one; BOLLARD_WEBHOOK_HOSTS may allow its host")


class Event(StrEnum):
    """What is told. `test` is sent when asked for, whatever a webhook listens to."""

    SESSION_STARTED = "session.started"
    SESSION_STOPPED = "session.stopped"
    SESSION_BILLED = "session.billed"
    STATION_ONLINE = "station.online"
    STATION_OFFLINE = "station.offline"
    FAULT = "fault"
    TEST = "test"


class DeliveryState(StrEnum):
    """`failed`: tried for a day, or its webhook was disabled."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Webhook:
    """One address that wants to hear of some events.

    `failing_since`: the first of the `failures` since something last arrived, at `delivered_at`. `next_try_at`: when
    what waits is tried.
    """

    id: int
    organisation_id: int
    url: str
    events: frozenset[Event]
    secret: str
    created_at: datetime
    failing_since: datetime | None = None
    disabled_at: datetime | None = None
    disabled_why: str | None = None
    delivered_at: datetime | None = None
    failures: int = 0
    next_try_at: datetime | None = None

    def __repr__(self) -> str:
        """Neither the secret nor the address, which may hold one."""
        return f"Webhook({self.id})"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one webhook; `status` is the last answer's, `error` what went wrong last."""

    id: int
    webhook_id: int
    event: Event
    body: str
    created_at: datetime
    due_at: datetime
    attempts: int
    state: DeliveryState
    status: int | None = None
    error: str | None = None
    ended_at: datetime | None = None


def hopeless(url: str, trusted: Collection[str]) -> str | None:
    """Why no call to this address could ever be made, as far as it tells itself: no name is looked up."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in trusted:
        return None
    return NEEDS_TLS if parts.scheme != "https" else NOT_PUBLIC if _is_near(host) else None


def _is_near(host: str) -> bool:
    try:
        return not is_public(ip_address(host))
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def new_secret() -> str:
    """24 random bytes, written as Standard Webhooks has it."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(24)).decode()


def signature(secret: str, id: str, at_s: int, body: str) -> str:
    """Of id, time (Unix seconds) and body, as Standard Webhooks has it: `v1,` and HMAC-SHA256 in base64."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = hmac.new(key, f"{id}.{at_s}.{body}".encode(), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def headers(webhook: Webhook, delivery: Delivery, now: datetime) -> dict[str, str]:
    """What lets the receiver know that it was us, just now, and whether it has seen this one before."""
    id, at_s = f"msg_{delivery.id}", int(now.timestamp())
    return {
        "webhook-id": id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": signature(webhook.secret, id, at_s, delivery.body),
    }


def next_try(delivery: Delivery, now: datetime) -> datetime | None:
    """When a delivery that has just failed once more is tried again; None when a day has passed."""
    wait: timedelta = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(delivery.attempts, 20))
    return now + wait if now + wait <= delivery.created_at + TRIED_FOR else None


def gives_up(webhook: Webhook, now: datetime) -> bool:
    """Whether nothing has arrived for so long that it is disabled."""
    return webhook.failing_since is not None and now - webhook.failing_since >= DISABLED_AFTER
