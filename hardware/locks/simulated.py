"""The cable lock of a simulated outlet."""

from hardware.errors import LockStuck
from hardware.simulation.client import Spot as Settings
from hardware.simulation.client import connect
from hardware.simulation.requests import Bolt


class SimulatedLock:
    """`LockStuck` when the bolt did not follow, `WorldLost` when the world does not answer."""

    def __init__(self, settings: Settings) -> None:
        self._outlet = settings.outlet
        self._link = connect(settings.world)

    async def lock(self) -> None:
        """Hold the cable."""
        self._turn(True)

    async def unlock(self) -> None:
        """Let the cable go."""
        self._turn(False)

    async def close(self) -> None:
        """Leave the world; the bolt stays where it is."""
        self._link.close()

    def _turn(self, lock: bool) -> None:
        if not self._link.ask(Bolt(self._outlet, lock), bool):
            raise LockStuck(f"the lock of {self._outlet} stayed {'open' if lock else 'shut'}: look at the cable")


make = SimulatedLock
