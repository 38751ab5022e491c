"""The rule of a contact that bounces: each way it must lie still for a while before it is believed."""

import time
from dataclasses import dataclass


@dataclass(slots=True)
class Debounced:
    """On once seen on for `on_ms` without a break, off once seen off for `off_ms`; the first sight counts at once."""

    on_ms: int
    off_ms: int
    on: bool | None = None
    _since_ms: int | None = None

    def see(self, on: bool, now_ms: int) -> bool:
        """What it is after that sight, in monotonic ms."""
        if self.on is None:
            self.on = on
        if on is self.on:
            self._since_ms = None
            return self.on
        if self._since_ms is None:
            self._since_ms = now_ms
        if now_ms - self._since_ms >= (self.on_ms if on else self.off_ms):
            self.on, self._since_ms = on, None
        return self.on


def monotonic_ms() -> int:
    """The clock of whoever looks, in ms."""
    return time.monotonic_ns() // 1_000_000
