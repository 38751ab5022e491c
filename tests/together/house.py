"""One process with everything real but the mains: the world, the agent, the central system, on loopback sockets."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from cloud.domain.bills import Bill
from cloud.domain.tariffs import simple_terms
from cloud.services import overview, stations, tags, tariffs
from edge import settings
from edge.app import Agent, opened
from hardware.catalogue import make_contactor, make_input
from hardware.guardian import Guardian
from hardware.guardian_client import GuardianHere
from hardware.outlet import Car
from hardware.ports import Part
from hardware.simulation.client import here
from hardware.world import World
from tests.cloud.ocpp.central import Running, running
from tests.ours import OURS

TAG = "04A1B2C3D4E5F6"
SPEED = 60
PATIENCE_S = 30
OUTLETS = {1: "lab-1/1", 2: "lab-1/2"}

PARTS = ("meter", "contactor", "vehicle", "limit", "lock", "indicator")
SETTINGS = """
identity = "lab-1"
data_dir = "data"
[csms]
url = "{url}"
key = "{key}"
retry_s = 0.5
{trust}
[guardian]
socket = "guardian.sock"
[[readers]]
driver = "simulated"
world = "{world}"
outlet = "lab-1/1"
[configuration]
MeterValueSampleInterval = 1
{connectors}
"""


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


@dataclass
class House:
    """The physical world, and how to build the rest around it."""

    folder: Path
    name: str
    world: World
    lines: list[str] = field(default_factory=list)

    async def pass_time(self) -> None:
        """World time runs SPEED times as fast as ours."""
        began_ms = _now_ms()
        while True:
            self.world.advance((_now_ms() - began_ms) * SPEED)
            await asyncio.sleep(0.02)

    def write_settings(self, server: Running, key: bytes) -> Path:
        return self.write_settings_for(f"{server.ws}/ocpp", key)

    def write_settings_for(self, url: str, key: bytes, ca_file: Path | None = None) -> Path:
        """Settings of an agent that reports to the central system at this address."""
        trust = "" if ca_file is None else f'ca_file = "{ca_file}"'
        connectors = "".join(
            f"[[connectors]]\nid = {n}\nmax_power_kw = {25 * SPEED}\n{self._parts(n)}" for n in OUTLETS
        )
        path = self.folder / "edge.toml"
        path.write_text(
            SETTINGS.format(url=url, key=key.hex(), trust=trust, world=f"here:{self.name}", connectors=connectors)
        )
        return path

    def _parts(self, number: int) -> str:
        return "".join(f"[connectors.{name}]\n{self._part(number)}\n" for name in PARTS)

    def _part(self, number: int) -> str:
        return f'driver = "simulated"\nworld = "here:{self.name}"\noutlet = "{OUTLETS[number]}"'

    @asynccontextmanager
    async def agent(self, path: Path) -> AsyncIterator[Agent]:
        """The agent at work, with a guardian in this process."""
        part = {n: Part("simulated", {"world": f"here:{self.name}", "outlet": OUTLETS[n]}) for n in OUTLETS}
        contactors = {n: make_contactor(part[n]) for n in OUTLETS}
        guardian = GuardianHere(Guardian(contactors, {"emergency_stop": make_input(part[1])}, 2000), _now_ms)
        wanted = settings.load(path)
        async with opened(path, wanted, self.lines.append, guardian) as agent, asyncio.TaskGroup() as tasks:
            working = [tasks.create_task(agent.run()), tasks.create_task(_poll(guardian))]
            try:
                yield agent
            finally:
                for task in working:
                    task.cancel()

    @asynccontextmanager
    async def agent_online(self, path: Path) -> AsyncIterator[Agent]:
        """The agent at work, accepted by the central system."""
        async with self.agent(path) as agent:
            await self.until(lambda: agent.loop.station.online)
            yield agent

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until the world or the agent has come so far."""
        async with asyncio.timeout(PATIENCE_S):
            while not true():
                await asyncio.sleep(0.02)

    def arrive(self, number: int = 1) -> None:
        self.world.plug(OUTLETS[number], Car())

    def tap(self, tag: str = TAG) -> None:
        self.world.tap(OUTLETS[1], tag)

    def register_wh(self, number: int = 1) -> int:
        return self.world.outlets[OUTLETS[number]].register_wh

    async def charge(self, number: int = 1, at_least_wh: int = 300) -> None:
        goal_wh = self.register_wh(number) + at_least_wh
        await self.until(lambda: self.register_wh(number) >= goal_wh)


async def _poll(guardian: GuardianHere) -> None:
    while True:
        guardian.poll()
        await asyncio.sleep(0.02)


async def furnish(server: Running) -> bytes:
    """A tariff, a tag and the station; returns its key."""
    await server.write(
        tariffs.add, OURS, "standard", simple_terms("EUR", Decimal("0.39"), Decimal("0.50"), Decimal(19))
    )
    await server.write(tariffs.assign, OURS, "standard")
    await server.write(tags.add, OURS, TAG)
    _, key = await server.write(stations.add, OURS, "lab-1", "Lab", 2)
    return key


async def bills(server: Running, number: int) -> list[Bill]:
    """Wait for that many bills."""
    return await server.eventually(overview.bills, lambda found: len(found) >= number)


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[House]:
    """A world whose time passes."""
    name = folder.name
    async with AsyncExitStack() as closing:
        world = World(OUTLETS.values())
        closing.enter_context(here(name, world))
        built = House(folder, name, world)
        passing = asyncio.create_task(built.pass_time())
        closing.callback(passing.cancel)
        yield built


__all__ = ["House", "bills", "furnish", "house", "running"]
