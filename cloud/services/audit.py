"""The audit log: who did what, when, and what it was before."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from cloud.db.queries import audit as rows
from cloud.domain.audit import AuditSearch, Entry, Values, differing


def note(
    conn: Connection,
    organisation_id: int,
    user_id: int | None,
    action: str,
    subject: str,
    detail: Mapping[str, Any],
    now: datetime,
) -> None:
    """Writes down what was done to whose things, in its own unit of work; no user means the command line."""
    rows.insert(conn, organisation_id, user_id, action, [(subject, msgspec.to_builtins(detail))], now)


def change(
    conn: Connection,
    organisation_id: int,
    user_id: int | None,
    action: str,
    subject: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    now: datetime,
) -> None:
    """Writes down a change with what differs; one that changed nothing leaves no trace."""
    was, is_now = differing(before, after)
    if was or is_now:
        note(conn, organisation_id, user_id, action, subject, {"before": was, "after": is_now}, now)


def changes(
    conn: Connection,
    organisation_id: int,
    user_id: int | None,
    action: str,
    told: Iterable[tuple[str, Values, Values]],
    now: datetime,
) -> None:
    """Writes down many changes at once: each a subject, before and after."""
    found = [(subject, differing(before, after)) for subject, before, after in told]
    details = [(subject, msgspec.to_builtins({"before": was, "after": now_is})) for subject, (was, now_is) in found]
    rows.insert(conn, organisation_id, user_id, action, details, now)


def listed(
    conn: Connection, organisation_id: int, wanted: AuditSearch, limit: int, before_id: int | None = None
) -> list[Entry]:
    """The organisation's last entries that fit, the newest first; `before_id` pages on."""
    return rows.latest(conn, organisation_id, wanted, limit, before_id)
