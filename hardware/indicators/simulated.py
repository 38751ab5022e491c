"""The indicator of a simulated outlet."""

from hardware.ports import Signal
from hardware.simulation.client import Spot as Settings
from hardware.simulation.client import connect
from hardware.simulation.requests import Show


class SimulatedIndicator:
    """`WorldLost` when the world does not answer."""

    def __init__(self, settings: Settings) -> None:
        self._outlet = settings.outlet
        self._link = connect(settings.world)

    async def show(self, signal: Signal, text: str, light_percent: int = 100, blinks: int = 0) -> None:
        """Show it until the next one."""
        self._link.tell(Show(self._outlet, signal, text, light_percent, blinks))

    async def close(self) -> None:
        """Leave the world."""
        self._link.close()


make = SimulatedIndicator
