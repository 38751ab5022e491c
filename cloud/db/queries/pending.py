"""Unknown identities that knocked."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from cloud.db.rows import every, number
from cloud.db.tables import pending_station
from cloud.domain.stations import Pending


def knock(conn: Connection, identity: str, remote: str, now: datetime) -> bool:
    """Counts another knock of a listed identity; False if it is not listed."""
    known = pending_station.update().where(pending_station.c.identity == identity)
    values = {"remote": remote, "last_at": now, "count": pending_station.c["count"] + 1}
    return conn.execute(known.values(**values)).rowcount > 0


def insert(conn: Connection, identity: str, remote: str, now: datetime) -> None:
    conn.execute(pending_station.insert().values(identity=identity, remote=remote, first_at=now, last_at=now, count=1))


def count(conn: Connection) -> int:
    return number(conn, select(func.count()).select_from(pending_station))


def drop_oldest(conn: Connection) -> None:
    oldest = select(pending_station.c.id).order_by(pending_station.c.last_at).limit(1).scalar_subquery()
    conn.execute(pending_station.delete().where(pending_station.c.id == oldest))


def forget(conn: Connection, identity: str) -> None:
    conn.execute(pending_station.delete().where(pending_station.c.identity == identity))


def listed(conn: Connection) -> list[Pending]:
    return every(conn, select(pending_station).order_by(pending_station.c.last_at.desc()), _pending)


def _pending(row: Row[Any]) -> Pending:
    return Pending(row.identity, row.remote, row.first_at, row.last_at, row._mapping["count"])
