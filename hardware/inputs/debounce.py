"""The rule of a trip input that bounces: quick to trip, slow to clear."""

import time
from dataclasses import dataclass


@dataclass(slots=True)
class Debounced:
    """Trips once bad for `trip_ms` without a break, clears once well for `clear_ms`; the first sight counts at once."""

    trip_ms: int
    clear_ms: int
    tripped: bool | None = None
    _since_ms: int | None = None

    def see(self, bad: bool, now_ms: int) -> bool:
        """What it says after that sight, in monotonic ms."""
        if self.tripped is None:
            self.tripped = bad
        if bad is self.tripped:
            self._since_ms = None
            return self.tripped
        if self._since_ms is None:
            self._since_ms = now_ms
        if now_ms - self._since_ms >= (self.trip_ms if bad else self.clear_ms):
            self.tripped, self._since_ms = bad, None
        return self.tripped


def monotonic_ms() -> int:
    """The clock of whoever looks, in ms."""
    return time.monotonic_ns() // 1_000_000
