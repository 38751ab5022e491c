"""The station under test: the real agent with a world and a guardian, to be restarted and cut from its power."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from edge import settings
from edge.app import Agent, Restarted, opened
from edge.clock import SystemClock
from edge.core.values import Moment
from hardware.catalogue import make_contactor, make_input
from hardware.guardian import Guardian
from hardware.guardian_client import GuardianHere
from hardware.outlet import Car, Outlet
from hardware.ports import Part
from hardware.simulation.client import here
from hardware.world import World
from tests.edge.central import PATIENCE_S
from tests.edge.conformance.judges import complaints
from tests.edge.conformance.script import TAG, authorize, boot, start, status, statuses
from tests.edge.conformance.strict import StrictCentral
from tests.edge.workshop import now_ms, spot

LOCKABLE, FIXED = 1, 2
OUTLETS = {LOCKABLE: "conformance/1", FIXED: "conformance/2"}
PARTS = {
    LOCKABLE: ("meter", "contactor", "vehicle", "limit", "indicator", "lock"),
    FIXED: ("meter", "contactor", "vehicle", "limit", "indicator"),
}
INPUTS = ("emergency_stop", "mains")
KEY = b"sixteen bytes ok"
SETTINGS = """
identity = "conformance"
data_dir = "data"
[csms]
url = "{url}"
key = "{key}"
retry_s = 0.5
[guardian]
socket = "guardian.sock"
[configuration]
MeterValueSampleInterval = 1
TransactionMessageAttempts = 1
"""


class BootClock:
    """The clock of one boot of the machine: it begins near zero and knows no date until it is told one."""

    def __init__(self, boot: int) -> None:
        self._boot_id = f"boot-{boot}"
        self._zero_ms = now_ms() - 10_000
        self._clock = SystemClock()

    def now(self) -> Moment:
        """This moment."""
        moment = self._clock.now()
        return replace(moment, boot_id=self._boot_id, mono_ms=moment.mono_ms - self._zero_ms)

    @property
    def known(self) -> bool:
        """Whether somebody has told the date."""
        return self._clock.known

    def heard(self, wall: datetime) -> None:
        """The central system's time."""
        self._clock.heard(wall)


@dataclass
class Stand:
    """A station with a lockable and a fixed cable, each with a reader of its own, and a strict central system."""

    path: Path
    central: StrictCentral
    world: World
    said: list[str] = field(default_factory=list)
    agent: Agent | None = None
    boots: int = 0
    _clock: BootClock | None = None
    _working: asyncio.Task[None] | None = None
    _around: AsyncExitStack = field(default_factory=AsyncExitStack)

    # --- the station's power

    async def switch_on(self) -> None:
        """The machine boots and starts the agent."""
        self.boots += 1
        self._clock = BootClock(self.boots)
        await self.run()

    async def run(self) -> None:
        """The agent begins, or begins again without a boot of the machine."""
        guardian = GuardianHere(Guardian(_contactors(self.world_name), _inputs(self.world_name), 2000), now_ms)
        opening = opened(self.path, settings.load(self.path), self.said.append, guardian, self._clock)
        self.agent = await self._around.enter_async_context(opening)
        self._working = asyncio.create_task(self.agent.run())
        polling = asyncio.create_task(_poll(guardian))
        self._around.callback(polling.cancel)

    async def restarted(self) -> None:
        """After a reset: the agent ends by itself, and is started again."""
        assert self._working is not None
        await asyncio.wait_for(asyncio.wait({self._working}), PATIENCE_S)
        ended = self._working.exception()
        assert isinstance(ended, BaseExceptionGroup) and ended.subgroup(Restarted), ended
        await self._around.aclose()
        await self.run()

    async def cut_power(self) -> None:
        """Everything stops where it is; the contactors fall open."""
        assert self._working is not None
        self._working.cancel()
        await asyncio.wait({self._working})
        await self._around.aclose()

    # --- the world

    @property
    def world_name(self) -> str:
        """How the simulated parts find the world."""
        return f"here:{self.path.parent.name}"

    def outlet(self, number: int = LOCKABLE) -> Outlet:
        """What really is at a connector."""
        return self.world.outlets[OUTLETS[number]]

    def arrives(self, number: int = LOCKABLE) -> None:
        """A car is plugged in."""
        self.world.plug(OUTLETS[number], Car())

    def taps(self, tag: str = TAG, number: int = LOCKABLE) -> None:
        """A card is held to the connector's reader."""
        self.world.tap(OUTLETS[number], tag)

    async def leaves(self, number: int = LOCKABLE) -> None:
        """The cable is pulled as soon as it is let go."""
        await self.until(lambda: not self.outlet(number).locked)
        self.world.unplug(OUTLETS[number])

    def pulled_at_the_car(self, number: int = LOCKABLE) -> None:
        """The cable is pulled out of the car."""
        self.world.unplug(OUTLETS[number], at_car=True)

    def sees_a_car(self, number: int = LOCKABLE) -> bool:
        """Whether the agent has noticed the car."""
        return self.agent is not None and self.agent.loop.station.connectors[number].plugged

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until the world or the agent has come so far."""
        async with asyncio.timeout(PATIENCE_S):
            while not true():
                await asyncio.sleep(0.02)

    # --- the line to the central system

    async def goes_offline(self) -> None:
        """The central system is out of reach, and the station has noticed."""
        self.central.refuse_with = 503
        await self.central.hang_up()
        await self.until(lambda: self.agent is not None and not self.agent.loop.station.online)

    def may_come_back(self) -> None:
        """The central system is within reach again."""
        self.central.refuse_with = None

    async def is_online(self) -> None:
        """The station knows that it can be heard again; until then it decides about cards by itself."""
        await self.until(lambda: self.agent is not None and self.agent.loop.station.online)

    # --- states that cases begin with

    async def booted(self, *, first: str = "Available", second: str = "Available", whole: str = "Available") -> None:
        """It has booted, is accepted, and has told how it stands."""
        await self.central.sees(boot())
        await self.central.sees(*statuses(first, second, whole))

    async def prepared(self, number: int = LOCKABLE) -> None:
        """A car is plugged in."""
        self.arrives(number)
        await self.central.sees(status(number, "Preparing"))

    async def charging(self, number: int = LOCKABLE, tag: str = TAG) -> int:
        """A car charges; the transaction's id."""
        await self.prepared(number)
        self.taps(tag, number)
        await self.central.sees(authorize(tag))
        await self.central.sees(start(number, tag), status(number, "Charging"))
        await self.until(lambda: self.outlet(number).engaged)
        return self.transaction()

    def transaction(self) -> int:
        """The id that the central system gave last."""
        answers = [line for line in self.central.lines if line.action == "StartTransaction" and not line.is_call]
        number: int = answers[-1].payload["transactionId"]
        return number

    async def cached(self, tag: str = TAG, number: int = LOCKABLE) -> None:
        """The tag was accepted before: presented, and taken back."""
        self.taps(tag, number)
        await self.central.sees(authorize(tag), status(number, "Preparing"))
        self.taps(tag, number)
        await self.central.sees(status(number, "Available"))


def _contactors(world: str) -> dict[int, object]:
    return {number: make_contactor(Part("simulated", _spot(world, number))) for number in OUTLETS}


def _inputs(world: str) -> dict[str, object]:
    return {name: make_input(Part("simulated", {**_spot(world, LOCKABLE), "name": name})) for name in INPUTS}


def _spot(world: str, number: int) -> dict[str, str]:
    return {"world": world, "outlet": OUTLETS[number]}


async def _poll(guardian: GuardianHere) -> None:
    while True:
        guardian.poll()
        await asyncio.sleep(0.01)


async def _pass_time(world: World) -> None:
    began_ms = now_ms()
    while True:
        world.advance(now_ms() - began_ms)
        await asyncio.sleep(0.01)


def write_settings(folder: Path, url: str, world: str) -> Path:
    """The settings file of a station with these two connectors."""
    text = SETTINGS.format(url=url, key=KEY.decode())
    for number, outlet in OUTLETS.items():
        parts = "".join(f"[connectors.{name}]\n{spot(world, outlet)}" for name in PARTS[number])
        text += f"[[connectors]]\nid = {number}\n{parts}"
        text += f"[[readers]]\nconnectors = [{number}]\n{spot(world, outlet)}"
    path = folder / "edge.toml"
    path.write_text(text)
    return path


@asynccontextmanager
async def stand(folder: Path) -> AsyncIterator[Stand]:
    """A stand whose agent has not been started; afterwards the judges read what was said."""
    world = World(OUTLETS.values())
    async with StrictCentral(key=KEY).running() as central:
        assert isinstance(central, StrictCentral)
        with here(folder.name, world) as name:
            built = Stand(write_settings(folder, central.url, name), central, world)
            passing = asyncio.create_task(_pass_time(world))
            try:
                yield built
            finally:
                await built.cut_power()
                passing.cancel()
        objections = central.unforeseen() + complaints(central.lines) + central.wrongs
        assert not objections, "\n".join(objections)
