"""The audit log: who did what, when."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import people


def note(
    conn: Connection,
    user_id: int | None,
    action: str,
    subject: str,
    detail: Mapping[str, Any],
    now: datetime,
) -> None:
    """Writes down an operator's action, in its own unit of work; no user means the command line."""
    people.audit(conn, user_id, action, subject, detail, now)
