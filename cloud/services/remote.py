"""Remote starts, which are refused here where the station's StartTransaction would be."""

from datetime import datetime

from sqlalchemy import Connection

from cloud.db.queries import places, sessions
from cloud.domain.commands import Command, CommandKind
from cloud.domain.tags import masked
from cloud.domain.wallets import for_everyone
from cloud.services import commands, verdicts
from cloud.services.errors import NotFound, NotNow


def ask_start(
    conn: Connection, station_id: int, connector: int, id_tag: str, user_id: int | None, now: datetime
) -> Command:
    """Asks for a remote start. Raises NotFound, or NotNow when a session runs there or the tag may not charge there."""
    if places.find_connector(conn, station_id, connector) is None:
        raise NotFound(f"the station has no connector {connector}")
    if sessions.running_on(conn, station_id, connector):
        raise NotNow(f"a session is running on connector {connector} already", "connectorId")
    check(conn, station_id, connector, id_tag, now)
    parameters = {"connectorId": connector, "idTag": id_tag}
    return commands.ask(conn, CommandKind.REMOTE_START, station_id, parameters, user_id, now)


def check(conn: Connection, station_id: int, connector: int | None, id_tag: str, now: datetime) -> None:
    """Raises NotNow when the tag may not charge at the connector, or without a number at any of the station."""
    said = verdicts.authorize(conn, station_id, id_tag, now, connector)
    if not said.accepted:
        raise NotNow(f"{masked(id_tag)} may not charge there: {for_everyone(said.why)}", "idTag")
