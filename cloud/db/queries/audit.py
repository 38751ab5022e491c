"""The audit log: appended, and searched from its end."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from cloud.db.rows import every
from cloud.db.tables import audit_log, user
from cloud.domain.audit import AuditSearch, Entry, told


def insert(
    conn: Connection,
    organisation_id: int,
    user_id: int | None,
    action: str,
    told: Sequence[tuple[str, Mapping[str, Any]]],
    now: datetime,
) -> None:
    """What was done to whose things: of each subject its detail."""
    values = {"at": now, "organisation_id": organisation_id, "user_id": user_id, "action": action}
    details = [{"subject": subject, "detail": dict(detail)} for subject, detail in told]
    if details:
        conn.execute(audit_log.insert().values(**values), details)


def latest(
    conn: Connection, organisation_id: int, wanted: AuditSearch, limit: int, before_id: int | None = None
) -> list[Entry]:
    """The last entries that fit, the newest first; `before_id` pages on."""
    query = select(audit_log, user.c.name).outerjoin(user, user.c.id == audit_log.c.user_id)
    found = query.where(audit_log.c.organisation_id == organisation_id, *_conditions(wanted))
    found = found if before_id is None else found.where(audit_log.c.id < before_id)
    return every(conn, found.order_by(audit_log.c.id.desc()).limit(limit), _entry)


def _conditions(wanted: AuditSearch) -> Iterator[ColumnElement[bool]]:
    log = audit_log.c
    if wanted.user_id is not None:
        yield log.user_id == wanted.user_id if wanted.user_id else log.user_id.is_(None)
    if wanted.contains:
        yield log.action.icontains(wanted.contains, autoescape=True) | log.subject.icontains(
            wanted.contains, autoescape=True
        )
    if wanted.since is not None:
        yield log["at"] >= wanted.since
    if wanted.until is not None:
        yield log["at"] < wanted.until


def _entry(row: Row[Any]) -> Entry:
    before, after = told(row.detail)
    return Entry(row.id, row._mapping["at"], row.name, row.action, row.subject, before, after)
