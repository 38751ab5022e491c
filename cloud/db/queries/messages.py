"""The log of messages: appended in batches, searched from its end, shortened at its beginning."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, String, func, literal_column, select

from cloud.db.queries.narrowing import narrowed, within
from cloud.db.queries.scoping import of_organisation, seen
from cloud.db.rows import Cut, every, page
from cloud.db.tables import message, session, station
from cloud.domain.messages import FINE, Direction, Kind, Message, Search, spelt
from cloud.domain.people import EVERYTHING, Scope

# Spelt out, so that SQLite uses the index over what went wrong alone.
_FINE = [literal_column(f"'{outcome}'", String) for outcome in FINE]
_COLUMNS = tuple(field.name for field in fields(Message) if field.name not in ("id", "identity"))


def insert(conn: Connection, messages: Sequence[Message]) -> None:
    conn.execute(message.insert(), [{name: getattr(each, name) for name in _COLUMNS} for each in messages])


def latest(conn: Connection, wanted: Search, limit: int, scope: Scope = EVERYTHING) -> list[Message]:
    """The last messages that fit, in their order."""
    query = select(message, station.c.identity).join(station, station.c.id == message.c.station_id)
    found = query.where(seen(scope), *_conditions(wanted)).order_by(message.c.id.desc()).limit(limit)
    return every(conn, found, as_message)[::-1]


def listed(conn: Connection, scope: Scope, wanted: Search, cut: Cut) -> list[Message]:
    """A page of the messages that fit, the newest first."""
    query = select(message, station.c.identity).join(station, station.c.id == message.c.station_id)
    conditions = [seen(scope), *_conditions(wanted)]
    if scope.site_ids is not None:
        there = message.c.station_id.in_(select(station.c.id).where(seen(scope)))
        conditions.append(narrowed(conn, message.c.id, select(message.c.id).where(there), seen(scope)))
    return every(conn, page(query.where(*conditions), message.c.id, cut), as_message)


def shorten(conn: Connection, organisation_id: int, before: datetime, rows: int, at_once: int) -> int:
    """Drops the organisation's oldest messages from before a time, or beyond so many rows; returns how many went."""
    newest = conn.execute(select(func.max(message.c.id))).scalar()
    theirs = select(message.c.id).where(of_organisation(message.c.station_id, organisation_id))
    oldest = theirs.order_by(message.c.id).limit(at_once).scalar_subquery()
    surplus = (message.c["at"] < before) | (message.c.id <= (newest or 0) - rows)
    return conn.execute(message.delete().where(message.c.id.in_(oldest), surplus)).rowcount


def owners(conn: Connection, station_id: int, transaction_ids: Sequence[str]) -> dict[str, str]:
    """The identities of the stations, of this one's organisation, that have these transaction ids."""
    asking = station.alias()
    whose = select(asking.c.organisation_id).where(asking.c.id == station_id).scalar_subquery()
    query = select(session.c.transaction_id, station.c.identity).join(station, station.c.id == session.c.station_id)
    theirs = query.where(session.c.transaction_id.in_(transaction_ids), station.c.organisation_id == whose)
    rows = conn.execute(theirs)
    return {row.transaction_id: row.identity for row in rows}


def _conditions(wanted: Search) -> Iterator[ColumnElement[bool]]:
    if wanted.station_id is not None:
        yield message.c.station_id == wanted.station_id
    if wanted.identity is not None:
        yield (
            message.c.station_id == select(station.c.id).where(station.c.identity == wanted.identity).scalar_subquery()
        )
    if wanted.action is not None:
        yield message.c.action == spelt(wanted.action)
    yield from within(message.c.id, message.c["at"], wanted.since, wanted.until)
    if wanted.errors:
        yield message.c.outcome.not_in(_FINE)
    if wanted.contains is not None:
        yield message.c.text.icontains(wanted.contains, autoescape=True) | (message.c.message_id == wanted.contains)


def as_message(row: Row[Any]) -> Message:
    """A row of the log with its station's identity."""
    values = {name: row._mapping[name] for name in (*_COLUMNS, "id", "identity")}
    return Message(**values | {"direction": Direction(row.direction), "kind": Kind(row.kind)})
