"""Whose tags they are: what lists show first, since the beginnings of numbers are often the same."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, func, select

from cloud.db.tables import account, session, station, tag
from cloud.domain.tags import tag_key

_NAME = func.nullif(tag.c.note, "")


def holder() -> ColumnElement[str | None]:
    """The name of a session's tag or else of who pays for it, for queries that join session and station."""
    own = (tag.c.organisation_id == station.c.organisation_id) & (tag.c.tag_key == session.c.tag_key)
    payer = select(account.c.name).where(account.c.id == session.c.account_id)
    both = (select(_NAME).where(own), payer)
    name = func.coalesce(*(query.correlate(session, station).scalar_subquery() for query in both))
    return name.label("holder")


def holders(conn: Connection, organisation_id: int, id_tags: Collection[str]) -> dict[str, str]:
    """The name of each of these tags or else of who pays for it, by `tag_key`; without those that have neither."""
    name = func.coalesce(_NAME, account.c.name)
    mine = (tag.c.organisation_id == organisation_id) & tag.c.tag_key.in_({tag_key(id_tag) for id_tag in id_tags})
    query = select(tag.c.tag_key, name).outerjoin(account, account.c.id == tag.c.account_id)
    return {row[0]: row[1] for row in conn.execute(query.where(mine, name.is_not(None)))}
