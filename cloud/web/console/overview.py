"""What goes on now, and what needs attention."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import screens
from cloud.services import overview, stations
from cloud.services.bell import Topic
from cloud.web.pages import Look, Page
from cloud.web.sparkline import sparkline

SPARKLINE_SPAN = timedelta(hours=2)
INCIDENTS_SPAN = timedelta(days=1)
MOST_INCIDENTS = 50
_EVERYTHING = frozenset(Topic)


def home(conn: Connection, look: Look) -> dict[str, Any]:
    rows = overview.stations(conn, look.scope)
    running = [connector.session for row in rows for connector in row.connectors if connector.session]
    shown = {session.id for session in running}
    points = screens.power(conn, shown, look.now - SPARKLINE_SPAN)
    return {
        "stations": rows,
        "running": running,
        "waiting": [session for session in overview.open_sessions(conn, look.scope) if session.id not in shown],
        "sparklines": {id: sparkline(of_session) for id, of_session in points.items()},
        "connected": screens.connected(conn),
        "attention": screens.attention(conn, look.now - INCIDENTS_SPAN, look.scope),
    }


def attention(conn: Connection, look: Look) -> dict[str, Any]:
    return {
        "pending": stations.pending(conn) if look.scope.site_ids is None else [],
        "suspect": overview.suspect_sessions(conn, look.scope),
        "put_off": overview.bills_put_off(conn) if look.scope.site_ids is None else [],
        "incidents": overview.incidents(conn, limit=MOST_INCIDENTS, scope=look.scope),
    }


PAGES = (
    Page("/", "home", home, _EVERYTHING),
    Page("/attention", "attention", attention, _EVERYTHING),
)
