"""Meter samples: each stored once, whatever is sent again."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select

from cloud.db.rows import insert_if_new
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
) -> list[Sample]:
    """Stores samples; one for an instant and context already known only fills what was missing there.

    Returns those that told something new.
    """
    place = {"station_id": station_id, "connector": connector, "session_id": session_id, "received_at": received_at}
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


def _values(sample: Sample) -> dict[str, Any]:
    named = {field.name: getattr(sample, field.name) for field in fields(sample) if field.name != "raw"}
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
