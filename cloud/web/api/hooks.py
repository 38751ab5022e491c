"""Webhooks: added, changed, tried, and the log of their deliveries."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from sqlalchemy import Connection

from cloud.db.rows import Cut
from cloud.domain.people import Permission
from cloud.domain.webhooks import Event
from cloud.domain.webhooks import Webhook as Hook
from cloud.services import webhooks
from cloud.web.api.endpoints import Call, Endpoint, Kind, Struct, given

ADMIN = Permission.ADMIN
_HOOK = "/webhooks/{webhook_id:int}"
Url = Annotated[str, Meta(min_length=8, max_length=2000, pattern="^https?://")]
Wanted = Literal["session.started", "session.stopped", "session.billed", "station.online", "station.offline", "fault"]


class Webhook(msgspec.Struct):
    """An address that hears of some events; it is called with the headers of Standard Webhooks.

    `failures` counts those since something last arrived (`delivered_at`); what waits is tried at `next_try_at`.
    """

    id: int
    url: str
    events: list[Event]
    enabled: bool
    created_at: datetime
    delivered_at: datetime | None
    failures: int
    next_try_at: datetime | None
    failing_since: datetime | None
    disabled_why: str | None


class NewWebhook(Struct):
    """An address of the public Internet with TLS, unless the setting webhook_hosts names its host."""

    url: Url
    events: Annotated[list[Wanted], Meta(min_length=1)]


class MadeWebhook(msgspec.Struct):
    """A new webhook with the secret that its calls are signed with, told only this once."""

    webhook: Webhook
    secret: str


class WebhookChange(Struct):
    """What is given changes, what is left out stays. One that is enabled again hears of what happens from then on."""

    url: Url | msgspec.UnsetType = msgspec.UNSET
    events: Annotated[list[Wanted], Meta(min_length=1)] | msgspec.UnsetType = msgspec.UNSET
    enabled: bool | msgspec.UnsetType = msgspec.UNSET


class Delivery(msgspec.Struct):
    """One event for one webhook; `status` and `error` are of the last of its `attempts`."""

    id: int
    event: Event
    state: str
    created_at: datetime
    due_at: datetime
    attempts: int
    status: int | None
    error: str | None
    ended_at: datetime | None
    body: str


def shown(hook: Hook) -> dict[str, Any]:
    """A webhook as it is told: without its secret."""
    told = {name: getattr(hook, name) for name in Webhook.__struct_fields__ if name != "enabled"}
    return told | {"enabled": hook.disabled_at is None, "events": sorted(hook.events)}


def listed(conn: Connection, call: Call) -> list[dict[str, Any]]:
    return [shown(hook) for hook in webhooks.listed(conn, call.organisation_id)]


def add(conn: Connection, call: Call) -> dict[str, Any]:
    events = set(map(Event, call.body.events))
    hook = webhooks.add(conn, call.organisation_id, call.body.url, events, call.user_id, call.now, call.trusted_hosts)
    return {"webhook": shown(hook), "secret": hook.secret}


def _own(conn: Connection, call: Call) -> Hook:
    return webhooks.find(conn, call.organisation_id, call.params["webhook_id"])


def one(conn: Connection, call: Call) -> dict[str, Any]:
    return shown(_own(conn, call))


def change(conn: Connection, call: Call) -> dict[str, Any]:
    wanted = given(call.body)
    if "events" in wanted:
        wanted["events"] = set(map(Event, wanted["events"]))
    known = _own(conn, call)
    trusted = call.trusted_hosts
    return shown(
        webhooks.change(conn, call.organisation_id, known.id, call.user_id, call.now, **wanted, trusted=trusted)
    )


def remove(conn: Connection, call: Call) -> None:
    webhooks.remove(conn, call.organisation_id, _own(conn, call).id, call.user_id, call.now)


def deliveries(conn: Connection, call: Call) -> Any:
    return webhooks.deliveries(conn, _own(conn, call).id, Cut(call.limit, call.after))


def test(conn: Connection, call: Call) -> Any:
    return webhooks.test(conn, call.organisation_id, _own(conn, call).id, call.now)


def again(conn: Connection, call: Call) -> Any:
    hook, delivery_id = _own(conn, call), call.params["delivery_id"]
    return webhooks.send_again(conn, call.organisation_id, hook.id, delivery_id, call.user_id, call.now)


_AGAIN = f"{_HOOK}/deliveries/{{delivery_id:int}}/again"
ENDPOINTS = (
    Endpoint("GET", "/webhooks", "List webhooks", ADMIN, listed, Webhook, Kind.ALL),
    Endpoint("POST", "/webhooks", "Add a webhook", ADMIN, add, MadeWebhook, takes=NewWebhook, status=201),
    Endpoint("GET", _HOOK, "Show a webhook", ADMIN, one, Webhook),
    Endpoint("PATCH", _HOOK, "Change a webhook", ADMIN, change, Webhook, takes=WebhookChange),
    Endpoint("DELETE", _HOOK, "Remove a webhook with its log", ADMIN, remove),
    Endpoint("GET", f"{_HOOK}/deliveries", "List what it was told", ADMIN, deliveries, Delivery, Kind.PAGE),
    Endpoint("POST", f"{_HOOK}/tests", "Send it something to try it with", ADMIN, test, Delivery, status=202),
    Endpoint("POST", _AGAIN, "Send one of its calls again", ADMIN, again, Delivery, status=202),
)
