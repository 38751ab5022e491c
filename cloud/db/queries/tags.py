"""Tags, found without case."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, select

from cloud.db.rows import every, one
from cloud.db.tables import organisation, tag
from cloud.domain.tags import Tag, tag_key


def find(conn: Connection, organisation_id: int, id_tag: str, *, lock: bool = False) -> Tag | None:
    """The tag; with `lock`, starts with it happen one after the other."""
    mine = (tag.c.organisation_id == organisation_id) & (tag.c.tag_key == tag_key(id_tag))
    query = select(tag).where(mine)
    return one(conn, query.with_for_update() if lock else query, _tag)


def every_tag(conn: Connection, organisation_id: int) -> list[Tag]:
    return every(conn, select(tag).where(tag.c.organisation_id == organisation_id), _tag)


def insert(conn: Connection, organisation_id: int, id_tag: str, values: Mapping[str, Any]) -> Tag:
    mine = {"organisation_id": organisation_id, "id_tag": id_tag, "tag_key": tag_key(id_tag)}
    return _tag(conn.execute(tag.insert().values(**mine, **values).returning(*tag.c)).one())


def update(conn: Connection, id: int, values: Mapping[str, Any]) -> None:
    conn.execute(tag.update().where(tag.c.id == id).values(**values))


def changed(conn: Connection, organisation_id: int) -> None:
    """Moves the revision of the organisation's tags."""
    mine = organisation.update().where(organisation.c.id == organisation_id)
    conn.execute(mine.values(tag_revision=organisation.c.tag_revision + 1))


def _tag(row: Row[Any]) -> Tag:
    return Tag(row.id, row.id_tag, row.parent, row.expires_at, row.blocked, row.note, row.account_id)
