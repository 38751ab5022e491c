"""A scene whose log and reports are read, and whose meter says what it is told to."""

from dataclasses import replace

from edge.core import events as ev
from edge.core.effects import Say
from edge.core.values import Reading, StatusReport, Vehicle
from tests.edge.scene import Scene


class Watched(Scene):
    """A scene whose log is read."""

    def report(self) -> StatusReport:
        return self.reports()[-1].report

    def said(self) -> str:
        return "\n".join(effect.text for effect in self.performed if isinstance(effect, Say))

    def replug(self) -> None:
        self.see(1, Vehicle.ABSENT)
        self.see(1, Vehicle.ASKING)

    def read(self, reading: Reading) -> None:
        """A reading as of now."""
        register_wh = self.outlets[1].register_wh + reading.energy_wh
        self.happen(ev.MeterRead(self.now(), 1, replace(reading, energy_wh=register_wh, taken_ms=self.mono_ms)))
