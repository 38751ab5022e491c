"""Energy from a meter's register: the sum of its plausible steps, and a plain word about every other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cloud.domain import reasons

UNRATED_W = 500_000
"""What a connector of unknown rating is believed to deliver at most: the strongest CCS chargers of today."""

ROUNDING_WH = 100
"""Stations tell a register in kWh with one decimal here and in Wh there: so far may two readings of it lie apart."""

_LOOK_AHEAD = 20
_MOST_FINDINGS = 5
_SLACK_S = 60
"""Stations round timestamps and set their clocks: a step may have taken this much longer."""
_LONGEST_GAP_S = 900
_OUTDONE = 20
_LEAST_VOUCHED_WH = 100


@dataclass(frozen=True, slots=True)
class Register:
    """The register of imported energy at an instant; None when that instant brought no reading of it.

    What else was measured then can vouch for energy: power, and the energy of the interval before.
    """

    at: datetime
    energy_wh: int | None
    power_w: int | None = None
    interval_wh: int | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """Energy of a stretch of readings, and what was implausible (and not counted) in it."""

    energy_wh: int
    findings: tuple[str, ...] = ()


def measure(registers: Sequence[Register], max_power_w: int | None, counted_wh: int = 0) -> Measured:
    """Adds up the plausible steps between readings given in order of time.

    Readings that fit neither before nor after are outliers and left out; where none of the next ones continues
    the register, it was reset or swapped, and counting goes on from its new value. `counted_wh` came before them.
    """
    read = [register for register in registers if register.energy_wh is not None]
    energy_wh, findings, at = counted_wh, list[str](), 0
    while at + 1 < len(read):
        at, step = _following(read, at, max_power_w)
        energy_wh += step.energy_wh
        findings += step.findings
    if energy_wh < 0:
        findings.append(reasons.went_back(read[0].energy_wh, read[-1].energy_wh))
    return Measured(max(0, energy_wh), _shortened(findings))


def curve(registers: Sequence[Register], max_power_w: int | None, most_wh: int) -> tuple[tuple[datetime, int], ...]:
    """How much of a session's energy had been counted when: plausible steps only, in order, never falling."""
    read = [register for register in registers if register.energy_wh is not None]
    found, total_wh, highest_wh, at = list[tuple[datetime, int]](), 0, 0, 0
    while at + 1 < len(read):
        at, step = _following(read, at, max_power_w)
        total_wh += step.energy_wh
        highest_wh = min(max(highest_wh, total_wh), most_wh)
        found.append((read[at].at, highest_wh))
    return tuple(found)


def _shortened(findings: list[str]) -> tuple[str, ...]:
    surplus = len(findings) - _MOST_FINDINGS
    more = (reasons.more(surplus),) if surplus > 0 else ()
    return (*findings[:_MOST_FINDINGS], *more)


def _following(read: Sequence[Register], at: int, max_power_w: int | None) -> tuple[int, Measured]:
    """The next reading that continues the one at `at`, and the step to it with what is odd about the way."""
    before, next_one = read[at], read[at + 1]
    first = delta(before, next_one, max_power_w)
    if not first.findings:
        return at + 1, first
    for index in range(at + 2, min(at + 2 + _LOOK_AHEAD, len(read))):
        step = delta(before, read[index], max_power_w)
        if not step.findings and _sticks_out(before, next_one, read[index]):
            return index, Measured(step.energy_wh, first.findings)
    return at + 1, first


def _sticks_out(before: Register, odd: Register, after: Register) -> bool:
    """Whether the odd reading sticks out: below what came before, or above what came after."""
    before_wh, odd_wh, after_wh = before.energy_wh or 0, odd.energy_wh or 0, after.energy_wh or 0
    return odd_wh < before_wh or after_wh < odd_wh


def delta(before: Register, after: Register, max_power_w: int | None) -> Measured:
    """One step of the register; a step back or one that the connector cannot deliver counts nothing.

    A small step back is rounding and counts, so that the sum of all steps is right in the end.
    """
    if before.energy_wh is None or after.energy_wh is None:
        return Measured(0)
    step_wh = after.energy_wh - before.energy_wh
    if step_wh < 0 and not _rounded(before.energy_wh, after.energy_wh):
        return Measured(0, (reasons.went_back(before.energy_wh, after.energy_wh),))
    duration_s = max(0.0, (after.at - before.at).total_seconds())
    rating_w = max_power_w or UNRATED_W
    if step_wh * 3600 > rating_w * (duration_s + _SLACK_S):
        return Measured(0, (reasons.jumped(step_wh, duration_s, rating_w),))
    return Measured(step_wh)


def _rounded(before_wh: int, after_wh: int) -> bool:
    """A meter that is reset comes back near zero; one that is rounded does not."""
    return before_wh - after_wh < ROUNDING_WH and after_wh * 2 > before_wh


def vouched_ws(before: Register, after: Register, max_power_w: int | None) -> int:
    """Energy in watt-seconds that flowed at least between two readings, told by anything but the register."""
    rating_w = max_power_w or UNRATED_W
    duration_s = max(0.0, (after.at - before.at).total_seconds())
    if after.interval_wh is not None:
        interval_ws = after.interval_wh * 3600
        return interval_ws if 0 < interval_ws <= rating_w * (duration_s + _LONGEST_GAP_S) else 0
    least_w = min(before.power_w or 0, after.power_w or 0)
    return int(least_w * min(duration_s, _LONGEST_GAP_S)) if 0 < least_w <= rating_w else 0


def outdone(energy_wh: int, vouched_wh: int) -> bool:
    """Whether far more flowed than the register counted: it stands still, or kWh are called Wh."""
    return vouched_wh >= _LEAST_VOUCHED_WH and energy_wh * _OUTDONE < vouched_wh
