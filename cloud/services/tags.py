"""Tags: kept by the operator, asked for by stations."""

from datetime import datetime

from sqlalchemy import Connection

from cloud.domain.tags import Tag, TagVerdict


def authorize(conn: Connection, station_id: int, id_tag: str, now: datetime) -> TagVerdict:
    """Authorize's answer; never ConcurrentTx. Changes nothing, so `Database.read` will do."""
    raise NotImplementedError


def add(
    conn: Connection,
    id_tag: str,
    now: datetime,
    *,
    parent: str | None = None,
    expires_at: datetime | None = None,
    blocked: bool = False,
    note: str = "",
    user_id: int | None = None,
) -> Tag:
    """Adds a tag. Raises AlreadyThere, or NotNow when it is not 1..20 characters."""
    raise NotImplementedError
