"""Charging profiles that stations hold."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from cloud.db.rows import every, number
from cloud.db.tables import charging_profile, session
from cloud.domain.profiles import FOR_SESSION, Installed
from cloud.domain.sessions import OPEN

_c = charging_profile.c


def installed(conn: Connection, station_id: int) -> list[Installed]:
    """What the station holds; a session's profile only as long as its session."""
    own = (session.c.station_id == _c.station_id) & (session.c.transaction_id == _c.transaction_id)
    lives = (_c.purpose != FOR_SESSION) | session.c.state.in_(OPEN)
    query = select(charging_profile).outerjoin(session, own)
    query = query.where(_c.station_id == station_id, _c.ended_at.is_(None), lives).order_by(_c.connector, _c.id)
    return every(conn, query, lambda row: Installed(row.id, row.connector, row.profile, row.installed_at))


def insert(conn: Connection, station_id: int, connector: int, profile: Mapping[str, Any], now: datetime) -> None:
    transaction_id = profile.get("transactionId")
    values = {
        "station_id": station_id,
        "connector": connector,
        "profile_id": profile["chargingProfileId"],
        "purpose": profile["chargingProfilePurpose"],
        "transaction_id": None if transaction_id is None else str(transaction_id),
        "profile": dict(profile),
        "installed_at": now,
    }
    conn.execute(charging_profile.insert().values(**values))


def end(conn: Connection, id: int, why: str, now: datetime) -> None:
    conn.execute(charging_profile.update().where(_c.id == id).values(ended_at=now, ended_why=why))


def next_id(conn: Connection, station_id: int) -> int:
    """A chargingProfileId that the station does not know."""
    return 1 + number(conn, select(func.coalesce(func.max(_c.profile_id), 0)).where(_c.station_id == station_id))
