"""An outlet to test drivers at: of a world in this process, or of a world that is a process of its own."""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import msgspec

from hardware.outlet import Car
from hardware.simulation.client import WorldLink, connect, here
from hardware.simulation.requests import Plug, Request, Truth, Witness
from hardware.world import World
from tests.hardware.running import Running, running

OUTLETS = 64
SPEED = 1000


class Ready(msgspec.Struct):
    """The first line that a world's process prints with --json."""

    port: int
    modbus_port: int
    outlets: dict[str, int]


@dataclass
class WorldProcess:
    """A running `bollard world`."""

    process: Running
    ready: Ready

    @property
    def address(self) -> str:
        """What parts take as their setting `world`."""
        return f"127.0.0.1:{self.ready.port}"


@contextmanager
def world_process(*outlets: str, speed: float = SPEED, options: tuple[str, ...] = ()) -> Iterator[WorldProcess]:
    """A world's process on free ports."""
    named = [word for outlet in outlets for word in ("--outlet", outlet)]
    arguments = ("-m", "hardware.simulation.process", "--json", "--port", "0", "--speed", str(speed))
    with running(*arguments, *named, *options) as process:
        yield WorldProcess(process, msgspec.json.decode(process.line_with('"ready"'), type=Ready))


class Bench(Protocol):
    """One outlet of a world, and the hands to do things at it."""

    world: str
    outlet: str

    @property
    def spot(self) -> dict[str, object]: ...
    def do(self, request: Request) -> None: ...
    def truth(self) -> Truth: ...
    async def let_flow(self, energy_wh: int) -> None: ...


class _Bench:
    def __init__(self, world: str, outlet: str) -> None:
        self.world = world
        self.outlet = outlet
        self._hands: WorldLink = connect(world)

    @property
    def spot(self) -> dict[str, object]:
        """The settings of a simulated part at this outlet."""
        return {"world": self.world, "outlet": self.outlet}

    def do(self, request: Request) -> None:
        """Do something to the outlet."""
        self._hands.tell(request)

    def truth(self) -> Truth:
        """What really is."""
        return self._hands.ask(Witness(self.outlet), Truth)

    def close(self) -> None:
        """Take the hands away."""
        self._hands.close()


class HereBench(_Bench):
    """An outlet of a world in this process; its time passes only in `let_flow`."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(name, next(iter(world.outlets)))
        self._world = world

    async def let_flow(self, energy_wh: int) -> None:
        """Let time pass until that much has flowed."""
        self._world.advance(self._world.now_ms + energy_wh * 3_600_000 // self.truth().power_w + 1)


class ProcessBench(_Bench):
    """An outlet of a world's process; its time passes by itself."""

    def __init__(self, world: WorldProcess, outlet: str) -> None:
        super().__init__(world.address, outlet)
        self.modbus_port = world.ready.modbus_port
        self.device_id = world.ready.outlets[outlet]

    async def let_flow(self, energy_wh: int) -> None:
        """Wait until that much has flowed."""
        goal_wh = self.truth().register_wh + energy_wh
        async with asyncio.timeout(10):
            while True:
                if self.truth().register_wh >= goal_wh:
                    return
                await asyncio.sleep(0.005)


_names = (f"bench-{number}" for number in itertools.count())


@contextmanager
def here_bench() -> Iterator[HereBench]:
    """An outlet of a new world in this process."""
    world = World(["lab/1"])
    with here(next(_names), world) as name:
        bench = HereBench(world, name)
        yield bench
        bench.close()


def plug(bench: Bench, **car: object) -> None:
    """A car with a large empty battery arrives."""
    bench.do(Plug(bench.outlet, msgspec.convert({"battery_wh": 10_000_000, "charge_wh": 0, **car}, Car)))
