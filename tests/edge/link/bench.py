"""What the link's tests put around it: time to be advanced, a clock, a small agent, and the real outbox."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import aiosqlite

from edge.core import events as ev
from edge.core.configuration import Configuration, keys
from edge.core.effects import AskAuthorization, Reply, Report
from edge.core.events import Event
from edge.core.facts import Fact, MeterSampled, SessionStarted, SessionStopped
from edge.core.state import Connector, Station
from edge.core.values import Moment, Reading, Status, StatusReport, StopReason
from edge.link.dial import Address
from edge.link.link import Link
from edge.link.ports import Agent
from edge.link.registration import BootInfo
from edge.link.timing import Patience
from edge.store import Entry, Save, Store
from tests.edge.central import PATIENCE_S, Central

E = TypeVar("E", bound=Event)
WALL = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
LEAST = datetime(2026, 11, 20, tzinfo=UTC)
KEY = bytes(range(20))
AVAILABLE = StatusReport(Status.AVAILABLE)
CHARGING = StatusReport(Status.CHARGING)


class HandTimer:
    """Time that stands still until the test advances it."""

    def __init__(self) -> None:
        self._now_s = 1000.0
        self.slept = 0
        self._asleep: list[tuple[float, asyncio.Future[None]]] = []
        self._news = asyncio.Event()

    def now_s(self) -> float:
        return self._now_s

    async def sleep(self, seconds: float) -> None:
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (self._now_s + seconds, sleeper)
        self._asleep.append(entry)
        self.slept += 1
        self._news.set()
        try:
            await sleeper
        finally:
            self._asleep.remove(entry)

    def sleeping_s(self) -> list[float]:
        """How long each sleeper still has to sleep."""
        return sorted(round(until_s - self._now_s, 3) for until_s, _ in self._asleep)

    async def until_asleep(self, seconds: float) -> None:
        """Wait until somebody has exactly so long to sleep."""
        await self.until(lambda: seconds in self.sleeping_s())

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is true of the sleepers."""
        async with asyncio.timeout(PATIENCE_S):
            while not true():
                self._news.clear()
                await self._news.wait()

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now_s += seconds
        for until_s, sleeper in self._asleep:
            if until_s <= self._now_s and not sleeper.done():
                sleeper.set_result(None)

    async def pass_by(self, seconds: float) -> None:
        """Wait until somebody sleeps so long, then let that time pass."""
        await self.until_asleep(seconds)
        self.advance(seconds)


@dataclass
class HandClock:
    """The agent's clock: boot `here`, wall time as the test says."""

    mono_ms: int = 100_000
    wall: datetime | None = WALL
    told: list[datetime] = field(default_factory=list)

    @property
    def known(self) -> bool:
        return self.wall is not None

    def now(self) -> Moment:
        return Moment("here", self.mono_ms, self.wall)

    def heard(self, wall: datetime) -> timedelta | None:
        self.told.append(wall)
        self.wall, before = wall, self.wall
        return None if before is None else wall - before

    def assumed(self) -> Moment:
        self.wall = LEAST
        return self.now()


class WatchedStore(Store):
    """The real store, and an event for the test each time it has changed."""

    def __init__(self, db: aiosqlite.Connection) -> None:
        super().__init__(db)
        self.changed = asyncio.Event()
        self.looked = 0

    async def next_entry(self) -> Entry | None:
        self.looked += 1
        return await super().next_entry()

    async def save(self, saves: Iterable[Save]) -> None:
        await super().save(saves)
        self.changed.set()

    async def settle(self, seq: int) -> None:
        await super().settle(seq)
        self.changed.set()

    async def _change(self, statement: str, *values: object) -> None:
        await super()._change(statement, *values)
        self.changed.set()


@dataclass
class Bench:
    """A link whose agent is the test: events arrive here, and a core that always agrees settles what is answered."""

    store: WatchedStore
    timer: HandTimer = field(default_factory=HandTimer)
    clock: HandClock = field(default_factory=HandClock)
    station: Station = field(
        default_factory=lambda: Station({1: Connector(1), 2: Connector(2)}, Configuration(keys(2)))
    )
    events: list[Event] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    statuses: dict[type[Event], str] = field(default_factory=dict)
    saving: asyncio.Event = field(default_factory=asyncio.Event)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.saving.set()

    def link(self, central: Central, **address: Any) -> Link:
        """A link to this central system."""
        agent = Agent(lambda: self.station, self.take, self.clock, self.lines.append, self.lines.append)
        whole = Address(**({"url": central.url, "identity": "lab 1/é", "key": KEY} | address))
        patience = Patience(first_s=10, longest_s=300, chance=lambda: 1.0)
        self.attached = Link(whole, BootInfo(), agent, self.store, timer=self.timer, patience=patience)
        return self.attached

    @asynccontextmanager
    async def linked(self, central: Central, **address: Any) -> AsyncIterator[Link]:
        """The link at work."""
        link = self.link(central, **address)
        running = asyncio.create_task(link.run())
        try:
            yield link
        finally:
            running.cancel()
            await asyncio.wait({running})
        if not running.cancelled():
            running.result()

    def configure(self, **keys: Any) -> None:
        """Set configuration keys."""
        settings = self.station.configuration
        values = {**settings.values, **{key: str(value) for key, value in keys.items()}}
        self.station = replace(self.station, configuration=replace(settings, values=values))

    def take(self, event: Event) -> None:
        """What the loop would do: note the event, save, then reply."""
        self.events.append(event)
        if isinstance(event, ev.ConfigurationAsked):
            self.configure(**{event.key: event.value})
        task = asyncio.get_running_loop().create_task(self._follow(event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow(self, event: Event) -> None:
        async with self._news:
            self._news.notify_all()
        await self.saving.wait()
        match event:
            case ev.StartAnswered(seq=seq, session_id=session_id, transaction_id=transaction_id):
                await self.store.save([Save({}, settled=(seq,), learned=((session_id, transaction_id),))])
            case ev.StopAnswered(seq=seq):
                await self.store.save([Save({}, settled=(seq,))])
            case ev.Asked(request=request) if request:
                self.attached.perform(Reply(request, self.statuses.get(type(event), "Accepted")))

    async def saw(self, kind: type[E], times: int = 1) -> E:
        """Wait until an event of this kind has come so often, and return the latest."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: len(self.all(kind)) >= times)
        return self.all(kind)[-1]

    def all(self, kind: type[E]) -> list[E]:
        """Every event of this kind so far."""
        return [event for event in self.events if isinstance(event, kind)]

    # --- what the agent does

    async def record(self, *facts: Fact) -> None:
        """Facts happen."""
        await self.store.save([Save({}, facts=facts)])

    def report(self, connector: int, status: Status, mono_ms: int = 0) -> None:
        """A status changes."""
        at = Moment("here", mono_ms or self.clock.mono_ms, self.clock.wall)
        self.attached.perform(Report(connector, StatusReport(status), at))

    def charge(self, connector: int) -> None:
        """A connector stands at Charging."""
        output = replace(self.station.connectors[connector].output, report=StatusReport(Status.CHARGING))
        self.station = self.station.having(replace(self.station.connectors[connector], output=output))

    def authorize(self, id_tag: str) -> None:
        """A tag is to be judged."""
        self.attached.perform(AskAuthorization(id_tag))

    async def settled(self, waiting: int = 0, parked: int = 0) -> None:
        """Wait until so many facts wait, and so many are parked."""
        async with asyncio.timeout(PATIENCE_S):
            while await self.store.waiting() != (waiting, parked):
                self.store.changed.clear()
                await self.store.changed.wait()


def moment(second: int) -> Moment:
    """A moment of today's tenth hour."""
    return Moment("here", second * 1000, WALL + timedelta(seconds=second))


def started(session_id: str, second: int, connector: int = 1) -> SessionStarted:
    """A session begins."""
    return SessionStarted(session_id, connector, "TAG1", 1000 + second, moment(second))


def metered(session_id: str | None, second: int, connector: int = 1) -> MeterSampled:
    """A sample is due."""
    reading = Reading(1000 + second, 11_000, second * 1000, (16_000, 15_950, 0), (230_100, 229_900, 231_000))
    measurands = ("Energy.Active.Import.Register", "Power.Active.Import", "Current.Import", "Voltage")
    return MeterSampled(session_id, connector, reading, moment(second), "Sample.Periodic", measurands)


def stopped(session_id: str, second: int, connector: int = 1) -> SessionStopped:
    """A session ends."""
    return SessionStopped(session_id, connector, 1000 + second, moment(second), StopReason.LOCAL, "TAG1")
