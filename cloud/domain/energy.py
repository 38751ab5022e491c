"""Energy from a meter's register: the sum of its plausible steps, and a plain word about every other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

UNRATED_W = 500_000
"""What a connector of unknown rating is believed to deliver at most: the strongest CCS chargers of today."""

_LOOK_AHEAD = 20
_MOST_FINDINGS = 5
_SLACK_S = 60
"""Stations round timestamps and set their clocks: a step may have taken this much longer."""


@dataclass(frozen=True, slots=True)
class Register:
    """The register of imported energy at an instant; None when that instant brought no reading."""

    at: datetime
    energy_wh: int | None


@dataclass(frozen=True, slots=True)
class Measured:
    """Energy of a stretch of readings, and what was implausible (and not counted) in it."""

    energy_wh: int
    findings: tuple[str, ...] = ()


def measure(registers: Sequence[Register], max_power_w: int | None) -> Measured:
    """Adds up the plausible steps between readings given in order of time.

    Readings that fit neither before nor after are outliers and left out; where none of the next ones continues
    the register, it was reset or swapped, and counting goes on from its new value.
    """
    read = [register for register in registers if register.energy_wh is not None]
    energy_wh, findings, at = 0, list[str](), 0
    while at + 1 < len(read):
        at, step = _following(read, at, max_power_w)
        energy_wh += step.energy_wh
        findings += step.findings
    return Measured(energy_wh, _shortened(findings))


def _shortened(findings: list[str]) -> tuple[str, ...]:
    surplus = len(findings) - _MOST_FINDINGS
    more = (f"and {surplus} more oddities of the meter",) if surplus > 0 else ()
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
    """One step of the register; a step back or one that the connector cannot deliver counts nothing."""
    if before.energy_wh is None or after.energy_wh is None:
        return Measured(0)
    step_wh = after.energy_wh - before.energy_wh
    if step_wh < 0:
        return Measured(0, (f"the meter went back from {before.energy_wh} to {after.energy_wh} Wh",))
    duration_s = max(0.0, (after.at - before.at).total_seconds())
    rating_w = max_power_w or UNRATED_W
    if step_wh * 3600 > rating_w * (duration_s + _SLACK_S):
        return Measured(0, (_jump(step_wh, duration_s, rating_w),))
    return Measured(step_wh)


def _jump(step_wh: int, duration_s: float, rating_w: int) -> str:
    return (
        f"the meter rose by {step_wh} Wh within {duration_s:.0f} s, "
        f"more than the connector's {rating_w / 1000:g} kW can deliver"
    )
