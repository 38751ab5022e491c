"""A charge point in emulated time: chip, guardian, drivers, devices and core as they are; only the disk is slow."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from edge import settings
from edge.clock import SystemClock
from edge.core import effects as fx
from edge.core import events as ev
from edge.core.output import why
from edge.core.state import Connector
from edge.devices import Devices, make_parts
from edge.fitting import station
from edge.loop import Loop
from edge.store import Save
from hardware.catalogue import make_contactor, make_input
from hardware.guardian import Guardian
from hardware.guardian_client import GuardianHere
from hardware.inputs.temperature import Settings as ThermostatSettings
from hardware.inputs.temperature import Thermostat
from hardware.outlet import Car, Outlet
from hardware.ports import Input, Meter, Part, Reading
from hardware.simulation.client import here
from hardware.world import World
from tests.edge.hazards.emulation import now_ms
from tests.edge.hazards.pins import Pins, pins

POLL_MS, SAVE_S, TICK_S, SENSOR_S, READ_S = 20, 0.2, 1.0, 1.0, 0.05
LOOK_S = 0.005
OUTLET, COIL, MIRROR = "lab/1", 17, 23
TRIPS = {"emergency_stop": 22, "ground_fault": 24, "tilt": 25, "door": 26, "mains": 27}
SPOT = f'driver = "simulated", world = "here:hazards", outlet = "{OUTLET}"'
SETTINGS = f"""
identity = "lab"
data_dir = "data"
[csms]
url = "ws://127.0.0.1:1/"
[guardian]
socket = "guardian.sock"
[[connectors]]
id = 1
meter = {{{{ {SPOT} }}}}
vehicle = {{{{ {SPOT} }}}}
{{limit}}
contactor = {{{{ driver = "gpio", pin = {COIL}{{mirror}} }}}}
[configuration]
AllowOfflineTxForUnknownId = true
"""


class PresentWorld(World):
    """A world that is always at the emulated instant."""

    def outlet(self, name: str) -> Outlet:
        self.advance(now_ms())
        return super().outlet(name)


class SlowDisk:
    """Saves after a while; what must be quick does not wait for it."""

    async def save(self, saves: list[Save]) -> None:
        await asyncio.sleep(SAVE_S)


class UnhurriedMeter:
    """A meter on a serial bus takes its time."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self.reads = 0

    async def read(self) -> Reading:
        await asyncio.sleep(READ_S)
        self.reads += 1
        return await self._meter.read()

    async def close(self) -> None:
        await self._meter.close()


class TemperatureSensor:
    """A thermostat and what it hears once a period; the thread of the real one is left out."""

    def __init__(self, celsius: Callable[[], float]) -> None:
        self._celsius = celsius
        self._thermostat = Thermostat(ThermostatSettings(file="/sys/emulated"))
        self._thermostat.hear(round(celsius() * 1000), now_ms())

    async def watch(self) -> None:
        while True:
            await asyncio.sleep(SENSOR_S)
            self._thermostat.hear(round(self._celsius() * 1000), now_ms())

    def tripped(self) -> bool:
        return self._thermostat.is_hot(now_ms())

    def close(self) -> None: ...


class Site:
    """Everything at one connector."""

    def __init__(self, folder: Path, chip: Pins, *, mirror: bool, pilot: bool) -> None:
        self.world = PresentWorld([OUTLET])
        self.chip, self.celsius = chip, 25.0
        self.active: set[str] = set()
        self.hangs = False
        self.released_ms = 0
        chip.drives[COIL] = self._switch
        chip.outside[MIRROR] = lambda: self.outlet.conducts  # normally closed, to ground
        for name, pin in TRIPS.items():
            chip.outside[pin] = lambda name=name: name in self.active  # type: ignore[misc] # mypy infers no lambda default
        path = folder / "edge.toml"
        limit = f"limit = {{ {SPOT} }}" if pilot else ""
        path.write_text(SETTINGS.format(mirror=f", feedback_pin = {MIRROR}" if mirror else "", limit=limit))
        self._path, self._wanted = path, settings.load(path)
        self._clock = SystemClock(boot_id=lambda: "emulated", mono_ms=now_ms, synchronised=lambda: False)

    @property
    def outlet(self) -> Outlet:
        """What really is."""
        return self.world.outlet(OUTLET)

    @property
    def connector(self) -> Connector:
        """What the agent thinks."""
        return self.loop.station.connectors[1]

    def why(self) -> str:
        """In one sentence."""
        return why(self.loop.station, self.connector, now_ms())

    def _switch(self, driven: bool) -> None:
        self.world.switch(OUTLET, driven)
        self.released_ms = self.released_ms if driven else now_ms()

    async def run(self) -> None:
        """Work until cancelled."""
        self.sensor = TemperatureSensor(lambda: self.celsius)
        inputs: dict[str, Input] = {name: make_input(Part("gpio", {"pin": pin})) for name, pin in TRIPS.items()}
        inputs["temperature"] = self.sensor
        (connector,) = self._wanted.connectors
        contactors = {1: make_contactor(settings.part(connector.contactor))}
        self.guardian = GuardianHere(Guardian(contactors, inputs, round(self._wanted.guardian.lease_s * 1000)), now_ms)
        self.loop = Loop(station(self._path, self._wanted), SlowDisk(), self)
        made = make_parts(connector)
        self.meter = UnhurriedMeter(made.meter)
        parts = [replace(made, meter=self.meter)]
        self.devices = Devices(parts, [], self.guardian, self.loop.take, self._clock.now)
        self.loop.take(ev.Started(self._clock.now()))
        await self.devices.see_vehicles()
        async with asyncio.TaskGroup() as tasks:
            for work in (self._poll(), self._renew(), self._tick(), self.sensor.watch(), self.loop.run()):
                tasks.create_task(work)
            tasks.create_task(self.devices.run(lambda: self.loop.station))

    async def _poll(self) -> None:
        while True:
            self.guardian.poll()
            await asyncio.sleep(POLL_MS / 1000)

    async def _renew(self) -> None:
        while True:
            if not self.hangs:
                self.guardian.renew()
            await asyncio.sleep(self._wanted.guardian.lease_s / 5)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.loop.take(ev.Ticked(self._clock.now()))

    def release(self, connector: int) -> None:
        """The core's word: at once."""
        if not self.hangs:
            self.devices.release(connector)

    def perform(self, effect: fx.Effect) -> None:
        """What concerns hardware; nobody listens to the rest."""
        if isinstance(effect, fx.Engage | fx.ReadMeter | fx.Offer | fx.LockCable | fx.UnlockCable):
            self.devices.perform(effect)

    def tap(self) -> None:
        """A card."""
        self.loop.take(ev.TagTapped(self._clock.now(), "04A1B2C3", (1,)))

    async def charging(self, power_w: int) -> None:
        """A car comes, a card is presented, energy flows."""
        self.world.plug(OUTLET, Car(power_w=power_w, battery_wh=10_000_000))
        await asyncio.sleep(1)
        self.tap()
        await until(lambda: self.outlet.engaged)

    async def just_read(self) -> None:
        """Wait until the meter has been read, so that its next word is a whole period away."""
        reads = self.meter.reads
        await until(lambda: self.meter.reads > reads)


async def until(true: Callable[[], bool], within_s: float = 120) -> None:
    """Wait until it is true, looked at every few ms."""
    async with asyncio.timeout(within_s):
        while not true():
            await asyncio.sleep(LOOK_S)


@asynccontextmanager
async def site(folder: Path, *, mirror: bool, pilot: bool) -> AsyncIterator[Site]:
    """A charge point that works."""
    with pins() as chip:
        one = Site(folder, chip, mirror=mirror, pilot=pilot)
        with here("hazards", one.world):
            working = asyncio.create_task(one.run())
            try:
                await asyncio.sleep(1)
                yield one
            finally:
                working.cancel()
                await asyncio.wait((working,))
