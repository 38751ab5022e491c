"""The control pilot of a simulated outlet."""

from hardware.ports import Vehicle
from hardware.simulation.client import Spot as Settings
from hardware.simulation.client import connect
from hardware.simulation.requests import Pilot


class SimulatedVehicleState:
    """`WorldLost` when the world does not answer."""

    def __init__(self, settings: Settings) -> None:
        self._outlet = settings.outlet
        self._link = connect(settings.world)

    async def read(self) -> Vehicle:
        """What the pilot shows now."""
        return self._link.ask(Pilot(self._outlet), Vehicle)

    async def close(self) -> None:
        """Leave the world."""
        self._link.close()


make = SimulatedVehicleState
