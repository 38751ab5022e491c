"""Signed meter values: each kept once, never changed."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from cloud.db.rows import every, insert_if_new
from cloud.db.tables import signed_value
from cloud.domain.reports import Sample
from cloud.domain.signed import SignedValue


def insert(
    conn: Connection,
    station_id: int,
    connector: int,
    session_id: int | None,
    samples: Iterable[Sample],
    received_at: datetime,
) -> None:
    """Keeps what of these samples is signed and not kept yet."""
    place = {"station_id": station_id, "connector": connector, "session_id": session_id}
    for sample in samples:
        for value in sample.signed:
            told = {**place, "at": sample.at, "context": sample.context, "value": dict(value)}
            digest = hashlib.sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()
            conn.execute(insert_if_new(conn, signed_value).values(**told, digest=digest, received_at=received_at))


def of_session(conn: Connection, session_id: int) -> list[SignedValue]:
    """In order of time."""
    mine = select(signed_value).where(signed_value.c.session_id == session_id)
    return every(conn, mine.order_by(signed_value.c["at"], signed_value.c.id), _signed)


def _signed(row: Row[Any]) -> SignedValue:
    return SignedValue(row.at, row.context, row.value)
