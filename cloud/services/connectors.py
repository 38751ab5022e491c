"""What connectors show: kept, and told to the session that it concerns."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from cloud.db.queries import places, states
from cloud.db.queries import sessions as rows
from cloud.domain.clocks import dated
from cloud.domain.stations import StatusReport
from cloud.services import closing, stations

KEPT = timedelta(days=30)
SHORTENED_AT_ONCE = 1000


def told(conn: Connection, station_id: int, report: StatusReport, now: datetime) -> None:
    """A StatusNotification: a session's price may depend on when the car asked for no energy, and when it left.

    Raises NotFound for a connector that cannot be.
    """
    places.lock_station(conn, station_id)
    stations.status_changed(conn, station_id, report, now)
    if report.connector == 0:
        return
    at, _doubts = dated("status", report.at, now)
    states.insert(conn, station_id, report.connector, report.status, at, now)
    session = rows.begun_on(conn, station_id, report.connector, at)
    if session is not None and session.open:
        rows.save(conn, closing.priced(conn, session))
    elif session is not None:
        closing.reconsidered(conn, session, "a status that came late", now)


def shorten(conn: Connection, now: datetime) -> bool:
    """Drops a batch of old states that belong to no session; whether there may be more to drop."""
    return states.shorten(conn, now - KEPT, SHORTENED_AT_ONCE) == SHORTENED_AT_ONCE
