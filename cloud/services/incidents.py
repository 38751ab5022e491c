"""Bad input and oddities, kept where the operator sees them; bounded whatever a station does."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from cloud.db.queries import incidents as rows

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
    """Keeps an oddity; the same (identity, kind, summary) again only counts. `raw` is cut to 4,000 characters."""
    identity, summary, shown = identity[:LONGEST_IDENTITY], summary[:LONGEST_SUMMARY], _shown(raw)
    if rows.again(conn, identity, kind, summary, shown, now):
        return
    rows.insert(conn, station_id, identity, kind, summary, shown, now)
    rows.keep_latest(conn, MOST_OF_ONE_IDENTITY, identity)
    rows.keep_latest(conn, MOST)


def _shown(raw: str | Mapping[str, Any]) -> str:
    text = raw if isinstance(raw, str) else msgspec.json.encode(raw).decode()
    return text[:LONGEST_RAW]
