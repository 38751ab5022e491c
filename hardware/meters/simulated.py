"""The meter of a simulated outlet, without Modbus in between."""

import time

from hardware.errors import MeterImplausible, MeterSilent, WorldLost
from hardware.ports import Reading
from hardware.simulation.client import Spot as Settings
from hardware.simulation.client import connect
from hardware.simulation.requests import Face, Measure


class SimulatedMeter:
    """Reads the outlet's register to the exact Wh."""

    def __init__(self, settings: Settings) -> None:
        self._outlet = settings.outlet
        self._link = connect(settings.world)

    async def read(self) -> Reading:
        """One reading; `MeterSilent`, `MeterImplausible`."""
        try:
            face = self._link.ask(Measure(self._outlet), Face)
        except WorldLost as error:
            raise MeterSilent(str(error)) from error
        if not face.answers:
            raise MeterSilent(f"the meter of {self._outlet} does not answer")
        return _reading(face)

    async def close(self) -> None:
        """Leave the world."""
        self._link.close()


def _reading(face: Face) -> Reading:
    if face.energy_wh is None:
        raise MeterImplausible(f"the meter of {face.serial} shows no number as its energy")
    return Reading(
        face.energy_wh,
        face.power_w,
        time.monotonic_ns() // 1_000_000,
        face.current_ma,
        face.voltage_mv,
        serial=face.serial,
    )


make = SimulatedMeter
