"""The link to the central system: connected again and again, for as long as the agent lives."""

import asyncio
from collections.abc import Awaitable, Callable

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from bollard.wire.errors import Disconnected, Malformed
from bollard.wire.frames import Frame
from bollard.wire.peer import Peer
from edge.core.effects import AskAuthorization, Reply, Report
from edge.core.events import WentOffline, WentOnline
from edge.core.values import Moment
from edge.link.dial import Address, open_socket
from edge.link.errors import Unreachable
from edge.link.inbound import Inbound
from edge.link.liveness import Liveness
from edge.link.outbox import Outbox
from edge.link.ports import Agent, Facts
from edge.link.questions import Questions
from edge.link.registration import BootInfo, Registration
from edge.link.statuses import Statuses
from edge.link.timing import Patience, RealTimer, Timer, in_own_task

Send = Callable[[str], Awaitable[None]]
CONNECTED = "connected to the central system"


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
        self._said = ""
        self._heard: Moment | None = None
        self._liveness = Liveness(agent, self._timer, self._alive)
        self._questions = Questions(agent)
        boot_patience = Patience(self._patience.first_s, self._patience.longest_s, self._patience.chance)
        self._registration = Registration(boot, agent, self._timer, boot_patience)
        self._statuses = Statuses(agent, self._timer)
        self._outbox = Outbox(agent, facts, self._timer)
        self._inbound = Inbound(agent, self._registration, self._statuses, self._reconfigured)

    @property
    def sentence(self) -> str:
        """How things stand between station and central system, for people."""
        return (self._said == CONNECTED and self._registration.said) or self._said

    @property
    def heard(self) -> Moment | None:
        """When the central system last gave a sign of life."""
        return self._heard

    def perform(self, effect: AskAuthorization | Reply | Report) -> None:
        """Carry out one effect of the core."""
        match effect:
            case Reply():
                self._inbound.reply(effect)
            case Report():
                self._statuses.report(effect)
            case AskAuthorization(id_tag):
                self._questions.ask(id_tag)

    async def run(self) -> None:
        """Connect, talk, and begin again; ends only by cancellation or when the outbox cannot be read or written."""
        while True:
            asked_s = 0.0
            try:
                socket = await open_socket(self._address)
            except Unreachable as error:
                self._say(str(error))
                asked_s = error.retry_after_s
            else:
                await in_own_task(self._converse(socket))
            await self._timer.sleep(max(asked_s, self._patience.next_s()))

    async def _converse(self, socket: ClientConnection) -> None:
        forgotten = asyncio.Event()

        def heed(direction: str, frame: Frame | Malformed) -> None:
            if direction == "in" and self._registration.is_forgotten(frame):
                forgotten.set()

        peer = Peer(sender(socket), self._inbound.handle, observe=heed)
        self._say(CONNECTED)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen(socket, peer))
                tasks.create_task(self._liveness.watch(socket, peer))
                tasks.create_task(self._registration.heartbeats(peer))
                tasks.create_task(self._statuses.run(peer))
                tasks.create_task(self._talk(peer))
                tasks.create_task(self._register_again(forgotten))
        except* Disconnected:
            self._say("the connection to the central system is lost")
        finally:
            await peer.close()
            await socket.close()

    async def _listen(self, socket: ClientConnection, peer: Peer) -> None:
        try:
            async for text in socket:
                self._alive()
                await peer.receive(text)
        except ConnectionClosed:
            pass
        raise Disconnected

    async def _register_again(self, forgotten: asyncio.Event) -> None:
        await forgotten.wait()
        self._agent.say("the central system no longer knows this station: registering again")
        raise Disconnected

    async def _talk(self, peer: Peer) -> None:
        if await self._registration.boots_until_accepted(peer):
            self._statuses.forget()
            self._alive()
        self._questions.open()
        self._said = "connected, and accepted by the central system"
        self._agent.take(WentOnline(self._agent.clock.now()))
        try:
            await self._talk_freely(peer)
        finally:
            self._agent.take(WentOffline(self._agent.clock.now()))
            self._questions.close()

    async def _talk_freely(self, peer: Peer) -> None:
        await self._statuses.catch_up(peer)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._outbox.run(peer))
            tasks.create_task(self._questions.run(peer))

    def _alive(self) -> None:
        """A connection that serves: the next failure is met with fresh patience."""
        self._heard = self._agent.clock.now()
        if self._registration.accepted:
            self._patience.reset()

    def _reconfigured(self) -> None:
        self._liveness.interval_changed()
        self._registration.interval_changed()
        self._statuses.interval_changed()
        self._outbox.interval_changed()

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
