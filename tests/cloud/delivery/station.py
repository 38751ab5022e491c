"""An honest station: it keeps each fact until it is answered, whatever becomes of its sockets meanwhile."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.cloud.delivery.facts import START, STOP, Fact, Payload
from tests.cloud.ocpp.charger import BOOT, Charger, charger

GONE = (ConnectionClosed, InvalidHandshake, ConnectionError)
RETRY_S = 0.03
WHILE = 40
SHOWN = {START: "Charging", STOP: "Available"}


class Fate(StrEnum):
    """What becomes of a station's next message."""

    WELL = "arrives and is answered"
    UNANSWERED = "arrives, but its answer is lost"
    CUT = "is on its way when the line breaks"
    TWICE = "arrives twice at once"
    LATER = "arrives, and once more long after"
    SECOND = "is on its way when its station connects again, and is told there too"
    OFFLINE = "waits until the station is online again"
    DELAY = "waits while others are heard"
    REBOOT = "waits until the station has booted"
    OVERTAKE = "is overtaken by a later one"


IN_ORDER = sorted(set(Fate) - {Fate.OVERTAKE})


@dataclass
class Line:
    """One socket. Message ids are counted from 1, as simple chargers do after each boot."""

    charger: Charger
    stack: AsyncExitStack
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    async def call(self, action: str, payload: Payload) -> Payload:
        return await self.charger.call(action, payload, message_id=str(next(self.numbers)))

    async def heartbeat(self) -> None:
        await self.call("Heartbeat", {})

    async def cut(self) -> None:
        self.charger.ws.transport.abort()
        await self.stack.aclose()


@dataclass
class Station:
    """`where` tells the server's address; `transactions` are the ids it was given, by the number of the visit."""

    where: Callable[[], Awaitable[str]]
    identity: str
    key: bytes
    outbox: deque[Fact]
    transactions: dict[int, int] = field(default_factory=dict)
    late: deque[Fact] = field(default_factory=deque)
    shown: dict[int, str] = field(default_factory=dict)
    booted: bool = False
    line: Line | None = None

    async def meet(self, fate: Fate) -> None:
        """Try once to tell the next fact."""
        await self.attempt(MEET[fate] if self.outbox else Station.sign_of_life)

    async def finish(self) -> None:
        """Tell everything, then again what was to arrive twice."""
        while self.outbox:
            await self.attempt(Station.well)
        while self.late:
            await self.attempt(Station.again)

    async def come_back(self) -> None:
        """Be online in the end, and heard."""
        while not await self.attempt(Station.sign_of_life):
            continue

    async def attempt(self, doing: Callable[["Station", Line], Awaitable[None]]) -> bool:
        """Whether it could be done; what could not be told stays in the outbox."""
        if (task := asyncio.current_task()) and task.cancelling():
            raise asyncio.CancelledError  # which Python 3.11's wait_for may have swallowed
        try:
            await doing(self, await self.online())
        except GONE:
            await self.hang_up()
            await asyncio.sleep(RETRY_S)
            return False
        return True

    async def online(self) -> Line:
        """The socket, opened if there is none; the station then says who it is, once, and what it shows."""
        if self.line is None:
            stack = AsyncExitStack()
            connected = await stack.enter_async_context(charger(await self.where(), self.identity, self.key))
            self.line = Line(connected, stack)
            if not self.booted:
                await self.reboot(self.line)
            for connector, status in self.shown.items():
                await self.show(self.line, connector, status)
        return self.line

    async def hang_up(self) -> None:
        line, self.line = self.line, None
        if line is not None:
            await line.stack.aclose()

    async def show(self, line: Line, connector: int, status: str) -> None:
        await line.call("StatusNotification", {"connectorId": connector, "status": status, "errorCode": "NoError"})

    async def call(self, line: Line, fact: Fact) -> Payload:
        return await line.call(fact.action, fact.rendered(self.transactions))

    async def told(self, line: Line, fact: Fact, *answers: Payload) -> None:
        """A fact was answered: it is forgotten, and the station shows what it does now."""
        self.learn(fact, *answers)
        self.outbox.remove(fact)
        if fact.connector and fact.action in SHOWN:
            self.shown[fact.connector] = SHOWN[fact.action]
            await self.show(line, fact.connector, SHOWN[fact.action])

    def learn(self, fact: Fact, *answers: Payload) -> None:
        """A start gets the same transaction id, however often it is told."""
        if fact.action == START and fact.visit is not None:
            given = {answer["transactionId"] for answer in answers}
            assert given == {self.transactions.setdefault(fact.visit, min(given))}

    async def sign_of_life(self, line: Line) -> None:
        await line.heartbeat()

    async def well(self, line: Line) -> None:
        await self.told(line, self.outbox[0], await self.call(line, self.outbox[0]))

    async def last_answer(self, line: Line, then: Callable[[], Awaitable[None]]) -> None:
        """What was answered is told for good, whatever happens the moment after."""
        fact = self.outbox[0]
        answer = await self.call(line, fact)
        await then()
        await self.told(line, fact, answer)

    async def again(self, line: Line) -> None:
        self.learn(self.late[0], await self.call(line, self.late[0]))
        self.late.popleft()

    async def unanswered(self, line: Line) -> None:
        await self.call(line, self.outbox[0])
        self.line = None
        await line.cut()

    async def cut(self, line: Line) -> None:
        calling = asyncio.create_task(self.call(line, self.outbox[0]))
        await asyncio.sleep(0)
        self.line = None
        await line.cut()
        await whatever_comes(calling)

    async def twice(self, line: Line) -> None:
        fact = self.outbox[0]
        await self.told(line, fact, *await asyncio.gather(self.call(line, fact), self.call(line, fact)))

    async def later(self, line: Line) -> None:
        self.late.append(self.outbox[0])
        await self.well(line)

    async def second(self, line: Line) -> None:
        """The newest socket wins: the server itself closes the old one."""
        calling = asyncio.create_task(self.call(line, self.outbox[0]))
        self.line = None
        try:
            await self.well(await self.online())
            await line.charger.closed()
        finally:
            await whatever_comes(calling)
            await line.stack.aclose()

    async def offline(self, _line: Line) -> None:
        await self.hang_up()
        await a_while()

    async def delay(self, _line: Line) -> None:
        await a_while()

    async def reboot(self, line: Line) -> None:
        await line.call("BootNotification", BOOT)
        self.booted, line.numbers = True, count(1)

    async def overtake(self, line: Line) -> None:
        """Both are on their way at once, the later one before the other."""
        ready = [fact for fact in self.outbox if fact.ready(self.transactions)]
        both = [*ready[1:2], self.outbox[0]]
        answers = await asyncio.gather(*(self.call(line, fact) for fact in both))
        for fact, answer in zip(both, answers, strict=True):
            await self.told(line, fact, answer)


MEET: dict[Fate, Callable[[Station, Line], Awaitable[None]]] = {
    fate: getattr(Station, fate.name.lower()) for fate in Fate
}


async def whatever_comes(calling: asyncio.Task[Payload]) -> None:
    """An answer that nobody needs, or none."""
    with suppress(*GONE):
        await calling


async def a_while() -> None:
    """Let whoever else is at work go on a little."""
    for _ in range(WHILE):
        await asyncio.sleep(0)
