"""Meter samples: each stored once, whatever is sent again."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, select

from cloud.db.rows import insert_if_new
from cloud.db.tables import meter_sample
from cloud.domain.clocks import believable
from cloud.domain.energy import Register
from cloud.domain.reports import Sample

_MEASURED = ("energy_wh", "power_w", "current_ma", "voltage_mv", "soc_percent")


def insert(
    conn: Connection,
    station_id: int,
    connector: int,
    session_id: int | None,
    samples: Sequence[Sample],
    received_at: datetime,
) -> None:
    """Stores samples; one for an instant and context already known only fills what was missing there."""
    place = {"station_id": station_id, "connector": connector, "session_id": session_id, "received_at": received_at}
    values = [{**place, **_values(sample)} for sample in samples]
    if values and _insert_new(conn, values) < len(values):
        for known in values:
            _complete(conn, known)


def registers(conn: Connection, session_id: int) -> list[Register]:
    """The session's register readings; where a sample's own clock is not to be believed, by time of receipt."""
    query = select(meter_sample.c["at"], meter_sample.c.received_at, meter_sample.c.energy_wh)
    mine = (meter_sample.c.session_id == session_id) & meter_sample.c.energy_wh.is_not(None)
    return [
        Register(at if believable(at, received_at) else received_at, energy_wh)
        for at, received_at, energy_wh in conn.execute(query.where(mine))
    ]


def _values(sample: Sample) -> dict[str, Any]:
    named = {field.name: getattr(sample, field.name) for field in fields(sample) if field.name != "raw"}
    return {**named, "rest": [dict(value) for value in sample.raw] or None}


def _insert_new(conn: Connection, values: Sequence[dict[str, Any]]) -> int:
    """Inserts what is not known yet; how many."""
    return len(conn.execute(insert_if_new(conn, meter_sample).returning(meter_sample.c.id), values).all())


def _complete(conn: Connection, values: dict[str, Any]) -> None:
    table = meter_sample.c
    same = [table[name] == values[name] for name in ("station_id", "connector", "at", "context")]
    whose = table.session_id.is_not_distinct_from(values["session_id"])
    missing = {
        name: case((table[name].is_(None), values[name]), else_=table[name])
        for name in _MEASURED
        if values[name] is not None
    }
    if missing:
        conn.execute(meter_sample.update().where(*same, whose).values(**missing))
