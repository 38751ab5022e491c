"""Stops of unknown sessions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from cloud.db.queries.scoping import seen
from cloud.db.rows import every, insert_if_new, number, one
from cloud.db.tables import orphan_stop, station
from cloud.domain.orphans import Orphan
from cloud.domain.people import Scope


def insert(conn: Connection, values: Mapping[str, Any]) -> Orphan | None:
    """Keeps one; None if it is known already."""
    id = conn.execute(insert_if_new(conn, orphan_stop).values(**values).returning(orphan_stop.c.id)).scalar()
    return None if id is None else by_id(conn, id)


def by_id(conn: Connection, id: int) -> Orphan | None:
    return one(conn, _orphans().where(orphan_stop.c.id == id), _orphan)


def waiting(conn: Connection, station_id: int) -> list[Orphan]:
    """Those of a station that have no session yet."""
    mine = (orphan_stop.c.station_id == station_id) & orphan_stop.c.session_id.is_(None)
    return every(conn, _orphans().where(mine).order_by(orphan_stop.c.id), _orphan)


def count(conn: Connection, station_id: int) -> int:
    query = select(func.count()).select_from(orphan_stop)
    return number(conn, query.where(orphan_stop.c.station_id == station_id, orphan_stop.c.session_id.is_(None)))


def latest(conn: Connection, limit: int, scope: Scope) -> list[Orphan]:
    """The latest of the stations seen, those without a session first."""
    found = orphan_stop.c.session_id.is_not(None)
    return every(conn, _orphans().where(seen(scope)).order_by(found, orphan_stop.c.id.desc()).limit(limit), _orphan)


def homeless(conn: Connection, scope: Scope, since: datetime, limit: int) -> list[Orphan]:
    """Those that came since then and still have no session, the latest first."""
    fresh = orphan_stop.c.session_id.is_(None) & (orphan_stop.c.received_at >= since)
    return every(conn, _orphans().where(fresh, seen(scope)).order_by(orphan_stop.c.id.desc()).limit(limit), _orphan)


def seen_by_id(conn: Connection, scope: Scope, id: int) -> Orphan | None:
    return one(conn, _orphans().where(orphan_stop.c.id == id, seen(scope)), _orphan)


def join(conn: Connection, id: int, session_id: int) -> None:
    conn.execute(orphan_stop.update().where(orphan_stop.c.id == id).values(session_id=session_id))


def _orphans() -> Select[Any]:
    return select(orphan_stop, station.c.identity).join(station, station.c.id == orphan_stop.c.station_id)


def _orphan(row: Row[Any]) -> Orphan:
    return Orphan(
        id=row.id,
        station_id=row.station_id,
        identity=row.identity,
        transaction_id=row.transaction_id,
        id_tag=row.id_tag,
        at=row.at,
        received_at=row.received_at,
        meter_stop_wh=row.meter_stop_wh,
        energy_wh=row.energy_wh,
        reason=row.reason,
        session_id=row.session_id,
    )
