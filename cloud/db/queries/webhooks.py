"""Webhooks, and the outbox of what they are told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, literal, select, true

from cloud.db.rows import Cut, every, number, one, page
from cloud.db.tables import station, webhook, webhook_delivery
from cloud.domain.people import Scope
from cloud.domain.webhooks import EXCUSED_FAILURES, EXCUSED_FOR, Delivery, DeliveryState, Event, Webhook

_w, _d = webhook.c, webhook_delivery.c
_WAITING = _d.state == DeliveryState.WAITING
_NEXT = select(func.min(_d.due_at)).where(_d.webhook_id == _w.id, _WAITING).scalar_subquery()
_HOOKS = select(webhook, _NEXT.label("next_try_at"))


def listed(conn: Connection, organisation_id: int) -> list[Webhook]:
    return every(conn, _HOOKS.where(_w.organisation_id == organisation_id).order_by(_w.id), _webhook)


def fails(scope: Scope, now: datetime) -> ColumnElement[bool]:
    """Whether nothing has arrived at a webhook for so long that somebody should look; only for who has all sites."""
    own = true() if scope.organisation_id is None else _w.organisation_id == scope.organisation_id
    long = (_w.failing_since <= now - EXCUSED_FOR) | (_w.failures > EXCUSED_FAILURES)
    return literal(scope.site_ids is None) & own & _w.failing_since.is_not(None) & long


def failing(conn: Connection, scope: Scope, now: datetime) -> list[Webhook]:
    """Those that fail for long, disabled by that or still tried."""
    return every(conn, _HOOKS.where(fails(scope, now)).order_by(_w.id), _webhook)


def of_station(conn: Connection, station_id: int) -> list[Webhook]:
    """Those of the station's organisation that are enabled."""
    own = select(webhook).join(station, station.c.organisation_id == _w.organisation_id)
    return every(conn, own.where(station.c.id == station_id, _w.disabled_at.is_(None)), _webhook)


def by_id(conn: Connection, id: int, *, lock: bool = False) -> Webhook | None:
    """With `lock`, what is noted about it happens one after the other; its next try is not looked up then."""
    if lock:
        return one(conn, select(webhook).where(_w.id == id).with_for_update(), _webhook)
    return one(conn, _HOOKS.where(_w.id == id), _webhook)


def insert(conn: Connection, values: Mapping[str, Any]) -> int:
    return number(conn, webhook.insert().values(**values).returning(_w.id))


def update(conn: Connection, id: int, values: Mapping[str, Any]) -> None:
    conn.execute(webhook.update().where(_w.id == id).values(**values))


def delete(conn: Connection, id: int) -> None:
    """With all that it was told."""
    conn.execute(webhook_delivery.delete().where(_d.webhook_id == id))
    conn.execute(webhook.delete().where(_w.id == id))


def put_out(conn: Connection, webhook_id: int, event: Event, body: str, now: datetime) -> int:
    """Writes a delivery to be made at once; its number."""
    times = {"created_at": now, "due_at": now, "attempts": 0, "state": DeliveryState.WAITING}
    values = webhook_delivery.insert().values(webhook_id=webhook_id, event=event, body=body, **times)
    return number(conn, values.returning(_d.id))


def deliveries(conn: Connection, webhook_id: int, cut: Cut) -> list[Delivery]:
    """A page, the newest first."""
    return every(conn, page(select(webhook_delivery).where(_d.webhook_id == webhook_id), _d.id, cut), _delivery)


def delivery(conn: Connection, id: int) -> Delivery | None:
    return one(conn, select(webhook_delivery).where(_d.id == id), _delivery)


def due(conn: Connection, now: datetime, of_each: int) -> list[tuple[Webhook, Delivery]]:
    """What is to be delivered now, of each webhook at most so many, so that none waits for another."""
    waiting = _WAITING & (_d.due_at <= now)
    found: list[tuple[Webhook, Delivery]] = []
    for hook in every(conn, select(webhook).where(_w.id.in_(select(_d.webhook_id).where(waiting))), _webhook):
        mine = select(webhook_delivery).where(waiting, _d.webhook_id == hook.id).order_by(_d.due_at, _d.id)
        found += [(hook, each) for each in every(conn, mine.limit(of_each), _delivery)]
    return found


def update_delivery(conn: Connection, id: int, values: Mapping[str, Any]) -> None:
    conn.execute(webhook_delivery.update().where(_d.id == id).values(**values))


def drop_waiting(conn: Connection, webhook_id: int, now: datetime) -> None:
    """What waits for a webhook that is disabled is not delivered any more."""
    waiting = (_d.webhook_id == webhook_id) & _WAITING
    ended = {"state": DeliveryState.FAILED, "ended_at": now, "error": "the webhook was disabled"}
    conn.execute(webhook_delivery.update().where(waiting).values(**ended))


def shorten(conn: Connection, before: datetime, at_once: int) -> int:
    """Drops the oldest deliveries that ended before a time; returns how many."""
    old = select(_d.id).where(_d.state != DeliveryState.WAITING, _d.ended_at < before).limit(at_once)
    return conn.execute(webhook_delivery.delete().where(_d.id.in_(old.scalar_subquery()))).rowcount


def _webhook(row: Row[Any]) -> Webhook:
    return Webhook(
        id=row.id,
        organisation_id=row.organisation_id,
        url=row.url,
        events=frozenset(map(Event, row.events)),
        secret=row.secret,
        created_at=row.created_at,
        failing_since=row.failing_since,
        disabled_at=row.disabled_at,
        disabled_why=row.disabled_why,
        delivered_at=row.delivered_at,
        failures=row.failures,
        next_try_at=row._mapping.get("next_try_at"),
    )


def _delivery(row: Row[Any]) -> Delivery:
    values = {name: row._mapping[name] for name in Delivery.__dataclass_fields__}
    return Delivery(**values | {"event": Event(row.event), "state": DeliveryState(row.state)})
