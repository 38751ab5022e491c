"""Energy from a meter's register: the sum of its plausible steps, and a plain word about every other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

UNRATED_W = 500_000
"""What a connector of unknown rating is believed to deliver at most: the strongest CCS chargers of today."""

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
    """Adds up the steps between readings given in order of time."""
    read = [register for register in registers if register.energy_wh is not None]
    steps = [delta(before, after, max_power_w) for before, after in pairwise(read)]
    findings = tuple(finding for step in steps for finding in step.findings)
    return Measured(sum(step.energy_wh for step in steps), findings)


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
