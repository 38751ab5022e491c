"""Meter samples: each stored once, whatever is sent again."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select

from cloud.db.rows import Cut, every, insert_if_new, page
from cloud.db.tables import meter_sample
from cloud.domain.clocks import believable
from cloud.domain.energy import Register
from cloud.domain.reports import Sample
from cloud.domain.sessions import Session

_MEASURED = ("energy_wh", "power_w", "current_ma", "voltage_mv", "soc_percent", "interval_wh")


def insert(
    conn: Connection,
    station_id: int,
    connector: int,
    session_id: int | None,
    samples: Sequence[Sample],
    received_at: datetime,
    orphan_of: str | None = None,
) -> list[Sample]:
    """Stores samples; one for an instant and context already known only fills what was missing there.

    `orphan_of`: the unknown transaction id they named. Returns those that told something new.
    """
    where = {"station_id": station_id, "connector": connector, "session_id": session_id}
    place: dict[str, Any] = {**where, "received_at": received_at, "orphan_of": orphan_of}
    fresh = _insert_new(conn, [{**place, **_values(sample)} for sample in samples])
    told = list[Sample]()
    for sample in samples:
        if (sample.at, sample.context) in fresh:
            fresh.remove((sample.at, sample.context))
            told.append(sample)
        elif _complete(conn, {**place, **_values(sample)}):
            told.append(sample)
    return told


def registers(conn: Connection, of: Session, since: datetime) -> list[Register]:
    """The session's register readings from `since` on, the last one before, and those from before its start.

    Where a sample's own clock is not to be believed, it is dated by receipt.
    """
    table = meter_sample.c
    mine = (table.session_id == of.id) & (table.connector == of.connector) & table.energy_wh.is_not(None)
    last = select(func.max(table["at"])).where(mine, table["at"] < since, table["at"] >= of.started_at)
    wanted = (table["at"] >= func.coalesce(last.scalar_subquery(), since)) | (table["at"] < of.started_at)
    query = select(table["at"], table.received_at, table.energy_wh).where(mine, wanted)
    return [
        Register(at if believable(at, received_at) else received_at, energy_wh)
        for at, received_at, energy_wh in conn.execute(query)
    ]


def orphans(conn: Connection, of: Session, until: datetime) -> dict[str, list[Register]]:
    """Readings on a session's connector since its start that named unknown transactions, by what they named."""
    query = select(meter_sample).where(_orphans(of, until)).order_by(meter_sample.c["at"])
    found: dict[str, list[Register]] = {}
    for row in conn.execute(query):
        found.setdefault(row.orphan_of, []).append(Register(row.at, row.energy_wh, row.power_w, row.interval_wh))
    return found


def adopt(conn: Connection, session: Session, named: str, until: datetime) -> None:
    """Gives these readings to the session, except for what it has already."""
    own = meter_sample.alias()
    known = select(own.c.id).where(
        own.c.session_id == session.id, own.c["at"] == meter_sample.c["at"], own.c.context == meter_sample.c.context
    )
    mine = _orphans(session, until) & (meter_sample.c.orphan_of == named) & ~known.exists()
    conn.execute(meter_sample.update().where(mine).values(session_id=session.id))


def _orphans(of: Session, until: datetime) -> ColumnElement[bool]:
    table = meter_sample.c
    place = (table.station_id == of.station_id) & (table.connector == of.connector) & table.session_id.is_(None)
    return place & table.orphan_of.is_not(None) & (table["at"] >= of.started_at) & (table["at"] <= until)


def listed(conn: Connection, session_id: int, limit: int) -> list[Sample]:
    """The latest samples of a session in order of time, as far as they have fields of their own."""
    table = meter_sample.c
    query = select(meter_sample).where(table.session_id == session_id).order_by(table["at"].desc()).limit(limit)
    columns = ("at", "context", *_MEASURED)
    return [Sample(**{name: row._mapping[name] for name in columns}) for row in reversed(conn.execute(query).all())]


def page_of(conn: Connection, session_id: int, cut: Cut) -> list[tuple[int, Sample]]:
    """A page of a session's samples in the order in which they came, each with its row's number."""
    query = select(meter_sample).where(meter_sample.c.session_id == session_id)
    columns = ("at", "context", *_MEASURED)
    return every(
        conn,
        page(query, meter_sample.c.id, cut, newest=False),
        lambda row: (row.id, Sample(**{name: row._mapping[name] for name in columns})),
    )


def _values(sample: Sample) -> dict[str, Any]:
    named = {field.name: getattr(sample, field.name) for field in fields(sample) if field.name not in {"raw", "signed"}}
    return {**named, "rest": [dict(value) for value in sample.raw] or None}


def _insert_new(conn: Connection, values: Sequence[dict[str, Any]]) -> set[tuple[datetime, str]]:
    """Inserts what is not known yet; its instants and contexts."""
    if not values:
        return set()
    inserted = insert_if_new(conn, meter_sample).returning(meter_sample.c["at"], meter_sample.c.context)
    return {(at, context) for at, context in conn.execute(inserted, values)}


def _complete(conn: Connection, values: dict[str, Any]) -> bool:
    """Fills what is missing in a known sample; whether anything was."""
    table = meter_sample.c
    same = [table[name] == values[name] for name in ("station_id", "connector", "at", "context")]
    whose = table.session_id.is_not_distinct_from(values["session_id"])
    given = {name: values[name] for name in _MEASURED if values[name] is not None}
    if not given:
        return False
    missing = or_(*(table[name].is_(None) for name in given))
    filled = {name: func.coalesce(table[name], value) for name, value in given.items()}
    return conn.execute(meter_sample.update().where(*same, whose, missing).values(**filled)).rowcount > 0
