"""What the pages and the command line show; each a fixed, small number of queries."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection

from cloud.db.queries import bills as bill_rows
from cloud.db.queries import commands as command_rows
from cloud.db.queries import counts as count_rows
from cloud.db.queries import incidents as incident_rows
from cloud.db.queries import overview as rows
from cloud.db.queries import station_lists
from cloud.domain.bills import Bill, BillingTask
from cloud.domain.commands import Command, TimelineEntry
from cloud.domain.incidents import Incident
from cloud.domain.people import EVERYTHING, Scope
from cloud.domain.sessions import OPEN, SessionState
from cloud.domain.views import ConnectorRow, Counts, SessionRow, StationRow, StationSearch

_OPEN = sorted(OPEN)
_ENDED = sorted(set(SessionState) - OPEN)


def stations(conn: Connection, scope: Scope = EVERYTHING) -> list[StationRow]:
    """All stations by identity, each with its connectors and the sessions open on them."""
    open_ = open_sessions(conn, scope)
    return _joined(rows.stations(conn, scope=scope), rows.connectors(conn, open_))


def some_stations(
    conn: Connection, wanted: StationSearch, limit: int, scope: Scope = EVERYTHING
) -> tuple[list[StationRow], list[SessionRow]]:
    """A page of stations as in `stations`, and their open sessions."""
    found = station_lists.stations(conn, scope, wanted, limit)
    ids = [row.id for row in found]
    open_ = rows.sessions(conn, _OPEN, station_ids=ids)
    return _joined(found, rows.connectors(conn, open_, ids)), open_


def station(conn: Connection, station_id: int, scope: Scope = EVERYTHING) -> StationRow | None:
    """One station as in `stations`."""
    found = rows.stations(conn, station_id, scope)
    return whole(conn, found[0]) if found else None


def whole(conn: Connection, row: StationRow) -> StationRow:
    """A station with its connectors and the sessions open on them."""
    open_ = rows.sessions(conn, _OPEN, station_ids=[row.id])
    return _joined([row], rows.connectors(conn, open_, [row.id]))[0]


def _joined(found: list[StationRow], connectors: Mapping[int, tuple[ConnectorRow, ...]]) -> list[StationRow]:
    return [replace(row, connectors=connectors.get(row.id, ())) for row in found]


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


def bills(conn: Connection, *, limit: int = 50, scope: Scope = EVERYTHING) -> list[Bill]:
    """Bills, the newest first."""
    return list(bill_rows.latest(conn, limit, scope))


def bills_put_off(conn: Connection, scope: Scope = EVERYTHING) -> list[BillingTask]:
    """Sessions whose bill could not be issued yet."""
    return bill_rows.tasks(conn, scope)


def incidents(
    conn: Connection, *, limit: int = 50, station_id: int | None = None, scope: Scope = EVERYTHING
) -> list[Incident]:
    """Incidents, the latest first."""
    return incident_rows.latest(conn, limit, station_id, scope)


def commands(
    conn: Connection, station_id: int | None = None, *, limit: int = 20, scope: Scope = EVERYTHING
) -> list[tuple[Command, list[TimelineEntry]]]:
    """The latest commands of a station, or of all, each with its timeline."""
    found = command_rows.latest(conn, limit, station_id, scope=scope)
    timelines = command_rows.timelines(conn, [command.id for command in found])
    return [(command, timelines[command.id]) for command in found]


def counts(conn: Connection) -> Counts:
    """How many there are of what."""
    return count_rows.counts(conn)
