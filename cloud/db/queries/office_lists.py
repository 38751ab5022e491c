"""Tags, drivers and groups as the office looks for them; each list a few queries whatever its length."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from cloud.db.rows import every, one
from cloud.db.tables import account, session, station, tag, tag_group, tariff
from cloud.domain.sessions import OPEN
from cloud.domain.tags import tag_key


@dataclass(frozen=True, slots=True)
class TagRow:
    """A tag with the names of what it belongs to."""

    id: int
    id_tag: str
    note: str
    parent: str | None
    blocked: bool
    valid_from: datetime | None
    expires_at: datetime | None
    most_sessions: int
    group: str | None
    tariff: str | None
    account_id: int | None
    account: str | None


@dataclass(frozen=True, slots=True)
class Charging:
    """An open session of an account, for which money may be put aside."""

    id: int
    identity: str
    id_tag: str
    started_at: datetime
    cost_minor: int | None


def tags(
    conn: Connection,
    organisation_id: int,
    *,
    text: str | None = None,
    group: str | None = None,
    blocked: bool | None = None,
    limit: int,
    before_id: int | None = None,
) -> list[TagRow]:
    """The newest first; `text` is a part of the name or the beginning of the tag."""
    query = _tags().where(tag.c.organisation_id == organisation_id).order_by(tag.c.id.desc()).limit(limit)
    if text is not None:
        query = query.where(
            tag.c.tag_key.startswith(tag_key(text), autoescape=True)
            | tag.c.note.icontains(text, autoescape=True)
            | account.c.name.icontains(text, autoescape=True)
        )
    for given, condition in (
        (group, tag_group.c.name == group),
        (blocked, tag.c.blocked.is_(blocked)),
        (before_id, tag.c.id < (before_id or 0)),
    ):
        query = query if given is None else query.where(condition)
    return every(conn, query, _tag)


def tag_by_id(conn: Connection, organisation_id: int, id: int) -> TagRow | None:
    return one(conn, _tags().where(tag.c.organisation_id == organisation_id, tag.c.id == id), _tag)


def tags_of(conn: Connection, account_id: int, most: int = 100) -> list[TagRow]:
    """An account's tags."""
    return every(conn, _tags().where(tag.c.account_id == account_id).order_by(tag.c.id).limit(most), _tag)


def names(conn: Connection, organisation_id: int, kind: str, most: int = 500) -> list[str]:
    """Names of groups, tariffs or accounts to choose from."""
    table = {"group": tag_group, "tariff": tariff, "account": account}[kind]
    mine: ColumnElement[bool] = table.c.organisation_id == organisation_id
    return list(conn.execute(select(table.c.name).where(mine).order_by(table.c.name).limit(most)).scalars())


def counts_of_tags(conn: Connection, account_ids: Collection[int]) -> dict[int, int]:
    """How many tags charge on each account."""
    query = select(tag.c.account_id, func.count()).where(tag.c.account_id.in_(account_ids)).group_by(tag.c.account_id)
    return {id: int(count) for id, count in conn.execute(query)}


def charging(conn: Connection, account_id: int) -> list[Charging]:
    """The account's open sessions."""
    columns = (session.c.id, station.c.identity, session.c.id_tag, session.c.started_at, session.c.cost_minor)
    query = select(*columns).join(station, station.c.id == session.c.station_id)
    mine = query.where(session.c.account_id == account_id, session.c.state.in_(OPEN)).order_by(session.c.id)
    return every(conn, mine, lambda row: Charging(**row._mapping))


def _tags() -> Select[Any]:
    return (
        select(
            tag, tag_group.c.name.label("group"), tariff.c.name.label("tariff"), account.c.name.label("account_name")
        )
        .outerjoin(tag_group, tag_group.c.id == tag.c.group_id)
        .outerjoin(tariff, tariff.c.id == tag.c.tariff_id)
        .outerjoin(account, account.c.id == tag.c.account_id)
    )


def _tag(row: Row[Any]) -> TagRow:
    return TagRow(
        id=row.id,
        id_tag=row.id_tag,
        note=row.note,
        parent=row.parent,
        blocked=row.blocked,
        valid_from=row.valid_from,
        expires_at=row.expires_at,
        most_sessions=row.most_sessions,
        group=row.group,
        tariff=row.tariff,
        account_id=row.account_id,
        account=row.account_name,
    )
