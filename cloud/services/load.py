"""What sites draw, kept in slices of five minutes for the pictures of a day."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from cloud.db.queries import load as rows

SLICE = timedelta(minutes=5)
KEPT = timedelta(days=8)


def note(conn: Connection, now: datetime) -> None:
    """Keeps the power of every site once a slice, and drops what is too old."""
    begun = now - timedelta(seconds=now.timestamp() % SLICE.total_seconds())
    if rows.note(conn, begun.replace(microsecond=0)):
        rows.forget(conn, now - KEPT)
