"""Tries to sign in, counted by the name, or by the browser where somebody has signed in under it before."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cloud.db.queries import people

FREE_FAILURES = 5
MOST_FAILURES = 1000
LONGEST_PAUSE = timedelta(minutes=5)
_FORGOTTEN_AFTER = timedelta(days=1)


def mark(password_hash: str, held: str = "") -> str:
    """What a browser keeps in which a user has signed in: a number, sealed under the password's hash.

    So nothing of it is kept here, and another password ends it. One that it holds already stays.
    """
    number = _marked(password_hash, held) or secrets.token_urlsafe(16)
    return f"{number}.{_seal(password_hash, number)}"


def counted_as(name_key: str, password_hash: str, held: str) -> str:
    """What a try counts for: strangers who guess a password make its name wait, but not the browsers that know it."""
    number = _marked(password_hash, held)
    return f" {number}" if number else name_key  # no name's key begins with a space


def codes_of(user_id: int) -> str:
    """What tries of codes count for: only who gave the password makes them wait."""
    return f" code {user_id}"


def may(conn: Connection, counted_as: str, now: datetime) -> bool:
    """Counts a try before it is looked at, so that many at once cannot slip through the pause."""
    count, last_at = people.tries(conn, counted_as, now)
    if count >= FREE_FAILURES and now < last_at + _pause(count):
        return False
    people.note_try(conn, counted_as, now)
    people.keep_latest_tries(conn, MOST_FAILURES)
    return True


def forget(conn: Connection, counted_as: str, now: datetime) -> None:
    """It was right: earlier tries do not count."""
    people.forget_tries(conn, counted_as, now - _FORGOTTEN_AFTER)


def _pause(count: int) -> timedelta:
    """After five failures 1 s, then twice as long each time, at most five minutes."""
    return min(LONGEST_PAUSE, timedelta(seconds=2 ** min(count - FREE_FAILURES, 30)))


def _marked(password_hash: str, held: str) -> str:
    number, _, seal = held.partition(".")
    return number if hmac.compare_digest(seal.encode(), _seal(password_hash, number).encode()) else ""


def _seal(password_hash: str, number: str) -> str:
    return hmac.new(password_hash.encode(), f"browser {number}".encode(), hashlib.sha256).hexdigest()
