"""People who sign in: argon2 passwords, random tokens of which only the hash is kept, a pause after failures."""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection

from cloud.db.database import Database
from cloud.db.queries import people, places
from cloud.domain.people import Role, SignedIn, User
from cloud.services import audit
from cloud.services.errors import AlreadyThere, NotFound, NotNow

SIGN_IN_LASTS = timedelta(hours=12)
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 1000
FREE_FAILURES = 5
MOST_FAILURES = 1000
LONGEST_PAUSE = timedelta(minutes=5)
_FAILURES_FORGOTTEN_AFTER = timedelta(days=1)

_hasher = PasswordHasher()
_NOBODYS_HASH = _hasher.hash(secrets.token_hex())


def hash_password(password: str) -> str:
    """An argon2id hash; slow on purpose, so made outside any unit of work. Raises NotNow when too short."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise NotNow(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    return _hasher.hash(_bytes(password))


def create(
    conn: Connection,
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
    if not name.strip() or len(name) > 100:
        raise NotNow("a user's name has 1 to 100 characters")
    if people.find(conn, _key(name)):
        raise AlreadyThere(f"there is a user {name!r} already; `create-user --replace` gives a new password")
    organisation_id = places.only_organisation(conn)
    site_ids = _sites(conn, organisation_id, role, sites)
    values = {"name": name, "name_key": _key(name), "password_hash": password_hash, "created_at": now}
    added = people.insert(conn, {**values, "organisation_id": organisation_id, "role": role, "email": email})
    people.set_sites(conn, added, site_ids)
    audit.change(conn, user_id, "user created", name, {}, {"role": role, "sites": sorted(sites), "email": email}, now)
    return find(conn, name)


def find(conn: Connection, name: str) -> User:
    """The user of that name. Raises NotFound."""
    known = people.find(conn, _key(name))
    if known is None:
        raise NotFound(f"there is no user {name!r}; `bollard cloud users` lists them")
    return known[0]


def set_role(
    conn: Connection, name: str, role: Role, sites: Sequence[str], now: datetime, *, user_id: int | None = None
) -> User:
    """Gives another role, at these sites or, without any, everywhere. Raises NotFound, NotNow.

    The last owner stays one: somebody must be able to undo it.
    """
    user = find(conn, name)
    owners = [other for other in people.listed(conn, user.organisation_id) if other.role is Role.OWNER]
    if role is not Role.OWNER and owners == [user]:
        raise NotNow(f"{user.name} is the only owner; make somebody else an owner first")
    site_ids = _sites(conn, user.organisation_id, role, sites)
    people.update(conn, user.id, {"role": role})
    people.set_sites(conn, user.id, site_ids)
    names = people.site_names(conn, user.organisation_id)
    before = {"role": user.role, "sites": sorted(names[id] for id in user.site_ids or ())}
    audit.change(conn, user_id, "role changed", user.name, before, {"role": role, "sites": sorted(sites)}, now)
    return find(conn, name)


def listed(conn: Connection, organisation_id: int | None = None) -> list[User]:
    """The organisation's users, by name."""
    return people.listed(conn, organisation_id or places.only_organisation(conn))


def _sites(conn: Connection, organisation_id: int, role: Role, names: Sequence[str]) -> list[int]:
    if names and role is Role.OWNER:
        raise NotNow("an owner has all sites; choose another role for somebody with some sites only")
    known = {name: id for id, name in people.site_names(conn, organisation_id).items()}
    missing = [name for name in names if name not in known]
    if missing:
        raise NotFound(f"there is no site {missing[0]!r}; there are: {', '.join(sorted(known))}")
    return [known[name] for name in names]


def set_password(conn: Connection, name: str, password_hash: str, now: datetime) -> None:
    """Gives a new password and ends all sign-ins of the user. Raises NotFound."""
    people.set_password(conn, find(conn, name).id, password_hash)
    audit.note(conn, None, "password changed", name, {}, now)


async def sign_in(db: Database, name: str, password: str, now: datetime) -> str | None:
    """A fresh sign-in token, or None: wrong name, wrong password, or too many failures just before.

    A coroutine of several units, because the slow hash must hold up neither the writer nor the event loop.
    """
    if not await db.write(lambda conn: _may_try(conn, name, now)):
        return None
    known = await db.read(lambda conn: people.find(conn, _key(name)))
    user, password_hash = known or (None, _NOBODYS_HASH)
    fits = await asyncio.to_thread(_verify, password_hash, password)
    if user is None or not fits:
        return None
    token = secrets.token_urlsafe(32)
    await db.write(lambda conn: _open(conn, user, token, now))
    return token


def signed_in(conn: Connection, token: str, now: datetime) -> SignedIn | None:
    """Who holds this token, and the CSRF token bound to it; None when unknown or expired. Changes nothing."""
    user = people.holder(conn, _hash(token), now)
    return SignedIn(user, _csrf(token)) if user else None


def sign_out(conn: Connection, token: str) -> None:
    """Ends the sign-in of this token; an unknown one is no error."""
    people.close_sign_in(conn, _hash(token))


def _may_try(conn: Connection, name: str, now: datetime) -> bool:
    """Counts a try before its password is looked at, so that many at once cannot slip through the pause."""
    count, last_at = people.tries(conn, _key(name), now)
    if count >= FREE_FAILURES and now < last_at + _pause(count):
        return False
    people.note_try(conn, _key(name), now)
    people.keep_latest_tries(conn, MOST_FAILURES)
    return True


def _pause(count: int) -> timedelta:
    """After five failures 1 s, then twice as long each time, at most five minutes."""
    return min(LONGEST_PAUSE, timedelta(seconds=2 ** min(count - FREE_FAILURES, 30)))


def _open(conn: Connection, user: User, token: str, now: datetime) -> None:
    people.forget_tries(conn, _key(user.name), now - _FAILURES_FORGOTTEN_AFTER)
    people.drop_expired(conn, now)
    people.open_sign_in(conn, user.id, _hash(token), now, now + SIGN_IN_LASTS)
    audit.note(conn, user.id, "signed in", user.name, {}, now)


def _verify(password_hash: str, password: str) -> bool:
    if len(password) > LONGEST_PASSWORD:
        return False
    try:
        return _hasher.verify(password_hash, _bytes(password))
    except (VerificationError, InvalidHashError):
        return False


def _bytes(password: str) -> bytes:
    """Whatever a browser sent, also what is no text."""
    return password.encode("utf-8", "surrogatepass")


def _key(name: str) -> str:
    return name.strip().casefold()[:100]


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _csrf(token: str) -> str:
    return hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()
