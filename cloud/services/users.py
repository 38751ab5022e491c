"""People who sign in: argon2 passwords, random tokens of which only the hash is kept, a pause after failures."""

from datetime import datetime

from sqlalchemy import Connection

from cloud.db.database import Database
from cloud.domain.people import SignedIn, User


def create(conn: Connection, name: str, password_hash: str, now: datetime) -> User:
    """Adds someone who may sign in, with the hash from `hash_password`. Raises AlreadyThere, NotNow."""
    raise NotImplementedError


def hash_password(password: str) -> str:
    """An argon2id hash; slow on purpose, so made outside any unit of work. Raises NotNow when too short."""
    raise NotImplementedError


async def sign_in(db: Database, name: str, password: str, now: datetime) -> str | None:
    """A fresh sign-in token, or None: wrong name, wrong password, or too many failures just before.

    A coroutine of several units, because the slow hash must hold up neither the writer nor the event loop.
    """
    raise NotImplementedError


def signed_in(conn: Connection, token: str, now: datetime) -> SignedIn | None:
    """Who holds this token, and the CSRF token bound to it; None when unknown or expired. Changes nothing."""
    raise NotImplementedError


def sign_out(conn: Connection, token: str) -> None:
    """Ends the sign-in of this token; an unknown one is no error."""
    raise NotImplementedError
