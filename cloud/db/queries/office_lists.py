"""Tags, drivers and groups as the office looks for them; each list a few queries whatever its length."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from cloud.db.rows import every, one
from cloud.db.tables import account, session, site, station, tag, tag_group, tag_group_site, tariff
from cloud.domain.sessions import OPEN
from cloud.domain.tags import TagState, earliest, latest, state, tag_key

_g = tag_group.c


@dataclass(frozen=True, slots=True)
class TagRow:
    """A tag with the names of what it belongs to. `begins` and `ends`: its validity and its group's together."""

    id: int
    id_tag: str
    note: str
    parent: str | None
    blocked: bool
    valid_from: datetime | None
    expires_at: datetime | None
    most_sessions: int
    group_id: int | None
    group: str | None
    tariff: str | None
    account_id: int | None
    account: str | None
    begins: datetime | None
    ends: datetime | None

    def state(self, now: datetime) -> TagState:
        """What it is worth now."""
        return state(self.blocked, self.begins, self.ends, now)


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group of tags with the names of its tariff and of the only sites where it may charge, and its count of tags."""

    id: int
    name: str
    tariff: str | None
    valid_from: datetime | None
    expires_at: datetime | None
    most_sessions: int | None
    tags: int
    sites: tuple[str, ...]


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


def groups(
    conn: Connection, organisation_id: int, *, id: int | None = None, after: str | None = None, limit: int
) -> list[GroupRow]:
    """By name, or the one of that number."""
    count = select(func.count()).where(tag.c.group_id == tag_group.c.id).scalar_subquery().label("tags")
    query = select(tag_group, tariff.c.name.label("tariff"), count).outerjoin(tariff, tariff.c.id == _g.tariff_id)
    query = query.where(_g.organisation_id == organisation_id).order_by(_g.name).limit(limit)
    query = query if id is None else query.where(_g.id == id)
    found = conn.execute(query if after is None else query.where(_g.name > after)).all()
    sites = _sites_of(conn, [row.id for row in found])
    return [_group(row, sites[row.id]) for row in found]


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


def _sites_of(conn: Connection, group_ids: Collection[int]) -> Mapping[int, list[str]]:
    query = select(tag_group_site.c.group_id, site.c.name).join(site, site.c.id == tag_group_site.c.site_id)
    names = defaultdict[int, list[str]](list)
    for id, name in conn.execute(query.where(tag_group_site.c.group_id.in_(group_ids)).order_by(site.c.name)):
        names[id].append(name)
    return names


def _group(row: Row[Any], sites: Iterable[str]) -> GroupRow:
    own = {name: row._mapping[name] for name in GroupRow.__dataclass_fields__ if name != "sites"}
    return GroupRow(**own, sites=tuple(sites))


def _tags() -> Select[Any]:
    return (
        select(
            tag,
            tag_group.c.name.label("group"),
            tag_group.c.valid_from.label("group_begins"),
            tag_group.c.expires_at.label("group_ends"),
            tariff.c.name.label("tariff"),
            account.c.name.label("account_name"),
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
        group_id=row.group_id,
        group=row.group,
        tariff=row.tariff,
        account_id=row.account_id,
        account=row.account_name,
        begins=latest(row.valid_from, row.group_begins),
        ends=earliest(row.expires_at, row.group_ends),
    )
