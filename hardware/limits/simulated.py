"""The current limit that the control pilot of a simulated outlet offers."""

from hardware.simulation.client import Spot as Settings
from hardware.simulation.client import connect
from hardware.simulation.requests import Offer


class SimulatedLimit:
    """Until it is first used the outlet offers what it is wired for (32 A)."""

    def __init__(self, settings: Settings) -> None:
        self._outlet = settings.outlet
        self._link = connect(settings.world)

    async def offer(self, limit_ma: int) -> None:
        """Offer that many mA a phase; `WorldLost`."""
        self._link.tell(Offer(self._outlet, limit_ma))

    async def close(self) -> None:
        """Leave the world; the offer stays."""
        self._link.close()


make = SimulatedLimit
