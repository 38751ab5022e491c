"""What the car did when: it charged, was idle within the grace, or parked."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cloud.domain.pricing.result import PeriodKind
from cloud.domain.usage import Interval, Usage


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `begin` to the next stretch."""

    begin: datetime
    kind: PeriodKind


def stretches(usage: Usage, begin: datetime, end: datetime, grace_s: int) -> list[Stretch]:
    """The whole session; each time the car stops asking for energy, so many seconds of grace begin."""
    found = [Stretch(begin, PeriodKind.CHARGING)]
    for left, right in _united(_idle(usage, begin, end)):
        parking = min(right, left + timedelta(seconds=grace_s))
        found += [Stretch(left, PeriodKind.GRACE), Stretch(parking, PeriodKind.PARKING)]
        found.append(Stretch(right, PeriodKind.CHARGING))
    return found


def kind_at(found: list[Stretch], at: datetime) -> PeriodKind:
    """What the car did from that instant on."""
    return found[bisect_right(found, at, key=lambda stretch: stretch.begin) - 1].kind


def _idle(usage: Usage, begin: datetime, end: datetime) -> list[Interval]:
    ended = min(end, max(begin, usage.ended_at.astimezone(UTC)))
    told = [(left.astimezone(UTC), right.astimezone(UTC)) for left, right in usage.idle] + [(ended, end)]
    clipped = [(max(begin, left), min(end, right)) for left, right in told]
    return sorted((left, right) for left, right in clipped if left < right)


def _united(intervals: Iterable[Interval]) -> list[Interval]:
    united: list[Interval] = []
    for left, right in intervals:
        if united and left <= united[-1][1]:
            united[-1] = (united[-1][0], max(right, united[-1][1]))
        else:
            united.append((left, right))
    return united
