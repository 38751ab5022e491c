"""Signed meter values: each kept once, never changed."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from cloud.db.rows import insert_if_new
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
    return of_sessions(conn, [session_id])[session_id]


def of_sessions(conn: Connection, session_ids: Collection[int]) -> dict[int, list[SignedValue]]:
    """As `of_session`, by session."""
    found: dict[int, list[SignedValue]] = {id: [] for id in session_ids}
    theirs = select(signed_value).where(signed_value.c.session_id.in_(session_ids))
    for row in conn.execute(theirs.order_by(signed_value.c["at"], signed_value.c.id)):
        found[row.session_id].append(_signed(row))
    return found


def _signed(row: Row[Any]) -> SignedValue:
    return SignedValue(row.at, row.context, row.value)
