"""What the pages and the command line show; each a fixed, small number of queries."""

from sqlalchemy import Connection

from cloud.domain.bills import Bill
from cloud.domain.commands import Command, TimelineEntry
from cloud.domain.incidents import Incident
from cloud.domain.views import SessionRow, StationRow


def stations(conn: Connection) -> list[StationRow]:
    """All stations by identity, each with its connectors and the sessions open on them."""
    raise NotImplementedError


def station(conn: Connection, station_id: int) -> StationRow | None:
    """One station as in `stations`."""
    raise NotImplementedError


def open_sessions(conn: Connection) -> list[SessionRow]:
    """Running and reconciling sessions, the newest first, with energy, power and cost so far."""
    raise NotImplementedError


def ended_sessions(conn: Connection, *, limit: int = 50, before_id: int | None = None) -> list[SessionRow]:
    """Finished, suspect and written-off sessions, the newest first; `before_id` pages on."""
    raise NotImplementedError


def session(conn: Connection, session_id: int) -> SessionRow | None:
    """One session."""
    raise NotImplementedError


def bill(conn: Connection, number: str) -> Bill | None:
    """One bill by its number."""
    raise NotImplementedError


def bills(conn: Connection, *, limit: int = 50) -> list[Bill]:
    """Bills, the newest first."""
    raise NotImplementedError


def incidents(conn: Connection, *, limit: int = 50, station_id: int | None = None) -> list[Incident]:
    """Incidents, the latest first."""
    raise NotImplementedError


def commands(conn: Connection, station_id: int, *, limit: int = 20) -> list[tuple[Command, list[TimelineEntry]]]:
    """The latest commands of a station, each with its timeline."""
    raise NotImplementedError
