"""How many there are of what: one small query each."""

from sqlalchemy import Column, Connection, func, select

from cloud.db.rows import number
from cloud.db.tables import billing_task, command, incident, orphan_stop, session, station
from cloud.domain.views import Counts


def counts(conn: Connection) -> Counts:
    """Everything that is measured by counting rows."""
    told = select(incident.c.kind, func.sum(incident.c["count"])).group_by(incident.c.kind)
    return Counts(
        stations=number(conn, select(func.count()).select_from(station)),
        parked=number(conn, select(func.count()).where(orphan_stop.c.session_id.is_(None))),
        put_off=number(conn, select(func.count()).select_from(billing_task)),
        sessions=_by(conn, session.c.state),
        commands=_by(conn, command.c.state),
        incidents={kind: int(count) for kind, count in conn.execute(told)},
    )


def _by(conn: Connection, column: Column[str]) -> dict[str, int]:
    rows = conn.execute(select(column, func.count()).group_by(column))
    return {str(value): int(count) for value, count in rows}
