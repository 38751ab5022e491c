"""Every hazard that energy is released for: how it is caused, what it is given on purpose, and how it is measured."""

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hardware.outlet import Fault
from tests.edge.hazards.emulation import emulated, now_ms
from tests.edge.hazards.site import OUTLET, Site, site, until

SLACK_MS = 100
METER_MS, PILOT_MS, SENSOR_MS = 1_050, 200, 1_000
SETTLED_S = 5


@dataclass(frozen=True)
class Cause:
    """What happens; `source` is what the core calls it. `given_ms` passes on purpose before anything is done, and
    `sample_ms` lies between two looks (0: a trip input). `told`: what counts is when it is told. `before`: it has
    happened before the session begins, and the time counts from the contactor's command."""

    words: str
    source: str
    does: Callable[[Site], None]
    given_ms: int = 0
    sample_ms: int = 0
    power_w: int = 22_000
    mirror: bool = False
    pilot: bool = True
    told: bool = False
    before: bool = False

    @property
    def bound_ms(self) -> int:
        """The latest."""
        return self.given_ms + self.sample_ms + SLACK_MS

    def worst_ms(self) -> int:
        """From the cause until the contactor is released (or until it is told): just after the meter was read, and
        just after a whole second, when the temperature was."""
        return max(self._once_ms(at_reading=True), self._once_ms(at_reading=False))

    def _once_ms(self, *, at_reading: bool) -> int:
        with tempfile.TemporaryDirectory() as folder:
            return emulated(self._happens(Path(folder), at_reading))

    async def _happens(self, folder: Path, at_reading: bool) -> int:
        async with site(folder, mirror=self.mirror, pilot=self.pilot) as one:
            if self.before:
                self.does(one)
                await one.charging(self.power_w)
            else:
                await one.charging(self.power_w)
                await asyncio.sleep(SETTLED_S - now_ms() / 1000 % 1)
                await (one.just_read() if at_reading else asyncio.sleep(0.001))
            began_ms = now_ms()
            if not self.before:
                self.does(one)
            if self.told:
                await until(lambda: self.source in one.connector.faults)
                return now_ms() - began_ms
            await until(lambda: not one.outlet.engaged)
            return one.released_ms - began_ms


def _trip(name: str) -> Callable[[Site], None]:
    return lambda one: one.active.add(name)


def _break(fault: Fault) -> Callable[[Site], None]:
    return lambda one: one.world.break_(OUTLET, fault)


def _heat(one: Site) -> None:
    one.celsius = 71.0


def _jump(one: Site) -> None:
    one.outlet.register_mj += 10**12


def _lose_pins(one: Site) -> None:
    one.chip.gone.add(22)


def _hang(one: Site) -> None:
    one.hangs = True


def _press_while_it_hangs(one: Site) -> None:
    one.hangs = True
    one.active.add("emergency_stop")


def _weld_and_stop(one: Site) -> None:
    one.world.break_(OUTLET, Fault.WELDED)
    one.tap()


def _unplug(one: Site) -> None:
    one.outlet.locked = False
    one.world.unplug(OUTLET)


CAUSES = (
    Cause("the emergency stop is pressed", "emergency_stop", _trip("emergency_stop")),
    Cause("the emergency stop is pressed while the agent hangs", "emergency_stop", _press_while_it_hangs),
    Cause("the residual-current device trips", "ground_fault", _trip("ground_fault")),
    Cause("the charger is knocked over", "tilt", _trip("tilt")),
    Cause("the housing is opened", "door", _trip("door")),
    Cause("the mains fail (backup power)", "mains", _trip("mains")),
    Cause("a trip input cannot be read any more", "unread", _lose_pins),
    Cause("the charger gets too hot (sensor)", "temperature", _heat, sample_ms=SENSOR_MS),
    Cause("the car draws 1.5 times the rating", "over_current", _break(Fault.GREEDY_CAR), 0, METER_MS, power_w=33_000),
    Cause(
        "the car draws a little more than offered",
        "over_current",
        _break(Fault.GREEDY_CAR),
        7_000,
        METER_MS,
        power_w=25_000,
    ),
    Cause("the meter is silent", "meter", _break(Fault.SILENT_METER), 3_000, METER_MS),
    Cause("the meter shows no number", "meter", _break(Fault.IMPLAUSIBLE_METER), 3_000, METER_MS),
    Cause("the register jumps (one reading is forgiven)", "meter", _jump, METER_MS, METER_MS),
    Cause("the car leaves under load", "vehicle", _unplug, sample_ms=PILOT_MS),
    Cause("the control pilot is short-circuited", "vehicle", _break(Fault.PILOT_ERROR), sample_ms=PILOT_MS),
    Cause("the agent hangs (its lease lapses)", "lease", _hang, 2_000),
    Cause("the contactor is welded, says its mirror contact", "weld", _weld_and_stop, 500, 100, mirror=True, told=True),
    Cause("the contactor is welded, says the meter", "weld", _weld_and_stop, 3_000, METER_MS, pilot=False, told=True),
    Cause(
        "the contactor does not close, says its mirror contact",
        "open",
        _break(Fault.OPEN_CIRCUIT),
        500,
        100,
        mirror=True,
        before=True,
    ),
    Cause(
        "the contactor does not close, says the meter",
        "open",
        _break(Fault.OPEN_CIRCUIT),
        30_000,
        METER_MS,
        before=True,
    ),
)
