"""A laboratory whose meters can lie and be swapped; it notes what each session was really given."""

from typing import Any

from edge.core import events as ev
from edge.core.facts import SessionStarted, SessionStopped
from edge.core.values import Reading
from tests.edge.laboratory import READ_MS, Laboratory
from tests.edge.laboratory_parts import POWER_W, WH_MJ

LIES = {
    "zero": lambda wh: 0,
    "back": lambda wh: wh - 5_000,
    "jump": lambda wh: wh + 5_000_000,
    "rounded_down": lambda wh: wh - 50,
    "rounded_up": lambda wh: wh + 50,
}


class LyingMeters(Laboratory):
    """`odd` lets the next readings of a meter lie, `swap` puts in another; at `wraps_at_wh` all start again from 0."""

    def __init__(self, connectors: int = 2, **more: Any) -> None:
        self.lies: dict[int, list[str]] = {}
        self.shift_wh: dict[int, int] = {}
        self.serials: dict[int, str] = {}
        self.registers: dict[int, int] = {}
        self.wraps_at_wh: int | None = None
        super().__init__(connectors, **more)

    def odd(self, connector: int, lie: str, times: int) -> None:
        self.lies[connector] = [lie] * times

    def swap(self, connector: int, to_wh: int) -> None:
        self.shift_wh[connector] = to_wh - self.outlets[connector].register_wh

    def _read_meters(self) -> None:
        for n, outlet in self.outlets.items():
            if not outlet.meter_works:
                self.later(READ_MS, ev.MeterFailed, n, "The meter is silent")
                continue
            true_wh = outlet.register_wh + self.shift_wh.get(n, 0)
            lies = self.lies.get(n)
            told_wh = max(0, LIES[lies.pop()](true_wh)) if lies else true_wh
            power_w = POWER_W if outlet.closed else 0
            shown_wh = told_wh % self.wraps_at_wh if self.wraps_at_wh else told_wh
            reading = Reading(shown_wh, power_w, self.mono_ms, serial=self.serials.get(n), wraps_at_wh=self.wraps_at_wh)
            self.later(READ_MS, ev.MeterRead, n, reading)

    def check(self) -> None:
        super().check()
        for seq in self.disk.ever.keys() - self.registers.keys():
            fact = self.disk.fact(seq)
            self.registers[seq] = self.outlets[fact.connector].register_mj

    def mend(self) -> None:
        """The meters tell the truth again, for long enough to be believed."""
        self.lies = {}
        self.settle()
        self.advance(30_000)

    def invented_wh(self) -> list[float]:
        """For each session what was billed beyond what it was given."""
        facts = {seq: self.disk.fact(seq) for seq in self.disk.ever}
        starts = {f.session_id: (f, seq) for seq, f in facts.items() if isinstance(f, SessionStarted)}
        found = []
        for seq, stop in facts.items():
            if isinstance(stop, SessionStopped):
                start, began = starts[stop.session_id]
                given_wh = (self.registers[seq] - self.registers[began]) / WH_MJ
                found.append(stop.meter_stop_wh - start.meter_start_wh - given_wh)
        return found
