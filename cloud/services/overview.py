"""What the pages and the command line show; each a fixed, small number of queries."""

from sqlalchemy import Connection

from cloud.db.queries import bills as bill_rows
from cloud.db.queries import commands as command_rows
from cloud.db.queries import counts as count_rows
from cloud.db.queries import incidents as incident_rows
from cloud.db.queries import overview as rows
from cloud.domain.bills import Bill, BillingTask
from cloud.domain.commands import Command, TimelineEntry
from cloud.domain.incidents import Incident
from cloud.domain.people import EVERYTHING, Scope
from cloud.domain.sessions import OPEN, SessionState
from cloud.domain.views import Counts, SessionRow, StationRow

_OPEN = sorted(OPEN)
_ENDED = sorted(set(SessionState) - OPEN)


def stations(conn: Connection, scope: Scope = EVERYTHING) -> list[StationRow]:
    """All stations by identity, each with its connectors and the sessions open on them."""
    return rows.stations(conn, rows.connectors(conn, open_sessions(conn, scope)), scope=scope)


def station(conn: Connection, station_id: int, scope: Scope = EVERYTHING) -> StationRow | None:
    """One station as in `stations`."""
    running = rows.sessions(conn, _OPEN, station_id=station_id)
    found = rows.stations(conn, rows.connectors(conn, running, station_id), station_id, scope)
    return found[0] if found else None


def open_sessions(conn: Connection, scope: Scope = EVERYTHING) -> list[SessionRow]:
    """Running and reconciling sessions, the newest first, with energy, power and cost so far."""
    return rows.sessions(conn, _OPEN, scope=scope)


def ended_sessions(
    conn: Connection, *, limit: int = 50, before_id: int | None = None, scope: Scope = EVERYTHING
) -> list[SessionRow]:
    """Finished, suspect and written-off sessions, the newest first; `before_id` pages on."""
    return rows.sessions(conn, _ENDED, limit=limit, before_id=before_id, scope=scope)


def suspect_sessions(conn: Connection, scope: Scope = EVERYTHING) -> list[SessionRow]:
    """Sessions that wait for a review."""
    return rows.sessions(conn, [SessionState.SUSPECT], scope=scope)


def session(conn: Connection, session_id: int, scope: Scope = EVERYTHING) -> SessionRow | None:
    """One session."""
    found = rows.session_rows(conn, session_id, scope)
    return found[0] if found else None


def bill(conn: Connection, number: str, scope: Scope = EVERYTHING) -> Bill | None:
    """One bill by its number."""
    return bill_rows.by_number(conn, number, scope)


def bills(conn: Connection, *, limit: int = 50) -> list[Bill]:
    """Bills, the newest first."""
    return list(bill_rows.latest(conn, limit))


def bills_put_off(conn: Connection) -> list[BillingTask]:
    """Sessions whose bill could not be issued yet."""
    return bill_rows.tasks(conn)


def incidents(
    conn: Connection, *, limit: int = 50, station_id: int | None = None, scope: Scope = EVERYTHING
) -> list[Incident]:
    """Incidents, the latest first."""
    return incident_rows.latest(conn, limit, station_id, scope)


def commands(
    conn: Connection, station_id: int | None = None, *, limit: int = 20
) -> list[tuple[Command, list[TimelineEntry]]]:
    """The latest commands of a station, or of all, each with its timeline."""
    found = command_rows.latest(conn, limit, station_id)
    timelines = command_rows.timelines(conn, [command.id for command in found])
    return [(command, timelines[command.id]) for command in found]


def counts(conn: Connection) -> Counts:
    """How many there are of what."""
    return count_rows.counts(conn)
