"""Webhooks: an event and its outbox row are one unit of work; delivering is somebody else's, who notes it here."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import Connection

from cloud.db.queries import places
from cloud.db.queries import webhooks as rows
from cloud.db.rows import Cut
from cloud.domain.bills import Bill
from cloud.domain.incidents import IncidentKind
from cloud.domain.sessions import Session
from cloud.domain.stations import Station, StatusReport
from cloud.domain.tags import masked
from cloud.domain.webhooks import Delivery, DeliveryState, Event, Webhook, gives_up, hopeless, new_secret, next_try
from cloud.services import audit, incidents
from cloud.services.errors import Malformed, NotFound, NotNow

LONGEST_URL = 2000
MOST_WEBHOOKS = 20
OF_EACH = 5
KEPT = timedelta(days=14)
LONGEST_ERROR = 300
_DROPPED_AT_ONCE = 500


def add(
    conn: Connection,
    organisation_id: int,
    url: str,
    events: Collection[Event],
    user_id: int | None,
    now: datetime,
    trusted: Collection[str] = (),
) -> Webhook:
    """A new webhook with its secret; `trusted` hosts may be near and without TLS. Raises Malformed, NotNow."""
    if len(rows.listed(conn, organisation_id)) >= MOST_WEBHOOKS:
        raise NotNow(f"there are {MOST_WEBHOOKS} webhooks already; remove one that nobody needs")
    values = {"organisation_id": organisation_id, "secret": new_secret(), "created_at": now}
    checked = {"url": _checked(url, trusted), "events": _listed(events)}
    id = rows.insert(conn, {**values, **checked})
    audit.change(
        conn,
        organisation_id,
        user_id,
        "webhook added",
        _host(url),
        {},
        {"webhook": id, "events": checked["events"]},
        now,
    )
    return find(conn, organisation_id, id)


def change(
    conn: Connection,
    organisation_id: int,
    id: int,
    user_id: int | None,
    now: datetime,
    *,
    url: str | None = None,
    events: Collection[Event] | None = None,
    enabled: bool | None = None,
    trusted: Collection[str] = (),
) -> Webhook:
    """Another address, other events; enabled it begins with what happens from now on. Raises NotFound, Malformed."""
    known, values = find(conn, organisation_id, id), dict[str, Any]()
    if url is not None:
        values["url"] = _checked(url, trusted)
    if events is not None:
        values["events"] = _listed(events)
    if enabled is not None:
        values |= {"failing_since": None, "failures": 0}
    if enabled is True:
        values |= {"disabled_at": None, "disabled_why": None}
    if enabled is False:
        values |= {"disabled_at": now, "disabled_why": "an operator disabled it"}
        rows.drop_waiting(conn, id, now)
    if values:
        rows.update(conn, id, values)
    changed = find(conn, organisation_id, id)
    audit.change(
        conn, organisation_id, user_id, "webhook changed", _host(changed.url), _told(known), _told(changed), now
    )
    return changed


def remove(conn: Connection, organisation_id: int, id: int, user_id: int | None, now: datetime) -> None:
    """With its log. Raises NotFound."""
    known = find(conn, organisation_id, id)
    rows.delete(conn, id)
    audit.change(conn, organisation_id, user_id, "webhook removed", _host(known.url), _told(known), {}, now)


def find(conn: Connection, organisation_id: int, id: int) -> Webhook:
    """Raises NotFound."""
    found = rows.by_id(conn, id)
    if found is None or found.organisation_id != organisation_id:
        raise NotFound(f"there is no webhook {id}")
    return found


def listed(conn: Connection, organisation_id: int) -> list[Webhook]:
    """In the order in which they were added."""
    return rows.listed(conn, organisation_id)


def deliveries(conn: Connection, id: int, cut: Cut) -> list[Delivery]:
    """A page of what a webhook was told, the newest first."""
    return rows.deliveries(conn, id, cut)


def send_again(
    conn: Connection, organisation_id: int, id: int, delivery_id: int, user_id: int | None, now: datetime
) -> Delivery:
    """What a webhook was told, or could not be, is told at once, under the same id. Raises NotFound, NotNow."""
    hook = _enabled(conn, organisation_id, id)
    known = rows.delivery(conn, delivery_id)
    if known is None or known.webhook_id != id:
        raise NotFound(f"webhook {id} has no call {delivery_id}")
    rows.update_delivery(conn, delivery_id, {"state": DeliveryState.WAITING, "due_at": now, "ended_at": None})
    audit.note(conn, organisation_id, user_id, "webhook's call sent again", _host(hook.url), {"call": delivery_id}, now)
    return replace(known, state=DeliveryState.WAITING, due_at=now, ended_at=None)


def test(conn: Connection, organisation_id: int, id: int, now: datetime) -> Delivery:
    """Something to try it with. Raises NotFound, NotNow."""
    _enabled(conn, organisation_id, id)
    made = rows.delivery(conn, rows.put_out(conn, id, Event.TEST, _body(Event.TEST, {"webhook_id": id}, now), now))
    assert made is not None
    return made


def tell(conn: Connection, station_id: int, event: Event, data: Mapping[str, Any], now: datetime) -> None:
    """Puts an event of a station out for every webhook that wants it, in the unit of work of what happened."""
    for hook in rows.of_station(conn, station_id):
        if event in hook.events:
            rows.put_out(conn, hook.id, event, _body(event, {"station_id": station_id, **data}, now), now)


def tell_session(conn: Connection, event: Event, session: Session, now: datetime) -> None:
    """A session began or ended; energy in Wh, its tag masked."""
    told = {name: getattr(session, name) for name in ("state", "started_at", "ended_at", "energy_wh", "cost_minor")}
    place = {"station": session.identity, "connector": session.connector, "session_id": session.id}
    tell(conn, session.station_id, event, {**place, "id_tag": masked(session.id_tag), **told}, now)


def tell_bill(conn: Connection, station: Station, bill: Bill, now: datetime) -> None:
    """A bill or a credit note was issued."""
    names = ("session_id", "number", "kind", "currency", "gross_minor", "issued_at")
    told = {name: getattr(bill, name) for name in names}
    tell(conn, station.id, Event.SESSION_BILLED, {"station": station.identity, **told}, now)


def tell_station(conn: Connection, station: Station, event: Event, now: datetime) -> None:
    """A station came or went."""
    tell(conn, station.id, event, {"station": station.identity}, now)


def tell_fault(conn: Connection, station_id: int, report: StatusReport, now: datetime) -> None:
    """A connector (0: the station) reported a fault."""
    station = places.identity_of(conn, station_id)
    told = {"station": station, "connector": report.connector, "error_code": report.error_code, "info": report.info}
    tell(conn, station_id, Event.FAULT, told, now)


def due(conn: Connection, now: datetime) -> list[tuple[Webhook, Delivery]]:
    """What is to be delivered now."""
    return rows.due(conn, now, OF_EACH)


def delivered(conn: Connection, delivery: Delivery, status: int, now: datetime) -> None:
    """It arrived, so the webhook works."""
    ended = {"state": DeliveryState.DELIVERED, "status": status, "error": None, "ended_at": now}
    rows.update_delivery(conn, delivery.id, {**ended, "attempts": delivery.attempts + 1})
    rows.update(conn, delivery.webhook_id, {"failing_since": None, "failures": 0, "delivered_at": now})


def failed(conn: Connection, delivery: Delivery, status: int | None, error: str, now: datetime) -> None:
    """It did not arrive: tried again later, up to a day; a webhook that has failed for long is disabled."""
    hook = rows.by_id(conn, delivery.webhook_id, lock=True)
    if hook is None:
        return
    again = next_try(delivery, now)
    values: dict[str, Any] = {"attempts": delivery.attempts + 1, "status": status, "error": error[:LONGEST_ERROR]}
    ended = {"state": DeliveryState.FAILED, "ended_at": now}
    rows.update_delivery(conn, delivery.id, {**values, **({"due_at": again} if again else ended)})
    rows.update(conn, hook.id, {"failing_since": hook.failing_since or now, "failures": hook.failures + 1})
    if hook.disabled_at is None and gives_up(hook, now):
        _disable(conn, hook, error, now)


def shorten(conn: Connection, now: datetime) -> bool:
    """Drops a batch of the log's oldest entries; whether there may be more."""
    return rows.shorten(conn, now - KEPT, _DROPPED_AT_ONCE) == _DROPPED_AT_ONCE


def _enabled(conn: Connection, organisation_id: int, id: int) -> Webhook:
    """Raises NotFound, NotNow."""
    hook = find(conn, organisation_id, id)
    if hook.disabled_at is not None:
        raise NotNow("it is disabled; enable it first")
    return hook


def _disable(conn: Connection, hook: Webhook, error: str, now: datetime) -> None:
    why = f"nothing has arrived since {hook.failing_since:%Y-%m-%d %H:%M} UTC: {error}"[:LONGEST_ERROR]
    rows.update(conn, hook.id, {"disabled_at": now, "disabled_why": why})
    rows.drop_waiting(conn, hook.id, now)
    text = f"webhook {hook.id} is disabled, for days nothing arrived there; enable it again once it works"
    incidents.record_of(conn, hook.organisation_id, _host(hook.url), IncidentKind.WEBHOOK, text, error, now)


def _body(event: Event, data: Mapping[str, Any], now: datetime) -> str:
    return msgspec.json.encode({"type": event, "timestamp": now, "data": data}).decode()


def _listed(events: Collection[Event]) -> list[str]:
    wanted = sorted(set(events) - {Event.TEST})
    if not wanted:
        raise Malformed("name at least one event that it shall hear of", "events")
    return [str(event) for event in wanted]


def _told(hook: Webhook) -> dict[str, Any]:
    return {"host": _host(hook.url), "events": sorted(hook.events), "enabled": hook.disabled_at is None}


def _host(url: str) -> str:
    """As much of the address as a log may show: what follows may be a secret."""
    return urlsplit(url).hostname or ""


def _checked(url: str, trusted: Collection[str]) -> str:
    """The address. Raises Malformed for what is none, holds a password, or could never be called."""
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole or not url.isascii() or not url.isprintable() or " " in url or len(url) > LONGEST_URL:
        raise Malformed("give an address such as https://example.com/bollard", "url")
    if "@" in parts.netloc:
        raise Malformed("leave out user and password; check the signature instead", "url")
    if why := hopeless(url, trusted):
        raise Malformed(why, "url")
    return url
