"""The organisation that every database has from its first migration on, and another one."""

from datetime import UTC, datetime

from sqlalchemy import Connection

from cloud.db.rows import number
from cloud.db.tables import organisation

OURS = 1
_BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


def another(conn: Connection) -> int:
    """Adds an organisation."""
    added = organisation.insert().values(name="Others", created_at=_BEGUN)
    return number(conn, added.returning(organisation.c.id))
