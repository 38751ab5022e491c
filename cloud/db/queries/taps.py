"""Tags that nobody knew when they were held to a reader."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, func, select

from cloud.db.queries.scoping import seen
from cloud.db.rows import every, number, one
from cloud.db.tables import site, station, tag, unknown_tap
from cloud.domain.people import Scope
from cloud.domain.tags import UnknownTap, tag_key

_c = unknown_tap.c


def again(conn: Connection, station_id: int, id_tag: str, now: datetime) -> bool:
    """Counts one that is known to be unknown; False if it is not."""
    same = (_c.station_id == station_id) & (_c.tag_key == tag_key(id_tag))
    values = {"last_at": now, "id_tag": id_tag, "count": _c["count"] + 1}
    return conn.execute(unknown_tap.update().where(same).values(**values)).rowcount > 0


def insert(conn: Connection, station_id: int, id_tag: str, now: datetime) -> None:
    values = {"station_id": station_id, "id_tag": id_tag, "tag_key": tag_key(id_tag)}
    conn.execute(unknown_tap.insert().values(**values, first_at=now, last_at=now, count=1))


def count(conn: Connection, station_id: int) -> int:
    return number(conn, select(func.count()).where(_c.station_id == station_id))


def drop_oldest(conn: Connection, station_id: int) -> None:
    oldest = select(_c.id).where(_c.station_id == station_id).order_by(_c.last_at, _c.id).limit(1).scalar_subquery()
    conn.execute(unknown_tap.delete().where(_c.id == oldest))


def listed(conn: Connection, scope: Scope, *, limit: int, before_id: int | None = None) -> list[UnknownTap]:
    """Those that are still unknown, the newest first."""
    query = _taps().where(seen(scope)).order_by(_c.id.desc()).limit(limit)
    return every(conn, query if before_id is None else query.where(_c.id < before_id), _tap)


def by_id(conn: Connection, id: int, scope: Scope) -> UnknownTap | None:
    """One that is still unknown."""
    return one(conn, _taps().where(_c.id == id, seen(scope)), _tap)


def _taps() -> Select[Any]:
    known = exists().where(tag.c.organisation_id == station.c.organisation_id, tag.c.tag_key == _c.tag_key)
    return (
        select(unknown_tap, station.c.identity, site.c.name)
        .join(station, station.c.id == _c.station_id)
        .join(site, site.c.id == station.c.site_id)
        .where(~known)
    )


def _tap(row: Row[Any]) -> UnknownTap:
    told = row._mapping
    return UnknownTap(row.id, row.id_tag, row.identity, row.name, row.first_at, row.last_at, told["count"])
