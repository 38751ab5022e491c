"""People who sign in: argon2 passwords, random tokens of which only the hash is kept, a pause after failures."""

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cloud.db.database import Database
from cloud.db.queries import people, second_factors, sign_ins
from cloud.domain.people import Role, SignedIn, SignIn, User
from cloud.services import audit, hashing, tries
from cloud.services.errors import AlreadyThere, NotFound, NotNow

SIGN_IN_LASTS = timedelta(hours=12)
HALFWAY_LASTS = timedelta(minutes=5)
IDLE = timedelta(hours=1)
"""A sign-in that nobody used for so long is over; a page that is being watched uses it."""
TOUCHED_EVERY = timedelta(minutes=5)
LONGEST_NAME = 100
LONGEST_EMAIL = 200
LONGEST_BROWSER = 300
_EMAIL = re.compile(r"[^@\s<>\"(),:;\\]+@[A-Za-z0-9.-]+")


def create(
    conn: Connection,
    organisation_id: int,
    name: str,
    password_hash: str,
    now: datetime,
    *,
    role: Role = Role.OWNER,
    sites: Sequence[str] = (),
    email: str | None = None,
    user_id: int | None = None,
) -> User:
    """Adds someone who may sign in, with the hash from `hash_password`. Raises AlreadyThere, NotFound, NotNow."""
    name = name.strip()
    if not name.isprintable() or not 0 < len(name) <= LONGEST_NAME:
        raise NotNow(f"a user's name has 1 to {LONGEST_NAME} characters", "name")
    _check_email(email)
    if people.find(conn, key(name)):
        raise AlreadyThere(f"there is a user {name!r} already; give another name, or that user a new password", "name")
    site_ids = _sites(conn, organisation_id, role, sites)
    values = {"name": name, "name_key": key(name), "password_hash": password_hash, "created_at": now}
    added = people.insert(conn, {**values, "organisation_id": organisation_id, "role": role, "email": email})
    people.set_sites(conn, added, site_ids)
    audit.change(
        conn,
        organisation_id,
        user_id,
        "user created",
        name,
        {},
        {"role": role, "sites": sorted(sites), "email": email},
        now,
    )
    return find(conn, organisation_id, name)


def find(conn: Connection, organisation_id: int, name: str) -> User:
    """The organisation's user of that name. Raises NotFound."""
    known = people.find(conn, key(name))
    if known is None or known[0].organisation_id != organisation_id:
        raise NotFound(f"there is no user {name!r}; `bollard cloud users` lists them")
    return known[0]


def set_role(
    conn: Connection,
    organisation_id: int,
    name: str,
    role: Role,
    sites: Sequence[str],
    now: datetime,
    *,
    user_id: int | None = None,
) -> User:
    """Gives another role, at these sites or, without any, everywhere. Raises NotFound, NotNow.

    The last owner stays one: somebody must be able to undo it.
    """
    user = find(conn, organisation_id, name)
    if role is not Role.OWNER:
        _keep_an_owner(conn, user)
    site_ids = _sites(conn, user.organisation_id, role, sites)
    people.update(conn, user.id, {"role": role})
    people.set_sites(conn, user.id, site_ids)
    names = people.site_names(conn, user.organisation_id)
    before = {"role": user.role, "sites": sorted(names[id] for id in user.site_ids or ())}
    audit.change(
        conn, organisation_id, user_id, "role changed", user.name, before, {"role": role, "sites": sorted(sites)}, now
    )
    return find(conn, organisation_id, name)


def set_email(
    conn: Connection, organisation_id: int, name: str, email: str | None, now: datetime, *, user_id: int | None = None
) -> None:
    """Where to write to. Raises NotFound, NotNow."""
    user = find(conn, organisation_id, name)
    _check_email(email)
    if user.email and user.email != email:
        sign_ins.drop_tokens(conn, user.id, now)  # a link may lie in the old mailbox
    people.update(conn, user.id, {"email": email or None})
    audit.change(
        conn,
        organisation_id,
        user_id,
        "e-mail changed",
        user.name,
        {"email": user.email},
        {"email": email or None},
        now,
    )


def disable(conn: Connection, organisation_id: int, name: str, now: datetime, *, user_id: int | None = None) -> None:
    """Ends all sign-ins, and allows no more. Raises NotFound, NotNow."""
    user = find(conn, organisation_id, name)
    _keep_an_owner(conn, user)
    if user.id == user_id:
        raise NotNow("nobody can disable themselves; ask another owner")
    people.update(conn, user.id, {"disabled": True})
    sign_ins.close_of(conn, user.id)
    sign_ins.drop_tokens(conn, user.id, now)
    audit.change(
        conn, organisation_id, user_id, "user disabled", user.name, {"disabled": user.disabled}, {"disabled": True}, now
    )


def enable(conn: Connection, organisation_id: int, name: str, now: datetime, *, user_id: int | None = None) -> None:
    """A disabled user may sign in again. Raises NotFound."""
    user = find(conn, organisation_id, name)
    people.update(conn, user.id, {"disabled": False})
    audit.change(
        conn, organisation_id, user_id, "user enabled", user.name, {"disabled": user.disabled}, {"disabled": False}, now
    )


def _keep_an_owner(conn: Connection, user: User) -> None:
    people.lock_owners(conn, user.organisation_id)
    others = [other for other in people.listed(conn, user.organisation_id) if other.id != user.id]
    if user.role is Role.OWNER and not any(other.role is Role.OWNER and not other.disabled for other in others):
        raise NotNow(f"{user.name} is the only owner; make somebody else an owner first", "role")


def _check_email(email: str | None) -> None:
    if email and not (len(email) <= LONGEST_EMAIL and email.isascii() and _EMAIL.fullmatch(email)):
        raise NotNow(f"{email!r} is no e-mail address such as ada@example.org", "email")


def listed(conn: Connection, organisation_id: int) -> list[User]:
    """The organisation's users, by name."""
    return people.listed(conn, organisation_id)


def _sites(conn: Connection, organisation_id: int, role: Role, names: Sequence[str]) -> list[int]:
    if names and role is Role.OWNER:
        raise NotNow("an owner has all sites; choose another role for somebody with some sites only", "sites")
    known = {name: id for id, name in people.site_names(conn, organisation_id).items()}
    missing = [name for name in names if name not in known]
    if missing:
        raise NotFound(f"there is no site {missing[0]!r}; there are: {', '.join(sorted(known))}", "sites")
    return [known[name] for name in names]


def set_password(
    conn: Connection, organisation_id: int, name: str, password_hash: str, now: datetime, *, user_id: int | None = None
) -> None:
    """Gives a new password and ends all sign-ins of the user. Raises NotFound."""
    user = find(conn, organisation_id, name)
    people.update(conn, user.id, {"password_hash": password_hash})
    sign_ins.close_of(conn, user.id)
    sign_ins.drop_tokens(conn, user.id, now)
    audit.change(conn, organisation_id, user_id, "password changed", user.name, {}, {"password": "another"}, now)


async def sign_in(
    db: Database, name: str, password: str, now: datetime, *, browser: str = "", address: str = "", mark: str = ""
) -> str | None:
    """A fresh sign-in token, or None: wrong name, wrong password, or too many failures just before.

    `mark`: what the browser holds of an earlier sign-in (`tries.mark`).

    For a user with a second factor it opens nothing yet: `second_factor.complete` takes it with a code.

    A coroutine of several units, because the slow hash must hold up neither the writer nor the event loop.
    """
    user = await proven(db, name, password, now, mark)
    if user is None:
        return None
    whence = {"browser": browser[:LONGEST_BROWSER], "address": address}

    def unit(conn: Connection) -> str:
        halfway = second_factors.confirmed(conn, user.id)
        return open_sign_in(conn, user, whence, now, halfway=halfway)

    return await db.write(unit)


async def proven(db: Database, name: str, password: str, now: datetime, mark: str = "") -> User | None:
    """The user of that name, if this is the password and there were not too many failures just before."""
    known = await db.read(lambda conn: people.find(conn, key(name)))
    user, password_hash = known or (None, hashing.NO_PASSWORD)
    counted_as = tries.counted_as(key(name), password_hash, mark)
    if not await db.write(lambda conn: tries.may(conn, counted_as, now)):
        return None
    fits = await asyncio.to_thread(hashing.fits, password_hash, password)
    if not fits or user is None or user.disabled:
        return None
    await db.write(lambda conn: tries.forget(conn, counted_as, now))
    return user


def signed_in(conn: Connection, token: str, now: datetime) -> SignedIn | None:
    """Who holds this token, and the CSRF token bound to it; None when unknown or expired. Changes nothing."""
    held = sign_ins.holder(conn, hashed(token), now, now - IDLE)
    if held is None:
        return None
    user, of_user, currency, time_zone = held
    return SignedIn(user, _csrf(token), of_user.id, of_user.used_at, currency, time_zone)


def used(conn: Connection, me: SignedIn, now: datetime) -> None:
    """The sign-in is in use, so it does not end for lying idle."""
    sign_ins.touch(conn, me.id, now)


def ours(conn: Connection, user_id: int, now: datetime) -> list[SignIn]:
    """The sign-ins of a user, the one used last first."""
    return sign_ins.of_user(conn, user_id, now, now - IDLE)


def end(conn: Connection, me: SignedIn, sign_in_id: int | None, now: datetime) -> None:
    """Ends one of the own sign-ins, or without its number all others than this."""
    sign_ins.close_of(conn, me.user.id, only=sign_in_id, but=None if sign_in_id else me.id)
    audit.note(
        conn,
        me.user.organisation_id,
        me.user.id,
        "sign-in ended",
        me.user.name,
        {"which": sign_in_id or "all others"},
        now,
    )


def sign_out(conn: Connection, token: str) -> None:
    """Ends the sign-in of this token; an unknown one is no error."""
    sign_ins.close(conn, hashed(token))


def open_sign_in(
    conn: Connection, user: User, whence: Mapping[str, str], now: datetime, *, halfway: bool = False
) -> str:
    """The token of a new sign-in, which with `halfway` only lets its holder give a code."""
    token = secrets.token_urlsafe(32)
    sign_ins.drop_expired(conn, now)
    lasts = HALFWAY_LASTS if halfway else SIGN_IN_LASTS
    values = {"user_id": user.id, "token_hash": hashed(token), "created_at": now, "expires_at": now + lasts}
    sign_ins.insert(conn, {**values, **whence, "halfway": halfway})
    if not halfway:
        audit.note(conn, user.organisation_id, user.id, "signed in", user.name, {}, now)
    return token


def key(name: str) -> str:
    """What two spellings of a name share."""
    return name.strip().casefold()[:100]


def hashed(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def _csrf(token: str) -> str:
    return hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()
