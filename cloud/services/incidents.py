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
Raw = str | Mapping[str, Any]


def record(conn: Connection, station_id: int, identity: str, kind: str, summary: str, raw: Raw, now: datetime) -> None:
    """Keeps a station's oddity; the same (identity, kind, summary) again only counts. Of `raw` what `shown` leaves."""
    _keep(conn, {"station_id": station_id}, identity, kind, summary, raw, now)


def record_of(
    conn: Connection, organisation_id: int, identity: str, kind: str, summary: str, raw: Raw, now: datetime
) -> None:
    """As `record`, of an organisation and no station."""
    _keep(conn, {"organisation_id": organisation_id}, identity, kind, summary, raw, now)


def _keep(
    conn: Connection, whose: Mapping[str, int], identity: str, kind: str, summary: str, raw: Raw, now: datetime
) -> None:
    identity, summary, told = identity[:LONGEST_IDENTITY], summary[:LONGEST_SUMMARY], shown(raw)
    if rows.again(conn, identity, kind, summary, told, now):
        return
    rows.insert(conn, whose, identity, kind, summary, told, now)
    rows.keep_latest(conn, MOST_OF_ONE_IDENTITY, identity)
    rows.keep_latest(conn, MOST)


def shown(raw: Raw) -> str:
    """What is kept of a message: at most 4,000 characters, no keys and passwords, idTags masked."""
    text = kept_raw(raw) if isinstance(raw, str) else kept(raw, msgspec.json.encode(raw).decode())
    return with_masked_tags(text)[:LONGEST_RAW]
