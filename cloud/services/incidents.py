"""Bad input and oddities, kept where the operator sees them; bounded whatever a station does."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection


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
    raise NotImplementedError
