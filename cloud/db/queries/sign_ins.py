"""Sign-ins, and the links with which a user chooses a password: of every token only its hash."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from cloud.db.queries import people, zones
from cloud.db.rows import every, number
from cloud.db.tables import organisation, password_token, sign_in, user
from cloud.domain.people import SignIn, User

_c = sign_in.c
_used_at = func.coalesce(_c.used_at, _c.created_at)


def insert(conn: Connection, values: Mapping[str, Any]) -> None:
    conn.execute(sign_in.insert().values(**values))


def holder(
    conn: Connection, token_hash: bytes, now: datetime, idle_since: datetime, *, halfway: bool = False
) -> tuple[User, SignIn, str | None, str] | None:
    """Who holds a sign-in that has neither expired nor lain idle; their organisation's currency, if it chose one, and
    its time zone."""
    valid = (_c.token_hash == token_hash) & (_c.expires_at > now) & (_used_at > idle_since) & _c.halfway.is_(halfway)
    own = (_c.id.label("sign_in_id"), _c.created_at.label("since"), _c.expires_at, _c.used_at, _c.browser, _c.address)
    query = people.users(user.c.disabled.is_(False)).join(sign_in, _c.user_id == user.c.id)
    query = query.join(organisation, organisation.c.id == user.c.organisation_id).where(valid)
    rows = conn.execute(query.add_columns(*own, organisation.c.currency, zones.OF_ORGANISATION.label("zone"))).all()
    return (people.of(rows), _sign_in(rows[0]), rows[0].currency, rows[0].zone) if rows else None


def of_user(conn: Connection, user_id: int, now: datetime, idle_since: datetime) -> list[SignIn]:
    """The user's sign-ins that are valid, the one used last first."""
    valid = (_c.user_id == user_id) & (_c.expires_at > now) & (_used_at > idle_since) & _c.halfway.is_(False)
    query = select(sign_in, _c.id.label("sign_in_id"), _c.created_at.label("since")).where(valid)
    return every(conn, query.order_by(_used_at.desc(), _c.id.desc()), _sign_in)


def last_used(conn: Connection, organisation_id: int) -> dict[int, datetime]:
    """When each user of an organisation that is signed in used the pages last, by user id."""
    query = select(_c.user_id, func.max(_used_at).label("at")).join(user, user.c.id == _c.user_id)
    rows = conn.execute(query.where(people.mine(organisation_id), _c.halfway.is_(False)).group_by(_c.user_id))
    return {row.user_id: row._mapping["at"] for row in rows}


def touch(conn: Connection, id: int, now: datetime) -> None:
    """It was used now."""
    conn.execute(sign_in.update().where(_c.id == id).values(used_at=now))


def count_try(conn: Connection, id: int) -> int:
    """One more try of a code; returns how many there were."""
    statement = sign_in.update().where(_c.id == id).values(tries=_c.tries + 1)
    return number(conn, statement.returning(_c.tries))


def close(conn: Connection, token_hash: bytes) -> None:
    conn.execute(sign_in.delete().where(_c.token_hash == token_hash))


def close_of(conn: Connection, user_id: int, *, only: int | None = None, but: int | None = None) -> None:
    """Ends a user's sign-ins: all, only one, or all but one."""
    ending = sign_in.delete().where(_c.user_id == user_id)
    ending = ending if only is None else ending.where(_c.id == only)
    conn.execute(ending if but is None else ending.where(_c.id != but))


def drop_expired(conn: Connection, now: datetime) -> None:
    conn.execute(sign_in.delete().where(_c.expires_at <= now))


def add_token(conn: Connection, user_id: int, token_hash: bytes, now: datetime, until: datetime) -> None:
    values = {"user_id": user_id, "token_hash": token_hash, "created_at": now, "expires_at": until}
    conn.execute(password_token.insert().values(**values))


def tokens_since(conn: Connection, user_id: int, since: datetime) -> int:
    """How many links for a new password the user was given since then."""
    mine = (password_token.c.user_id == user_id) & (password_token.c.created_at > since)
    return number(conn, select(func.count()).select_from(password_token).where(mine))


def token_holder(conn: Connection, token_hash: bytes, now: datetime, *, lock: bool = False) -> int | None:
    """Whose token that is, while it is good; with `lock`, of two who use it one comes second."""
    good = (password_token.c.token_hash == token_hash) & (password_token.c.expires_at > now)
    query = select(password_token.c.user_id).where(good)
    found: int | None = conn.execute(query.with_for_update() if lock else query).scalar()
    return found


def drop_tokens(conn: Connection, user_id: int, now: datetime) -> None:
    """The user's, and all that are too old."""
    table = password_token.c
    conn.execute(password_token.delete().where((table.user_id == user_id) | (table.expires_at <= now)))


def _sign_in(row: Row[Any]) -> SignIn:
    used_at = row.used_at or row.since
    return SignIn(row.sign_in_id, row.since, row.expires_at, used_at, row.browser, row.address)
