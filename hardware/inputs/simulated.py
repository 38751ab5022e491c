"""A trip input of a simulated outlet."""

from hardware.simulation.client import Spot, connect
from hardware.simulation.requests import Tripping


class Settings(Spot, frozen=True, forbid_unknown_fields=True):
    """A simulated part's settings and the name of the input in the world."""

    name: str = "emergency_stop"


class SimulatedInput:
    """`WorldLost` when the world does not answer; the guardian takes that for tripped."""

    def __init__(self, settings: Settings) -> None:
        self._request = Tripping(settings.outlet, settings.name)
        self._link = connect(settings.world)

    def tripped(self) -> bool:
        """Whether it is tripped now."""
        return self._link.ask(self._request, bool)

    def close(self) -> None:
        """Leave the world."""
        self._link.close()


make = SimulatedInput
