"""Faults that connectors and stations report now."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, literal, select, union_all

from cloud.db.queries.scoping import seen
from cloud.db.rows import every
from cloud.db.tables import connector, station
from cloud.domain.people import Scope
from cloud.domain.stations import ConnectorStatus


@dataclass(frozen=True, slots=True)
class FaultRow:
    """A connector (0: the station itself) with a fault, as it was last told."""

    station_id: int
    identity: str
    connector: int
    error_code: str
    info: str | None
    since: datetime | None


def listed(conn: Connection, scope: Scope, limit: int) -> list[FaultRow]:
    """By station and connector."""
    return _found(conn, seen(scope), limit)


def keeping(conn: Connection, station_id: int, place: int) -> list[FaultRow]:
    """What keeps a connector from starting: the station's own fault and the connector's."""
    return [each for each in _found(conn, station.c.id == station_id) if each.connector in (0, place)]


def _found(conn: Connection, where: ColumnElement[bool], limit: int | None = None) -> list[FaultRow]:
    own, plug = station.c, connector.c
    named = (own.id.label("station_id"), own.identity)
    whole = select(*named, literal(0).label("connector"), own.error_code, own.info, own.status_at.label("since"))
    each = select(*named, plug.number, plug.error_code, plug.info, plug.status_at)
    joined = each.join_from(station, connector, plug.station_id == own.id).where(plug.number > 0)
    query = union_all(
        whole.where(own.status == ConnectorStatus.FAULTED, where),
        joined.where(plug.status == ConnectorStatus.FAULTED, where),
    )
    return every(conn, query.order_by("identity", "connector").limit(limit), lambda row: FaultRow(**row._mapping))
