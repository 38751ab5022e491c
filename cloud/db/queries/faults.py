"""Faults that connectors and stations report now."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, literal, select, union_all

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
    own, plug = station.c, connector.c
    where = (own.id.label("station_id"), own.identity)
    whole = select(*where, literal(0).label("connector"), own.error_code, own.info, own.status_at.label("since"))
    each = select(*where, plug.number, plug.error_code, plug.info, plug.status_at)
    joined = each.join_from(station, connector, plug.station_id == own.id).where(plug.number > 0)
    query = union_all(
        whole.where(own.status == ConnectorStatus.FAULTED, seen(scope)),
        joined.where(plug.status == ConnectorStatus.FAULTED, seen(scope)),
    )
    return every(conn, query.order_by("identity", "connector").limit(limit), lambda row: FaultRow(**row._mapping))
