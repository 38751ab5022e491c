"""The link to the central system: connected again and again, for as long as the agent lives."""

import asyncio
from collections.abc import Awaitable, Callable

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from bollard.wire.errors import CallError, Disconnected, Malformed, Timeout
from bollard.wire.frames import Frame
from bollard.wire.peer import Peer
from edge.core.configuration import number
from edge.core.effects import AskAuthorization, Reply, Report
from edge.core.events import TagAnswered, WentOffline, WentOnline
from edge.core.values import TagInfo
from edge.link import translation
from edge.link.asking import ask
from edge.link.dial import Address, open_socket
from edge.link.errors import Unreachable
from edge.link.inbound import Inbound
from edge.link.outbox import Outbox
from edge.link.ports import Agent, Facts
from edge.link.registration import BootInfo, Registration
from edge.link.statuses import Statuses
from edge.link.timing import Alarm, Patience, RealTimer, Timer, first_of, in_own_task

PONG_S = 20.0

Send = Callable[[str], Awaitable[None]]


class Link:
    """`run` keeps the connection; `perform` takes the effects that concern the central system and never waits."""

    def __init__(
        self,
        address: Address,
        boot: BootInfo,
        agent: Agent,
        facts: Facts,
        *,
        timer: Timer | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._address = address
        self._agent = agent
        self._timer = timer or RealTimer()
        self._patience = patience or Patience()
        self._next_ping = Alarm(self._timer)
        self._questions: asyncio.Queue[str] = asyncio.Queue()
        self._online = False
        self._said = ""
        boot_patience = Patience(self._patience.first_s, self._patience.longest_s, self._patience.chance)
        self._registration = Registration(boot, agent, self._timer, boot_patience)
        self._statuses = Statuses(agent, self._timer)
        self._outbox = Outbox(agent, facts, self._timer)
        self._inbound = Inbound(agent, self._registration, self._statuses, self._reconfigured)

    @property
    def sentence(self) -> str:
        """How things stand between station and central system, for people."""
        return self._said

    def perform(self, effect: AskAuthorization | Reply | Report) -> None:
        """Carry out one effect of the core."""
        match effect:
            case Reply():
                self._inbound.reply(effect)
            case Report():
                self._statuses.report(effect)
            case AskAuthorization(id_tag) if self._online:
                self._questions.put_nowait(id_tag)
            case AskAuthorization(id_tag):
                asyncio.get_running_loop().call_soon(self._answer, id_tag, None)

    async def run(self) -> None:
        """Connect, talk, and begin again; ends only by cancellation or when the outbox cannot be read or written."""
        while True:
            try:
                socket = await open_socket(self._address)
            except Unreachable as error:
                self._say(str(error))
            else:
                await in_own_task(self._converse(socket))
            await self._timer.sleep(self._patience.next_s())

    async def _converse(self, socket: ClientConnection) -> None:
        forgotten = asyncio.Event()

        def heed(direction: str, frame: Frame | Malformed) -> None:
            if direction == "in" and self._registration.is_forgotten(frame):
                forgotten.set()

        peer = Peer(sender(socket), self._inbound.handle, observe=heed)
        self._say("connected to the central system")
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen(socket, peer))
                tasks.create_task(self._watch(socket))
                tasks.create_task(self._talk(peer))
                tasks.create_task(self._register_again(forgotten))
        except* Disconnected:
            self._say("the connection to the central system is lost")
        finally:
            await socket.close()

    async def _listen(self, socket: ClientConnection, peer: Peer) -> None:
        try:
            async for text in socket:
                self._patience.reset()
                await peer.receive(text)
        except ConnectionClosed:
            pass
        await peer.close()
        raise Disconnected

    async def _register_again(self, forgotten: asyncio.Event) -> None:
        await forgotten.wait()
        self._agent.say("the central system no longer knows this station: registering again")
        raise Disconnected

    async def _talk(self, peer: Peer) -> None:
        if await self._registration.boots_until_accepted(peer):
            self._statuses.forget()
        self._online = True
        self._say("accepted by the central system")
        self._agent.take(WentOnline(self._agent.clock.now()))
        try:
            await self._talk_freely(peer)
        finally:
            self._online = False
            self._agent.take(WentOffline(self._agent.clock.now()))
            while not self._questions.empty():
                self._answer(self._questions.get_nowait(), None)

    async def _talk_freely(self, peer: Peer) -> None:
        await self._statuses.catch_up(peer)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._statuses.run(peer))
            tasks.create_task(self._outbox.run(peer))
            tasks.create_task(self._registration.heartbeats(peer))
            tasks.create_task(self._authorize(peer))

    async def _authorize(self, peer: Peer) -> None:
        while True:
            id_tag = await self._questions.get()
            info: TagInfo | None = None
            try:
                answer = await ask(self._agent, peer, "Authorize", {"idTag": id_tag})
                info = translation.tag_info(answer.get("idTagInfo"))
            except (CallError, Timeout) as error:
                self._agent.say(f"Authorize: {error}")
            finally:
                self._answer(id_tag, info)

    def _answer(self, id_tag: str, info: TagInfo | None) -> None:
        self._agent.take(TagAnswered(self._agent.clock.now(), id_tag, info))

    async def _watch(self, socket: ClientConnection) -> None:
        """Ping every WebSocketPingInterval; a peer that sends no pong is gone, whatever the socket says."""
        while True:
            self._ping_later()
            await self._next_ping.wait()
            if self._ping_interval_s():
                await self._ping(socket)

    async def _ping(self, socket: ClientConnection) -> None:
        try:
            pong = await socket.ping()
        except ConnectionClosed:
            return
        if await first_of(pong, self._timer.sleep(PONG_S)):
            self._patience.reset()
        else:
            self._agent.say(f"no sign of life from the central system for {PONG_S:g} s: the connection is given up")
            socket.transport.abort()

    def _ping_interval_s(self) -> int:
        return number(self._agent.station().configuration, "WebSocketPingInterval")

    def _ping_later(self) -> None:
        self._next_ping.set_in(self._ping_interval_s() or 3600)

    def _reconfigured(self) -> None:
        self._ping_later()
        self._registration.interval_changed()

    def _say(self, sentence: str) -> None:
        if sentence != self._said:
            self._said = sentence
            self._agent.say(sentence)


def sender(socket: ClientConnection) -> Send:
    """Sends one text frame; a closed socket is Disconnected."""

    async def send(text: str) -> None:
        try:
            await socket.send(text)
        except ConnectionClosed as closed:
            raise Disconnected from closed

    return send
