"""Groups of tags, with the sites where they may charge."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, func, select

from cloud.db.rows import number, one
from cloud.db.tables import tag, tag_group, tag_group_site
from cloud.domain.tags import TagGroup

_c = tag_group.c


def find(conn: Connection, organisation_id: int, name: str) -> TagGroup | None:
    query = select(tag_group).where(_c.organisation_id == organisation_id, _c.name == name)
    return one(conn, query, lambda row: _group(row, _sites(conn, row.id)))


def by_id(conn: Connection, id: int, *, lock: bool = False) -> TagGroup | None:
    """The group; with `lock`, starts in it happen one after the other."""
    query = select(tag_group).where(_c.id == id)
    return one(conn, query.with_for_update() if lock else query, lambda row: _group(row, _sites(conn, row.id)))


def listed(conn: Connection, organisation_id: int) -> list[TagGroup]:
    """An organisation's groups by name."""
    joined = select(tag_group, tag_group_site.c.site_id).outerjoin(tag_group_site, tag_group_site.c.group_id == _c.id)
    found, sites = dict[int, Row[Any]](), defaultdict[int, set[int]](set)
    for row in conn.execute(joined.where(_c.organisation_id == organisation_id).order_by(_c.name, _c.id)):
        found[row.id] = row
        sites[row.id] |= set() if row.site_id is None else {row.site_id}
    return [_group(row, sites[id]) for id, row in found.items()]


def insert(conn: Connection, organisation_id: int, name: str, values: Mapping[str, Any]) -> int:
    """Adds a group; returns its id."""
    added = tag_group.insert().values(organisation_id=organisation_id, name=name, **values)
    return number(conn, added.returning(_c.id))


def update(conn: Connection, id: int, values: Mapping[str, Any]) -> None:
    conn.execute(tag_group.update().where(_c.id == id).values(**values))


def set_sites(conn: Connection, id: int, sites: Iterable[int]) -> None:
    """The only sites where it may charge; none: everywhere."""
    conn.execute(tag_group_site.delete().where(tag_group_site.c.group_id == id))
    rows = [{"group_id": id, "site_id": site_id} for site_id in sorted(set(sites))]
    if rows:
        conn.execute(tag_group_site.insert(), rows)


def delete(conn: Connection, id: int) -> None:
    """A group without tags."""
    conn.execute(tag_group_site.delete().where(tag_group_site.c.group_id == id))
    conn.execute(tag_group.delete().where(_c.id == id))


def count_of_tags(conn: Connection, id: int) -> int:
    return number(conn, select(func.count()).where(tag.c.group_id == id))


def _sites(conn: Connection, id: int) -> Iterable[int]:
    return conn.execute(select(tag_group_site.c.site_id).where(tag_group_site.c.group_id == id)).scalars()


def _group(row: Row[Any], sites: Iterable[int]) -> TagGroup:
    times = {"valid_from": row.valid_from, "expires_at": row.expires_at}
    rest = {"most_sessions": row.most_sessions, "sites": frozenset(sites)}
    return TagGroup(row.id, row.name, row.tariff_id, **times, **rest)
