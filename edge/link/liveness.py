"""Whether the other end is still there: pings (WebSocketPingInterval, OCPP-J 1.6 section 5.5) and silence tell."""

import asyncio
from collections.abc import Callable

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from bollard.wire.peer import Peer
from edge.core.configuration import number
from edge.link.ports import Agent
from edge.link.timing import Alarm, Timer, first_of

PONG_S = 20.0
LOOK_AGAIN_S = 3600


class Liveness:
    """Pings; `alive` is called at each pong. A peer that sends none is gone, whatever the socket says."""

    def __init__(self, agent: Agent, timer: Timer, alive: Callable[[], None]) -> None:
        self._agent = agent
        self._timer = timer
        self._alive = alive
        self._next_ping = Alarm(timer)

    async def watch(self, socket: ClientConnection, peer: Peer) -> None:
        """Ping for as long as the connection lasts, and break it when it is dead."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._ping_regularly(socket))
            tasks.create_task(self._ping_when_silent(socket, peer))

    async def _ping_regularly(self, socket: ClientConnection) -> None:
        while True:
            self.interval_changed()
            await self._next_ping.wait()
            if self._interval_s():
                await self._ping(socket)

    async def _ping_when_silent(self, socket: ClientConnection, peer: Peer) -> None:
        """A call went unanswered and nothing else came in either: whatever WebSocketPingInterval says, see at once."""
        while True:
            await peer.silence.wait()
            peer.silence.clear()
            if await self._ping(socket):
                peer.heard.set()

    def interval_changed(self) -> None:
        """Wait for the next ping anew; 0 means none."""
        self._next_ping.set_in(self._interval_s() or LOOK_AGAIN_S)

    def _interval_s(self) -> int:
        return number(self._agent.station().configuration, "WebSocketPingInterval")

    async def _ping(self, socket: ClientConnection) -> bool:
        try:
            pong = await socket.ping()
        except ConnectionClosed:
            return False
        answered = await first_of(pong, self._timer.sleep(PONG_S))
        if answered:
            self._alive()
        else:
            self._agent.say(f"no sign of life from the central system for {PONG_S:g} s: the connection is given up")
            socket.transport.abort()
        return answered
