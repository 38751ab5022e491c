"""The latest check of an organisation's books: asked for, under way, or what came of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from cloud.db.rows import insert_or, one
from cloud.db.tables import books_check
from cloud.domain.ledger import BooksCheck

_c = books_check.c


def latest(conn: Connection, organisation_id: int) -> BooksCheck | None:
    return one(conn, select(books_check).where(_c.organisation_id == organisation_id), _check)


def ask(conn: Connection, organisation_id: int, now: datetime) -> None:
    """A new one takes the place of what was."""
    asked: dict[str, Any] = {
        "asked_at": now,
        "beat_at": None,
        "ended_at": None,
        "percent": 0,
        "wrong": [],
        "more": False,
    }
    conn.execute(insert_or(conn, books_check, {"organisation_id": organisation_id, **asked}, asked))


def waiting(conn: Connection, beat_before: datetime) -> int | None:
    """An organisation whose check nobody works at."""
    found: int | None = conn.execute(select(_c.organisation_id).where(_open(beat_before)).limit(1)).scalar()
    return found


def claim(conn: Connection, organisation_id: int, beat_before: datetime, now: datetime) -> bool:
    """Whether the caller is to work at it; of several who ask, one."""
    free = (_c.organisation_id == organisation_id) & _open(beat_before)
    return bool(conn.execute(books_check.update().where(free).values(beat_at=now)).rowcount)


def update(conn: Connection, organisation_id: int, values: Mapping[str, Any]) -> None:
    conn.execute(books_check.update().where(_c.organisation_id == organisation_id).values(**values))


def _open(beat_before: datetime) -> Any:
    return _c.ended_at.is_(None) & or_(_c.beat_at.is_(None), _c.beat_at < beat_before)


def _check(row: Row[Any]) -> BooksCheck:
    return BooksCheck(row.asked_at, row.ended_at, row.percent, tuple(row.wrong), row.more)
