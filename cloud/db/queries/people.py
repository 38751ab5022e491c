"""Users, their sign-ins, failed attempts, and the audit log."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from cloud.db.rows import insert_if_new, one
from cloud.db.tables import audit_log, sign_in, sign_in_failure, user
from cloud.domain.people import User


def find(conn: Connection, name_key: str) -> tuple[User, str] | None:
    """The user and the password's hash."""
    query = select(user).where(user.c.name_key == name_key)
    return one(conn, query, lambda row: (_user(row), row.password_hash))


def insert(conn: Connection, values: Mapping[str, Any]) -> User:
    return _user(conn.execute(user.insert().values(**values).returning(*user.c)).one())


def set_password(conn: Connection, user_id: int, password_hash: str) -> None:
    """A new password ends all sign-ins made with the old one."""
    conn.execute(user.update().where(user.c.id == user_id).values(password_hash=password_hash))
    conn.execute(sign_in.delete().where(sign_in.c.user_id == user_id))


def open_sign_in(conn: Connection, user_id: int, token_hash: bytes, now: datetime, until: datetime) -> None:
    values = {"user_id": user_id, "token_hash": token_hash, "created_at": now, "expires_at": until}
    conn.execute(sign_in.insert().values(**values))


def holder(conn: Connection, token_hash: bytes, now: datetime) -> User | None:
    """Who holds a sign-in that has not expired."""
    valid = (sign_in.c.token_hash == token_hash) & (sign_in.c.expires_at > now)
    return one(conn, select(user).join(sign_in, sign_in.c.user_id == user.c.id).where(valid), _user)


def close_sign_in(conn: Connection, token_hash: bytes) -> None:
    conn.execute(sign_in.delete().where(sign_in.c.token_hash == token_hash))


def drop_expired(conn: Connection, now: datetime) -> None:
    conn.execute(sign_in.delete().where(sign_in.c.expires_at <= now))


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


def audit(
    conn: Connection,
    user_id: int | None,
    action: str,
    subject: str,
    detail: Mapping[str, Any],
    now: datetime,
) -> None:
    values = {"user_id": user_id, "action": action, "subject": subject, "detail": dict(detail)}
    conn.execute(audit_log.insert().values(at=now, **values))


def _user(row: Row[Any]) -> User:
    return User(row.id, row.name, row.organisation_id)
