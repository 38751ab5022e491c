"""Reservations: asked for by the operator, granted by the station, ended by a session, the clock or a fault."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import places, tags
from cloud.db.queries import reservations as rows
from cloud.domain.checks import moment
from cloud.domain.commands import Command, CommandKind, Step
from cloud.domain.people import EVERYTHING, Scope
from cloud.domain.reservations import ENDS_IT, OPEN, Reservation, ReservationState
from cloud.services import commands
from cloud.services.errors import NotFound

Answer = Mapping[str, Any]

_MEANS: Mapping[Step, ReservationState] = {
    Step.ACCEPTED: ReservationState.ACTIVE,
    Step.REJECTED: ReservationState.REFUSED,
}


def reserve(
    conn: Connection,
    station_id: int,
    connector: int,
    id_tag: str,
    until: datetime,
    user_id: int | None,
    now: datetime,
) -> tuple[int, Command]:
    """Asks for a connector (0: any) to be kept for a tag and its group; returns the reservation's number too.

    Raises NotFound, Malformed.
    """
    if places.station_by_id(conn, station_id) is None:
        raise NotFound(f"there is no station number {station_id}")
    station = places.lock_station(conn, station_id)
    tag = tags.find(conn, station.organisation_id, id_tag)
    if tag is None:
        raise NotFound(f"there is no tag {id_tag!r}; `bollard cloud add-tag` adds one", "idTag")
    if connector and places.find_connector(conn, station_id, connector) is None:
        raise NotFound(f"the station has no connector {connector}", "connectorId")
    number = rows.next_number(conn, station_id)
    payload = {"connectorId": connector, "expiryDate": until, "idTag": tag.id_tag, "reservationId": number}
    group = {"parentIdTag": tag.parent} if tag.parent else {}
    asked = commands.ask(conn, CommandKind.RESERVE_NOW, station_id, payload | group, user_id, now)
    rows.put(conn, station_id, number, _values(asked.parameters, ReservationState.ASKED))
    return number, asked


def cancel(conn: Connection, station_id: int, number: int, user_id: int | None, now: datetime) -> Command:
    """Asks the station to forget a reservation, also one that is not known here. Raises NotFound."""
    payload = {"reservationId": number}
    return commands.ask(conn, CommandKind.CANCEL_RESERVATION, station_id, payload, user_id, now)


def listed(
    conn: Connection,
    station_id: int | None = None,
    *,
    ended: bool = False,
    limit: int = 50,
    scope: Scope = EVERYTHING,
) -> list[Reservation]:
    """Open reservations, or with `ended` all of them, the newest first."""
    return rows.listed(conn, scope, station_id, set(ReservationState) if ended else OPEN, limit)


def answered(conn: Connection, command: Command, step: Step, answer: Answer, now: datetime) -> None:
    """ReserveNow's answer; without one the reservation stays as asked until it ends.

    A session that used it may have been noted before the answer was.
    """
    if step in _MEANS and commands.by_id(conn, command.id).session_id is None:
        values = _values(command.parameters, _MEANS[step])
        rows.put(conn, command.station_id, command.parameters["reservationId"], values)


def cancelled(conn: Connection, command: Command, step: Step, answer: Answer, now: datetime) -> None:
    """CancelReservation's answer."""
    if step is Step.DONE:
        number = command.parameters["reservationId"]
        rows.move(conn, command.station_id, number, ReservationState.CANCELLED)


def used(conn: Connection, station_id: int, number: int, session_id: int) -> None:
    """A session began with this reservation."""
    rows.move(conn, station_id, number, ReservationState.USED, session_id)


def status_seen(conn: Connection, station_id: int, connector: int, status: str) -> None:
    """A connector that fails or goes out of service loses its reservation."""
    if status in ENDS_IT:
        rows.lose(conn, station_id, connector)


def expire(conn: Connection, now: datetime) -> bool:
    """Ends what is past its time, as the stations do by themselves; whether there was any."""
    return rows.expire(conn, now)


def _values(asked: Answer, state: ReservationState) -> dict[str, Any]:
    return {
        "connector": asked["connectorId"],
        "id_tag": asked["idTag"],
        "parent": asked.get("parentIdTag"),
        "expires_at": moment(asked["expiryDate"]),
        "state": state,
    }
