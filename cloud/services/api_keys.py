"""Keys of programs: `bol_<id>_<secret>`, shown once and kept as a hash, never stronger than who made it."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cloud.db.queries import api_keys as rows
from cloud.db.queries import people
from cloud.domain.api_keys import ApiKey
from cloud.domain.people import OF_NO_SITE, Permission, User
from cloud.services import audit
from cloud.services.errors import Malformed, NotFound, NotNow

LONGEST_NAME = 100
MOST_KEYS = 200
USE_NOTED_EVERY = timedelta(minutes=1)
ANSWERS_KEPT = timedelta(days=1)
_WHOLE = re.compile(r"bol_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_DROPPED_AT_ONCE = 200


def make(
    conn: Connection,
    maker: User,
    name: str,
    permissions: Collection[Permission],
    now: datetime,
    *,
    sites: Collection[str] = (),
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A new key of the maker's, and its text, shown this once. Raises Malformed, NotFound (site), NotNow."""
    if not 0 < len(name.strip()) <= LONGEST_NAME or not name.isprintable():
        raise Malformed(f"a key's name has 1 to {LONGEST_NAME} printable characters", "name")
    if expires_at is not None and expires_at <= now:
        raise Malformed("expires_at has passed already")
    site_ids = _sites(conn, maker, sites)
    _check_permissions(maker, permissions, some_sites=bool(site_ids))
    if len([key for key in rows.listed(conn, maker.organisation_id) if key.good(now)]) >= MOST_KEYS:
        raise NotNow(f"there are {MOST_KEYS} keys already; revoke those that nobody uses")
    public_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    values = {"public_id": public_id, "secret_hash": _hash(secret), "user_id": maker.id, "name": name.strip()}
    given = sorted(permissions)
    id = rows.insert(conn, {**values, "permissions": given, "created_at": now, "expires_at": expires_at}, site_ids)
    after = {"permissions": given, "sites": sorted(sites), "expires_at": str(expires_at or "never")}
    audit.note(conn, maker.organisation_id, maker.id, "API key made", name.strip(), {"after": after}, now)
    return find(conn, maker.organisation_id, id), f"bol_{public_id}_{secret}"


def find(conn: Connection, organisation_id: int, id: int) -> ApiKey:
    """Raises NotFound."""
    key = rows.by_id(conn, organisation_id, id)
    if key is None:
        raise NotFound(f"there is no API key {id}; `bollard cloud api-keys` lists them")
    return key


def listed(conn: Connection, organisation_id: int) -> list[ApiKey]:
    """The organisation's keys, the newest first, also those that are over."""
    return rows.listed(conn, organisation_id)


def revoke(conn: Connection, organisation_id: int, id: int, user_id: int | None, now: datetime) -> ApiKey:
    """The key opens nothing from now on; again is no error. Raises NotFound."""
    key = find(conn, organisation_id, id)
    if key.revoked_at is None:
        rows.update(conn, id, {"revoked_at": now})
        audit.note(conn, organisation_id, user_id, "API key revoked", key.name, {"key": key.public_id}, now)
    return find(conn, organisation_id, id)


def authenticate(conn: Connection, text: str, now: datetime) -> ApiKey | None:
    """The key of that text if it is good. Changes nothing."""
    parts = _WHOLE.fullmatch(text)
    found = rows.by_public_id(conn, parts[1]) if parts else None
    if parts is None or found is None:
        return None
    key, expected = found
    return key if hmac.compare_digest(_hash(parts[2]), expected) and key.good(now) else None


def use_to_note(key: ApiKey, now: datetime) -> bool:
    """Whether its use is to be noted, which is once a minute."""
    return key.last_used_at is None or now - key.last_used_at >= USE_NOTED_EVERY


def note_use(conn: Connection, key: ApiKey, now: datetime) -> None:
    rows.update(conn, key.id, {"last_used_at": now})


def shorten(conn: Connection, now: datetime) -> bool:
    """Drops a batch of answers too old to be repeated; whether there may be more."""
    return rows.drop_answers(conn, now - ANSWERS_KEPT, _DROPPED_AT_ONCE) == _DROPPED_AT_ONCE


def _check_permissions(maker: User, permissions: Collection[Permission], *, some_sites: bool) -> None:
    if not permissions:
        raise Malformed("a key needs at least one permission", "permissions")
    lacking = sorted(permission for permission in permissions if not maker.may(permission))
    if lacking:
        raise NotNow(f"{maker.name} may not {', '.join(lacking)}, so no key of theirs may", "permissions")
    placeless = sorted(OF_NO_SITE & set(permissions))
    if some_sites and placeless:
        raise NotNow(
            f"{', '.join(placeless)} belong to no site; a key for some sites only cannot have them", "permissions"
        )


def _sites(conn: Connection, maker: User, names: Collection[str]) -> list[int]:
    every = people.site_names(conn, maker.organisation_id)
    known = {name: id for id, name in every.items() if maker.site_ids is None or id in maker.site_ids}
    missing = [name for name in names if name not in known]
    if missing:
        raise NotFound(f"there is no site {missing[0]!r}; there are: {', '.join(sorted(known))}", "sites")
    return [known[name] for name in names]


def _hash(secret: str) -> bytes:
    """Of 32 random bytes, which nobody guesses: a slow hash would only slow down every request."""
    return hashlib.sha256(secret.encode()).digest()
