"""The second factor of signing in: codes of an authenticator, and recovery codes for when it is lost."""

import secrets
from datetime import datetime

from sqlalchemy import Connection

from cloud.db.queries import second_factors as rows
from cloud.db.queries import sign_ins
from cloud.domain import totp
from cloud.domain.people import User
from cloud.services import audit, tries, users
from cloud.services.errors import NotNow

RECOVERY_CODES = 10
MOST_TRIES = 5
"""After so many wrong codes the password is asked for again."""
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def begin(conn: Connection, user: User, now: datetime) -> bytes:
    """A secret for the user's authenticator, which counts once a code of it was given. Raises NotNow."""
    if rows.confirmed(conn, user.id):
        raise NotNow("there is a second factor already; remove it first")
    secret = secrets.token_bytes(totp.SECRET_BYTES)
    rows.begin(conn, user.id, secret, now)
    return secret


def confirm(conn: Connection, user: User, code: str, now: datetime) -> list[str] | None:
    """Recovery codes, shown this once, if the code is right: from now on signing in asks for one. Raises NotNow."""
    found = rows.find(conn, user.id, lock=True)
    if found is None or found.confirmed_at is not None:
        raise NotNow("there is nothing to confirm; begin anew")
    step = totp.fitting_step(found.secret, plain(code), now, found.last_step)
    if step is None:
        return None
    rows.use_step(conn, user.id, step)
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(12)) for _ in range(RECOVERY_CODES)]
    rows.confirm(conn, user.id, now, [users.hashed(each) for each in codes])
    audit.change(
        conn,
        user.organisation_id,
        user.id,
        "second factor set",
        user.name,
        {"second factor": False},
        {"second factor": True},
        now,
    )
    return codes


def pending(conn: Connection, user: User) -> bytes | None:
    """The secret that is still to be confirmed."""
    found = rows.find(conn, user.id)
    return found.secret if found is not None and found.confirmed_at is None else None


def fits(conn: Connection, user: User, code: str, now: datetime) -> bool:
    """Whether that is a code of the user's authenticator, or a recovery code; each is good once."""
    found = rows.find(conn, user.id, lock=True)
    if found is None or found.confirmed_at is None:
        return False
    step = totp.fitting_step(found.secret, plain(code), now, found.last_step)
    if step is not None:
        rows.use_step(conn, user.id, step)
        return True
    if not rows.use_recovery(conn, user.id, users.hashed(plain(code))):
        return False
    audit.note(
        conn,
        user.organisation_id,
        user.id,
        "recovery code used",
        user.name,
        {"left": rows.recovery_left(conn, user.id)},
        now,
    )
    return True


def remove(conn: Connection, user: User, now: datetime, *, user_id: int | None = None) -> None:
    """From now on the password is enough."""
    before = {"second factor": rows.confirmed(conn, user.id)}
    rows.remove(conn, user.id)
    audit.change(
        conn, user.organisation_id, user_id, "second factor removed", user.name, before, {"second factor": False}, now
    )


def remove_own(conn: Connection, user: User, code: str, now: datetime) -> bool:
    """As `remove`, if the code is right; wrong ones count as when signing in."""
    if not tries.may(conn, tries.codes_of(user.id), now) or not fits(conn, user, code, now):
        return False
    tries.forget(conn, tries.codes_of(user.id), now)
    remove(conn, user, now, user_id=user.id)
    return True


def is_halfway(conn: Connection, token: str, now: datetime) -> bool:
    """Whether the token's holder is still to give a code."""
    return sign_ins.holder(conn, users.hashed(token), now, now - users.IDLE, halfway=True) is not None


def complete(conn: Connection, halfway: str, code: str, now: datetime) -> str | None:
    """A fresh sign-in token for who gave their password and now the code; empty when the code is wrong.

    None when the password is to be given again: after too long, or too many wrong codes.
    """
    held = sign_ins.holder(conn, users.hashed(halfway), now, now - users.IDLE, halfway=True)
    if held is None or sign_ins.count_try(conn, held[1].id) > MOST_TRIES:
        sign_ins.close(conn, users.hashed(halfway))
        return None
    user, begun, *_ = held
    if not tries.may(conn, tries.codes_of(user.id), now) or not fits(conn, user, code, now):
        return ""
    tries.forget(conn, tries.codes_of(user.id), now)
    sign_ins.close(conn, users.hashed(halfway))
    return users.open_sign_in(conn, user, {"browser": begun.browser, "address": begun.address}, now)


def plain(code: str) -> str:
    """A code without the spaces and dashes that people type."""
    return code.replace(" ", "").replace("-", "").upper()[:100]
