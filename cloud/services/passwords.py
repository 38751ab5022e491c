"""Passwords that their owners choose: with a link that is good once, or by giving the present one."""

import asyncio
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cloud.db.database import Database
from cloud.db.queries import people, sign_ins
from cloud.domain.people import SignedIn, User
from cloud.services import audit, hashing, users
from cloud.services.errors import NotNow

RESET_LASTS = timedelta(minutes=30)
INVITATION_LASTS = timedelta(days=3)
MOST_LINKS = 3
"""So many links a user can have asked for at a time; more would only fill a mailbox."""
TOO_OLD = "this link was used already or is too old; ask for another"


def invite(conn: Connection, user: User, now: datetime, *, user_id: int | None = None) -> str:
    """A token with which the user chooses a password: shown this once, good once, for three days."""
    sign_ins.drop_tokens(conn, user.id, now)
    audit.note(conn, user.organisation_id, user_id, "password link made", user.name, {}, now)
    return _token(conn, user, now, INVITATION_LASTS)


def forgotten(conn: Connection, name: str, now: datetime) -> tuple[User, str] | None:
    """Who forgot their password and a token good for 30 minutes; None when nothing may be sent to them."""
    known = people.find(conn, users.key(name))
    user = known[0] if known else None
    if user is None or user.disabled or not user.email:
        return None
    if sign_ins.tokens_since(conn, user.id, now - RESET_LASTS) >= MOST_LINKS:
        return None
    audit.note(conn, user.organisation_id, user.id, "password link asked", user.name, {}, now)
    return user, _token(conn, user, now, RESET_LASTS)


async def choose(db: Database, token: str, password: str, now: datetime) -> User:
    """The holder of the token has this password from now on, and no sign-in any more. Raises NotNow."""
    if await db.read(lambda conn: sign_ins.token_holder(conn, users.hashed(token), now)) is None:
        raise NotNow(TOO_OLD)
    password_hash = await asyncio.to_thread(hashing.hash_password, password)
    return await db.write(lambda conn: _redeem(conn, token, password_hash, now))


async def change_own(db: Database, me: SignedIn, present: str, password: str, now: datetime, mark: str = "") -> bool:
    """Gives a new password and ends all other sign-ins; False when the present one is wrong. Raises NotNow."""
    password_hash = await asyncio.to_thread(hashing.hash_password, password)
    if await users.proven(db, me.user.name, present, now, mark) is None:
        return False
    await db.write(lambda conn: _replace(conn, me, password_hash, now))
    return True


def _token(conn: Connection, user: User, now: datetime, lasts: timedelta) -> str:
    token = secrets.token_urlsafe(32)
    sign_ins.add_token(conn, user.id, users.hashed(token), now, now + lasts)
    return token


def _redeem(conn: Connection, token: str, password_hash: str, now: datetime) -> User:
    holder = sign_ins.token_holder(conn, users.hashed(token), now, lock=True)
    user = people.by_id(conn, holder) if holder is not None else None
    if user is None or user.disabled:
        raise NotNow(TOO_OLD)
    users.set_password(conn, user.organisation_id, user.name, password_hash, now, user_id=user.id)
    return user


def _replace(conn: Connection, me: SignedIn, password_hash: str, now: datetime) -> None:
    people.update(conn, me.user.id, {"password_hash": password_hash})
    sign_ins.close_of(conn, me.user.id, but=me.id)
    sign_ins.drop_tokens(conn, me.user.id, now)
    audit.change(
        conn, me.user.organisation_id, me.user.id, "password changed", me.user.name, {}, {"password": "another"}, now
    )
