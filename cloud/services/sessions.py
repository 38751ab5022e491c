"""Sessions: opened, fed and closed by what stations report. Reports are facts: always answered, never refused."""

from datetime import datetime

from sqlalchemy import Connection

from cloud.domain.bills import StopAnswer
from cloud.domain.reports import MeterReport, StartAnswer, StartReport, StopReport
from cloud.domain.sessions import Session


def started(conn: Connection, station_id: int, report: StartReport, now: datetime) -> StartAnswer:
    """Opens a session, whatever the verdict; the same report again gets the same transaction id.

    An open session on the same connector has missed its stop and begins to wait for it.
    """
    raise NotImplementedError


def metered(conn: Connection, station_id: int, report: MeterReport, now: datetime) -> Session | None:
    """Stores samples once and moves the running aggregate; returns the session they belong to, if any.

    Samples for an unknown session or another station's are kept without a session, with an incident.
    """
    raise NotImplementedError


def stopped(conn: Connection, station_id: int, report: StopReport, now: datetime) -> StopAnswer:
    """Closes the session, prices it and issues its bill, all in this unit of work.

    Unknown, -1 or another station's transaction id: kept as an incident. A repeat keeps the first data.
    A session with reasons for doubt becomes suspect and is not billed.
    """
    raise NotImplementedError


def close_overdue(conn: Connection, now: datetime, *, grace_s: int = 3600) -> list[Session]:
    """Closes sessions that have waited `grace_s` for their stop, from their last sample; returns them."""
    raise NotImplementedError
