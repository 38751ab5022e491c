"""The real agent in this process: a world, a guardian, a central system on a real socket, the technician's commands."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from edge import settings
from edge.app import Agent, opened
from edge.cli import main
from edge.link.ports import Clock
from hardware.catalogue import make_contactor, make_input
from hardware.guardian import Guardian
from hardware.guardian_client import GuardianHere
from hardware.outlet import Car, Outlet
from hardware.ports import Part
from hardware.simulation.client import here
from hardware.world import World
from tests.edge.central import PATIENCE_S, Central

TAG = "04A1B2C3D4E5F6"
SPEED = 60
OUTLETS = ("lab/1", "lab/2")
PARTS = ("meter", "contactor", "vehicle", "limit", "lock", "indicator")

STATION = """
identity = "lab"
data_dir = "data"
[csms]
url = "{url}"
retry_s = 0.5
[guardian]
socket = "guardian.sock"
[guardian.inputs.emergency_stop]
{spot}
{connectors}
[[readers]]
{spot}
[configuration]
MeterValueSampleInterval = 1
TransactionMessageAttempts = 1
"""


def spot(world: str, outlet: str) -> str:
    """The settings of a simulated part."""
    return f'driver = "simulated"\nworld = "{world}"\noutlet = "{outlet}"\n'


def write_settings(
    folder: Path,
    url: str,
    world: str,
    outlets: tuple[str, ...] = OUTLETS,
    more: str = "",
    real: Mapping[str, str] | None = None,
) -> Path:
    """A settings file whose connectors have every part, all simulated but for the `real` ones of connector 1."""
    connectors = ""
    for number, outlet in enumerate(outlets, start=1):
        tables = {name: spot(world, outlet) for name in PARTS} | (dict(real or {}) if number == 1 else {})
        parts = "".join(f"[connectors.{name}]\n{table}" for name, table in tables.items())
        connectors += f"[[connectors]]\nid = {number}\nmax_power_kw = {25 * SPEED}\n{parts}"
    path = folder / "edge.toml"
    path.write_text(STATION.format(url=url, spot=spot(world, outlets[0]), connectors=connectors) + more)
    return path


def now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


@dataclass
class Workshop:
    """An agent at work, and everything around it."""

    path: Path
    world: World
    central: Central
    guardian: GuardianHere
    agent: Agent
    working: asyncio.Task[None]
    capsys: pytest.CaptureFixture[str]
    lines: list[str]
    told: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.world.told = lambda at_ms, outlet, what: self.told.set()

    def outlet(self, number: int = 1) -> Outlet:
        """What really is at a connector."""
        return self.world.outlets[OUTLETS[number - 1]]

    def arrive(self, number: int = 1) -> None:
        """A car that wants energy."""
        self.world.plug(OUTLETS[number - 1], Car())

    async def charging(self, tag: str = TAG) -> dict[str, Any]:
        """A car arrives, a card is held to the reader; the StartTransaction."""
        self.arrive()
        await self.central.expect("StatusNotification", connectorId=1, status="Preparing")
        self.world.tap(OUTLETS[0], tag)
        await self.central.expect("StatusNotification", connectorId=1, status="Charging")
        await self.central.until(lambda: "StartTransaction" in self.central.actions())
        return next(call.payload for call in self.central.calls if call.action == "StartTransaction")

    async def charging_unheard(self, tag: str = TAG) -> None:
        """The same without any central system to hear of it."""
        self.arrive()
        await self.sees("Present a card")
        self.world.tap(OUTLETS[0], tag)
        await self.sees("Charging")

    async def stop(self, tag: str = TAG) -> None:
        """The card again; the car leaves."""
        self.world.tap(OUTLETS[0], tag)
        await self.until(lambda: self.agent.loop.station.connectors[1].session is None)
        await self.until(lambda: not self.outlet().locked)
        self.world.unplug(OUTLETS[0])
        await self.until(lambda: not self.agent.loop.station.connectors[1].plugged)

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is true of the agent."""
        async with asyncio.timeout(PATIENCE_S):
            while not true():
                await asyncio.sleep(0.02)

    async def sees(self, text: str, number: int = 1) -> None:
        """Wait until what the display of a connector says begins so."""
        async with asyncio.timeout(PATIENCE_S):
            while not self.outlet(number).text.startswith(text):
                self.told.clear()
                await self.told.wait()

    async def until_unlocked(self, number: int = 1) -> None:
        """Wait until the plug can be taken out."""
        async with asyncio.timeout(PATIENCE_S):
            while self.outlet(number).locked:
                self.told.clear()
                await self.told.wait()

    async def ask(self, *words: str) -> tuple[int, str, str]:
        """`bollard edge …` as the technician types it: exit status, output, complaint."""
        self.capsys.readouterr()
        status = await asyncio.to_thread(main, [*words, "--config", str(self.path)])
        captured = self.capsys.readouterr()
        return status, captured.out, captured.err

    async def ended(self) -> BaseException | None:
        """Wait until the agent has ended by itself; what ended it."""
        await asyncio.wait_for(asyncio.wait({self.working}), PATIENCE_S)
        return self.working.exception()


async def _pass_time(world: World, guardian: GuardianHere) -> None:
    """World time runs SPEED times as fast as ours; the guardian polls."""
    began_ms, world_ms = now_ms(), world.now_ms
    while True:
        world.advance(world_ms + (now_ms() - began_ms) * SPEED)
        guardian.poll()
        await asyncio.sleep(0.01)


@asynccontextmanager
async def workshop(
    folder: Path,
    central: Central,
    capsys: pytest.CaptureFixture[str],
    more: str = "",
    clock: Clock | None = None,
    world: World | None = None,
    real: Mapping[str, str] | None = None,
) -> AsyncIterator[Workshop]:
    """An agent that works until the test ends or it ends itself."""
    world = world or World(OUTLETS)
    with here(folder.name, world) as name:
        path = write_settings(folder, central.url, name, more=more, real=real)
        parts = [Part("simulated", {"world": name, "outlet": outlet}) for outlet in OUTLETS]
        contactors = {number: make_contactor(part) for number, part in enumerate(parts, start=1)}
        guardian = GuardianHere(Guardian(contactors, {"emergency_stop": make_input(parts[0])}, 2000), now_ms)
        lines: list[str] = []
        async with opened(path, settings.load(path), lines.append, guardian, clock) as agent:
            working = asyncio.create_task(agent.run())
            passing = asyncio.create_task(_pass_time(world, guardian))
            try:
                yield Workshop(path, world, central, guardian, agent, working, capsys, lines)
            finally:
                for task in (working, passing):
                    task.cancel()
                await asyncio.wait({working, passing})
