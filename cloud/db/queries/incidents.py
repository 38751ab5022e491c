"""Incidents."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from cloud.db.queries.scoping import seen
from cloud.db.rows import Cut, every, page
from cloud.db.tables import incident, station
from cloud.domain.incidents import Incident
from cloud.domain.people import EVERYTHING, Scope


def again(conn: Connection, identity: str, kind: str, summary: str, raw: str, now: datetime) -> bool:
    """Counts an incident that is known already; False if it is not."""
    same = (incident.c.identity == identity) & (incident.c.kind == kind) & (incident.c.summary == summary)
    values = {"count": incident.c["count"] + 1, "last_at": now, "raw": raw}
    return conn.execute(incident.update().where(same).values(**values)).rowcount > 0


def insert(
    conn: Connection,
    station_id: int | None,
    identity: str,
    kind: str,
    summary: str,
    raw: str,
    now: datetime,
) -> None:
    what = {"station_id": station_id, "identity": identity, "kind": kind, "summary": summary, "raw": raw}
    conn.execute(incident.insert().values(**what, first_at=now, last_at=now, count=1))


def keep_latest(conn: Connection, keep: int, identity: str | None = None) -> None:
    """Drops all but the latest, of one identity or of all."""
    ids = select(incident.c.id).order_by(incident.c.last_at.desc(), incident.c.id.desc()).offset(keep).limit(100)
    surplus = ids if identity is None else ids.where(incident.c.identity == identity)
    conn.execute(incident.delete().where(incident.c.id.in_(surplus.scalar_subquery())))


def listed(conn: Connection, scope: Scope, cut: Cut, station_id: int | None = None) -> list[Incident]:
    """A page, the newest first by their first time; those of no station only for who sees everything."""
    query = page(_seen(scope), incident.c.id, cut)
    mine = query if station_id is None else query.where(incident.c.station_id == station_id)
    return every(conn, mine, lambda row: Incident(**row._mapping))


def latest(conn: Connection, limit: int, station_id: int | None, scope: Scope = EVERYTHING) -> list[Incident]:
    """The latest first; those of no station only for who sees everything."""
    query = _seen(scope).order_by(incident.c.last_at.desc(), incident.c.id.desc()).limit(limit)
    mine = query if station_id is None else query.where(incident.c.station_id == station_id)
    return every(conn, mine, lambda row: Incident(**row._mapping))


def _seen(scope: Scope) -> Select[Any]:
    placed = select(incident).outerjoin(station, station.c.id == incident.c.station_id)
    return placed.where(seen(scope) | (incident.c.station_id.is_(None) & (scope.site_ids is None)))
