"""Incidents."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from cloud.db.queries.scoping import seen
from cloud.db.rows import Cut, every, page
from cloud.db.tables import incident, station
from cloud.domain.incidents import Incident
from cloud.domain.people import EVERYTHING, Scope

_COLUMNS = [column for column in incident.c if column.name != "organisation_id"]


def again(conn: Connection, identity: str, kind: str, summary: str, raw: str, now: datetime) -> bool:
    """Counts an incident that is known already; False if it is not."""
    same = (incident.c.identity == identity) & (incident.c.kind == kind) & (incident.c.summary == summary)
    values = {"count": incident.c["count"] + 1, "last_at": now, "raw": raw}
    return conn.execute(incident.update().where(same).values(**values)).rowcount > 0


def insert(
    conn: Connection,
    whose: Mapping[str, int],
    identity: str,
    kind: str,
    summary: str,
    raw: str,
    now: datetime,
) -> None:
    """`whose` is a station_id, or for what is of no station an organisation_id."""
    what = {**whose, "identity": identity, "kind": kind, "summary": summary, "raw": raw}
    conn.execute(incident.insert().values(**what, first_at=now, last_at=now, count=1))


def keep_latest(conn: Connection, keep: int, identity: str | None = None) -> None:
    """Drops all but the latest, of one identity or of all."""
    ids = select(incident.c.id).order_by(incident.c.last_at.desc(), incident.c.id.desc()).offset(keep).limit(100)
    surplus = ids if identity is None else ids.where(incident.c.identity == identity)
    conn.execute(incident.delete().where(incident.c.id.in_(surplus.scalar_subquery())))


def listed(conn: Connection, scope: Scope, cut: Cut, station_id: int | None = None) -> list[Incident]:
    """A page, the newest first by their first time; those of no station only for who sees all sites."""
    query = page(_seen(scope), incident.c.id, cut)
    mine = query if station_id is None else query.where(incident.c.station_id == station_id)
    return every(conn, mine, lambda row: Incident(**row._mapping))


def latest(conn: Connection, limit: int, station_id: int | None, scope: Scope = EVERYTHING) -> list[Incident]:
    """The latest first; those of no station only for who sees all sites."""
    query = _seen(scope).order_by(incident.c.last_at.desc(), incident.c.id.desc()).limit(limit)
    mine = query if station_id is None else query.where(incident.c.station_id == station_id)
    return every(conn, mine, lambda row: Incident(**row._mapping))


def _seen(scope: Scope) -> Select[Any]:
    placed = select(*_COLUMNS).outerjoin(station, station.c.id == incident.c.station_id)
    of_none = incident.c.station_id.is_(None) & (scope.site_ids is None)
    if scope.organisation_id is not None:
        of_none &= incident.c.organisation_id == scope.organisation_id
    return placed.where(seen(scope) | of_none)
