"""Whether a reading can be true: one meter's register neither falls nor outruns what its connector can deliver."""

from dataclasses import replace

from edge.core.state import Connector, Odd
from edge.core.values import Reading

RESOLUTION_WH = 100
LATCH_MS = 5_000
UNSEEN_MS = 90_000
PROVED_MS = 10_000


def last_good(connector: Connector) -> Reading | None:
    """The reading that the next one must follow from; after a restart the session's checkpoint."""
    if connector.reading is None and connector.session is not None:
        return connector.session.checkpoint
    return connector.reading


def unturned(connector: Connector, reading: Reading) -> Reading:
    """The reading as if its register had never started again from 0: what follows most closely from the last good one.

    A reset looks like one more turn, and then like a jump, which is judged as any other.
    """
    if (turn_wh := reading.wraps_at_wh) is None:
        return reading
    if (before := last_good(connector)) is None:
        return replace(reading, energy_wh=reading.energy_wh + connector.turned_wh)
    least_wh = max(0, before.energy_wh - RESOLUTION_WH)
    return replace(reading, energy_wh=least_wh + (reading.energy_wh - least_wh) % turn_wh)


def is_plausible(connector: Connector, reading: Reading) -> bool:
    """Whether a reading follows from the last good one.

    However long an agent was away, energy flowed only until the guardian released: a checkpoint's age and a lease.
    """
    before = last_good(connector)
    if before is None:
        return True
    gap_ms = UNSEEN_MS if connector.reading is None else reading.taken_ms - before.taken_ms
    return _follows(connector, reading, before, gap_ms)


def _follows(connector: Connector, reading: Reading, before: Reading, gap_ms: int) -> bool:
    """Meters round (a register may seem to fall by its resolution) and answer from any time after the question."""
    if is_other_meter(before, reading):
        return False
    most_wh = connector.fitting.max_power_w * (max(0, gap_ms) + LATCH_MS) // 3_600_000
    return -RESOLUTION_WH <= reading.energy_wh - before.energy_wh <= RESOLUTION_WH + most_wh


def is_other_meter(before: Reading, reading: Reading) -> bool:
    """Whether the readings are of two meters, as far as they tell their numbers."""
    return before.serial is not None and reading.serial is not None and before.serial != reading.serial


def next_odd(connector: Connector, reading: Reading) -> Odd:
    """The odd readings so far with another one, which begins anew if it does not follow from them."""
    odd = connector.odd
    if odd is not None and _follows(connector, reading, odd.last, reading.taken_ms - odd.last.taken_ms):
        return Odd(odd.first, reading)
    return Odd(reading, reading)


def is_proved(odd: Odd) -> bool:
    """Odd readings that have followed from each other for so long are the truth: the meter was swapped or reset."""
    return odd.last.taken_ms - odd.first.taken_ms >= PROVED_MS
