"""Tags, found without case."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from cloud.db.queries import groups
from cloud.db.rows import Cut, every, page
from cloud.db.tables import account, organisation, tag
from cloud.domain.tags import Tag, TagGroup, tag_key


def find(conn: Connection, organisation_id: int, id_tag: str, *, lock: bool = False) -> Tag | None:
    """The tag; with `lock`, starts with it, or in its group, happen one after the other."""
    mine = (tag.c.organisation_id == organisation_id) & (tag.c.tag_key == tag_key(id_tag))
    query = select(tag).where(mine)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        return None
    return _tag(row, groups.by_id(conn, row.group_id, lock=lock) if row.group_id else None)


def every_tag(conn: Connection, organisation_id: int) -> list[Tag]:
    known = {group.id: group for group in groups.listed(conn, organisation_id)}
    query = select(tag, account.c.name.label("payer")).outerjoin(account, account.c.id == tag.c.account_id)
    whose = query.where(tag.c.organisation_id == organisation_id)
    return every(conn, whose, lambda row: replace(_tag(row, known.get(row.group_id)), payer=row.payer))


def by_id(conn: Connection, organisation_id: int, id: int) -> Tag | None:
    row = conn.execute(select(tag).where(tag.c.organisation_id == organisation_id, tag.c.id == id)).one_or_none()
    return None if row is None else _tag(row, groups.by_id(conn, row.group_id) if row.group_id else None)


def listed(conn: Connection, organisation_id: int, cut: Cut, id_tag: str | None = None) -> list[Tag]:
    """A page of tags in the order in which they were added, or the one of that idTag."""
    known = {group.id: group for group in groups.listed(conn, organisation_id)}
    query = select(tag).where(tag.c.organisation_id == organisation_id)
    query = query if id_tag is None else query.where(tag.c.tag_key == tag_key(id_tag))
    return every(conn, page(query, tag.c.id, cut, newest=False), lambda row: _tag(row, known.get(row.group_id)))


def insert(conn: Connection, organisation_id: int, id_tag: str, values: Mapping[str, Any]) -> Tag:
    mine = {"organisation_id": organisation_id, "id_tag": id_tag, "tag_key": tag_key(id_tag)}
    conn.execute(tag.insert().values(**mine, **values))
    added = find(conn, organisation_id, id_tag)
    assert added is not None
    return added


def update(conn: Connection, id: int, values: Mapping[str, Any]) -> None:
    conn.execute(tag.update().where(tag.c.id == id).values(**values))


def insert_many(
    conn: Connection, organisation_id: int, tags: Sequence[tuple[str, Mapping[str, Any]]], now: datetime
) -> None:
    """Each an idTag with its values, of the same names in all."""
    mine = {"organisation_id": organisation_id, "created_at": now}
    values = [{**mine, "id_tag": id_tag, "tag_key": tag_key(id_tag), **each} for id_tag, each in tags]
    if values:
        conn.execute(tag.insert(), values)


def update_many(conn: Connection, tags: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
    """Each a tag's number with its values, of the same names in all."""
    if tags:
        one = tag.update().where(tag.c.id == bindparam("its_id"))
        conn.execute(one, [{"its_id": id, **values} for id, values in tags])


def changed(conn: Connection, organisation_id: int) -> None:
    """Moves the revision of the organisation's tags."""
    mine = organisation.update().where(organisation.c.id == organisation_id)
    conn.execute(mine.values(tag_revision=organisation.c.tag_revision + 1))


def _tag(row: Row[Any], group: TagGroup | None) -> Tag:
    return Tag(
        id=row.id,
        id_tag=row.id_tag,
        parent=row.parent,
        expires_at=row.expires_at,
        blocked=row.blocked,
        note=row.note,
        account_id=row.account_id,
        valid_from=row.valid_from,
        group=group,
        tariff_id=row.tariff_id,
        most_sessions=row.most_sessions,
    )
