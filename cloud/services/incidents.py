"""Bad input and oddities, kept where the operator sees them; bounded whatever a station does."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from cloud.db.queries import incidents as rows
from cloud.domain.messages import kept, kept_raw, with_masked_tags

LONGEST_RAW = 4000
LONGEST_SUMMARY = 300
LONGEST_IDENTITY = 64
MOST_OF_ONE_IDENTITY = 200
MOST = 5000


def record(
    conn: Connection,
    station_id: int | None,
    identity: str,
    kind: str,
    summary: str,
    raw: str | Mapping[str, Any],
    now: datetime,
) -> None:
    """Keeps an oddity; the same (identity, kind, summary) again only counts. Of `raw` what `shown` leaves."""
    identity, summary, told = identity[:LONGEST_IDENTITY], summary[:LONGEST_SUMMARY], shown(raw)
    if rows.again(conn, identity, kind, summary, told, now):
        return
    rows.insert(conn, station_id, identity, kind, summary, told, now)
    rows.keep_latest(conn, MOST_OF_ONE_IDENTITY, identity)
    rows.keep_latest(conn, MOST)


def shown(raw: str | Mapping[str, Any]) -> str:
    """What is kept of a message: at most 4,000 characters, no keys and passwords, idTags masked."""
    text = kept_raw(raw) if isinstance(raw, str) else kept(raw, msgspec.json.encode(raw).decode())
    return with_masked_tags(text)[:LONGEST_RAW]
