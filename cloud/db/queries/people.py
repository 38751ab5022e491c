"""Users, what they see, and failed attempts to sign in."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, select

from cloud.db.rows import insert_if_new, number
from cloud.db.tables import sign_in_failure, site, user, user_site
from cloud.domain.people import Role, User


def find(conn: Connection, name_key: str) -> tuple[User, str] | None:
    """The user and the password's hash."""
    rows = conn.execute(users(user.c.name_key == name_key)).all()
    return (of(rows), rows[0].password_hash) if rows else None


def by_id(conn: Connection, id: int, organisation_id: int | None = None) -> User | None:
    """The user, if it is one of that organisation."""
    wanted = user.c.id == id if organisation_id is None else (user.c.id == id) & mine(organisation_id)
    rows = conn.execute(users(wanted)).all()
    return of(rows) if rows else None


def mine(organisation_id: int) -> ColumnElement[bool]:
    """Whether a user is one of the organisation."""
    return user.c.organisation_id == organisation_id


def password_hash(conn: Connection, user_id: int) -> str:
    return str(conn.execute(select(user.c.password_hash).where(user.c.id == user_id)).scalar_one())


def listed(conn: Connection, organisation_id: int) -> list[User]:
    """An organisation's users by name."""
    rows = conn.execute(users(mine(organisation_id))).all()
    return [of(list(own)) for _, own in groupby(rows, key=lambda row: row.id)]


def lock_owners(conn: Connection, organisation_id: int) -> None:
    """Of two who each make the other no owner any more, one comes second."""
    owners = select(user.c.id).where(mine(organisation_id), user.c.role == Role.OWNER).order_by(user.c.id)
    conn.execute(owners.with_for_update())


def site_names(conn: Connection, organisation_id: int) -> dict[int, str]:
    """The organisation's sites, by id."""
    query = select(site.c.id, site.c.name).where(site.c.organisation_id == organisation_id).order_by(site.c.name)
    return {row.id: row.name for row in conn.execute(query)}


def insert(conn: Connection, values: Mapping[str, Any]) -> int:
    return number(conn, user.insert().values(**values).returning(user.c.id))


def update(conn: Connection, user_id: int, values: Mapping[str, Any]) -> None:
    conn.execute(user.update().where(user.c.id == user_id).values(**values))


def set_sites(conn: Connection, user_id: int, site_ids: Collection[int]) -> None:
    """These are the user's sites from now on; none means all."""
    conn.execute(user_site.delete().where(user_site.c.user_id == user_id))
    for site_id in sorted(site_ids):
        conn.execute(user_site.insert().values(user_id=user_id, site_id=site_id))


def tries(conn: Connection, name_key: str, now: datetime) -> tuple[int, datetime]:
    """How often signing in was tried under this name since it last worked, and when last; tries wait for each other."""
    none_yet = {"name_key": name_key, "count": 0, "last_at": now}
    conn.execute(insert_if_new(conn, sign_in_failure).values(**none_yet))
    query = select(sign_in_failure).where(sign_in_failure.c.name_key == name_key).with_for_update()
    row = conn.execute(query).one()
    return row._mapping["count"], row.last_at


def note_try(conn: Connection, name_key: str, now: datetime) -> None:
    mine = sign_in_failure.update().where(sign_in_failure.c.name_key == name_key)
    conn.execute(mine.values(count=sign_in_failure.c["count"] + 1, last_at=now))


def keep_latest_tries(conn: Connection, keep: int) -> None:
    """Whatever names are tried, no more than these are remembered."""
    table = sign_in_failure.c
    surplus = select(table.id).order_by(table.last_at.desc(), table.id.desc()).offset(keep).limit(100)
    conn.execute(sign_in_failure.delete().where(table.id.in_(surplus.scalar_subquery())))


def forget_tries(conn: Connection, name_key: str, before: datetime) -> None:
    """Those of one name, and all from before that time."""
    table = sign_in_failure.c
    conn.execute(sign_in_failure.delete().where((table.name_key == name_key) | (table.last_at < before)))


def users(wanted: ColumnElement[bool]) -> Select[Any]:
    """A row for each site of a user, or one for a user without."""
    joined = select(user, user_site.c.site_id).outerjoin(user_site, user_site.c.user_id == user.c.id)
    return joined.where(wanted).order_by(user.c.name_key)


def of(rows: Sequence[Row[Any]]) -> User:
    """The user whose rows these are."""
    first = rows[0]
    site_ids = frozenset(row.site_id for row in rows if row.site_id is not None)
    whole = {name: first._mapping[name] for name in ("id", "name", "organisation_id", "email", "disabled")}
    return User(**whole, role=Role(first.role), site_ids=site_ids or None)
