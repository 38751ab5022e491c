"""The stations' door: authenticated before upgraded, then one connection until it ends."""

import secrets
import time
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Literal

from sqlalchemy import Connection as DbConnection
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket

from bollard.wire.errors import Disconnected, Malformed, NoAnswer
from bollard.wire.frames import Frame
from bollard.wire.peer import Observer, Peer
from cloud.domain.effects import SIGN_IN, Report
from cloud.domain.incidents import IncidentKind
from cloud.domain.stations import Station
from cloud.ocpp import inbound
from cloud.ocpp.admission import PREFIX, SUBPROTOCOL, Door, Refused
from cloud.ocpp.budget import Budget
from cloud.ocpp.caller import Caller
from cloud.ocpp.central import Central
from cloud.ocpp.connections import FLOODING, RESTARTING, TRY_LATER, Connection
from cloud.ocpp.log import say
from cloud.ocpp.socket import Socket
from cloud.services import stations
from cloud.services.bell import Topic

BAD_FRAMES, BAD_FRAMES_PER_S = 50, 60
_BROKEN = {
    1002: "the connection ended: a frame against the rules of WebSocket",
    1007: "the connection ended: a message that is not UTF-8",
    1009: "the connection ended: a message longer than 128 KiB",
}


def routes(central: Central) -> list[BaseRoute]:
    """The WebSocket endpoint /ocpp/{identity}, identity percent-encoded."""
    door = Door(central)

    async def knock(ws: WebSocket) -> None:
        try:
            station = await door.admit(ws)
        except Refused as refused:
            await ws.send_denial_response(refused.response())
            return
        await ws.accept(subprotocol=SUBPROTOCOL)
        await converse(central, station, Socket(ws))

    return [WebSocketRoute(PREFIX + "{identity:path}", knock)]


async def converse(central: Central, station: Station, socket: Socket) -> None:
    """Everything between an accepted handshake and the end of its connection."""
    epoch, told = secrets.token_hex(8), station.registration
    connection = Connection(station.id, epoch, socket.close, told, access=station.access)
    connection.tape = central.tape(station)
    caller = Caller(central, station, connection)
    observe = partial(_observe, caller, Budget(BAD_FRAMES, BAD_FRAMES_PER_S))
    answer = partial(inbound.answer, caller)
    connection.peer = Peer(socket.send, answer, observe=observe, numbered=inbound.NUMBERED)
    central.connections.enter(connection)
    try:
        await _listen(caller, socket, observe)
    finally:
        await _end(caller, by_us=socket.ended_with == RESTARTING)


async def _listen(caller: Caller, socket: Socket, observe: Observer) -> None:
    connection = caller.connection
    connection.tape.opened(socket.remote)
    try:
        await _arrive(caller)
        say(caller.identity, "online", f"from {socket.remote}")
        async for frame in socket.frames():
            if connection.leaving:
                return
            connection.heard = frame if isinstance(frame, str) else frame.decode(errors="backslashreplace")
            if isinstance(frame, str):
                await connection.peer.receive(frame)
            else:
                observe("in", Malformed("a binary frame; OCPP-J speaks text"))
        await _after_the_last(caller, socket)
    except NoAnswer:
        await socket.close(TRY_LATER, "the database cannot commit")
    except Disconnected:
        return


async def _arrive(caller: Caller) -> None:
    """Shows the station as online, unless a newer socket took this one's place while that waited: it would stay
    in the books, and its end would show the station as offline. Raises NoAnswer and Disconnected.
    """
    connection, by_next_key = caller.connection, caller.station.by_next_key

    def arrived(conn: DbConnection, station_id: int, now: datetime) -> None:
        if connection.leaving:
            raise Disconnected
        stations.came_online(conn, station_id, connection.epoch, now, by_next_key=by_next_key)

    topics = (Topic.STATIONS, Topic.COMMANDS)
    if by_next_key:
        await caller.report(Report(SIGN_IN), arrived, topics=topics)
    else:
        await caller.write(arrived, topics=topics)


async def _after_the_last(caller: Caller, socket: Socket) -> None:
    """The server ends: what has come in is still answered. A connection that broke the rules is shown."""
    if socket.ended_with == RESTARTING:
        await caller.connection.peer.answered()
        await socket.close(RESTARTING, "the central system restarts; come back")
    elif socket.ended_with in _BROKEN:
        caller.incident(IncidentKind.BAD_MESSAGE, _BROKEN[socket.ended_with], "")


async def _end(caller: Caller, *, by_us: bool) -> None:
    current = caller.central.connections.leave(caller.connection)
    await caller.connection.peer.close()
    caller.connection.tape.closed()
    with suppress(NoAnswer):
        await caller.write(stations.went_offline, caller.connection.epoch, topics=(Topic.STATIONS,), by_us=by_us)
    if current:
        say(caller.identity, "offline")


def _observe(caller: Caller, budget: Budget, direction: Literal["in", "out"], frame: Frame | Malformed) -> None:
    """Record it; note what is no frame at all; a station that sends nothing else is sent away."""
    caller.connection.tape.frame(direction, frame, caller.connection.heard)
    if not isinstance(frame, Malformed) or direction == "out":
        return
    caller.incident(IncidentKind.BAD_MESSAGE, frame.reason, caller.connection.heard)
    if not budget.spend(time.monotonic()) and not caller.connection.leaving:
        say(caller.identity, "sends nothing but unreadable messages; its connection is closed")
        caller.central.connections.hang_up(caller.connection, FLOODING, "too many unreadable messages")
