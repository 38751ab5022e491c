"""The contactor of a simulated outlet, with a feedback contact; it drops when its line to the world ends."""

from hardware.simulation.client import Spot as Settings
from hardware.simulation.client import connect
from hardware.simulation.requests import Engage, Feedback, Release


class SimulatedContactor:
    """Made released; `WorldLost` when the world does not answer."""

    def __init__(self, settings: Settings) -> None:
        self._outlet = settings.outlet
        self._link = connect(settings.world)
        self.release()

    def engage(self) -> None:
        """Drive the coil."""
        self._link.tell(Engage(self._outlet))

    def release(self) -> None:
        """Drive it no longer."""
        self._link.tell(Release(self._outlet))

    def feedback(self) -> bool | None:
        """Whether the main contacts conduct."""
        return self._link.ask(Feedback(self._outlet), bool)

    def close(self) -> None:
        """Let go of the pin."""
        self._link.close()


make = SimulatedContactor
