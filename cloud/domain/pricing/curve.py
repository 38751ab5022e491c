"""Energy over time: straight lines between readings, in whole Wh."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from cloud.domain.usage import Usage

MICROSECOND = timedelta(microseconds=1)
_US_PER_HOUR = 3_600_000_000


class Point(NamedTuple):
    """So much energy had been delivered at that instant."""

    at: datetime
    energy_wh: int


class Slope(NamedTuple):
    """Mean power, exactly: energy and how long it took; energy that took no time is endless power."""

    energy_wh: int
    took_us: int

    def reaches(self, power_kw: Decimal) -> bool:
        if self.took_us == 0:
            return self.energy_wh > 0
        return self.energy_wh * _US_PER_HOUR >= power_kw * 1000 * self.took_us


def slope(left: Point, right: Point) -> Slope:
    """The mean power between two points."""
    return Slope(right.energy_wh - left.energy_wh, (right.at - left.at) // MICROSECOND)


@dataclass(frozen=True, slots=True)
class Curve:
    """From the session's beginning to its end, or to the pulled plug; never falling, at one instant it may jump."""

    points: tuple[Point, ...]

    @property
    def begin(self) -> datetime:
        return self.points[0].at

    @property
    def end(self) -> datetime:
        return self.points[-1].at

    def point_at(self, at: datetime) -> Point:
        """The energy by an instant between begin and end, rounded half up; before a jump if there is one."""
        after = bisect_left(self.points, at, key=lambda point: point.at)
        if after == 0 or self.points[after].at == at:
            return Point(at, self.points[after].energy_wh)
        (left, left_wh), (right, right_wh) = self.points[after - 1], self.points[after]
        rise = (right_wh - left_wh) * ((at - left) // MICROSECOND)
        return Point(at, left_wh + _rounded(rise, (right - left) // MICROSECOND))

    def point_of(self, energy_wh: int) -> Point:
        """When an amount between 0 and the total was reached."""
        after = bisect_left(self.points, energy_wh, key=lambda point: point.energy_wh)
        if after == 0 or self.points[after].energy_wh == energy_wh:
            return Point(self.points[after].at, energy_wh)
        (left, left_wh), (right, right_wh) = self.points[after - 1], self.points[after]
        way = (energy_wh - left_wh) * ((right - left) // MICROSECOND)
        return Point(left + _rounded(way, right_wh - left_wh) * MICROSECOND, energy_wh)

    def slope_from(self, at: datetime) -> Slope:
        """The mean power between the readings around an instant."""
        after = min(bisect_right(self.points, at, key=lambda point: point.at), len(self.points) - 1)
        return slope(self.points[max(0, after - 1)], self.points[after])


def curve(usage: Usage) -> Curve:
    """The curve of a usage whose readings may come in any order, fall, or lie outside of the session."""
    begin = usage.started_at.astimezone(UTC)
    end = max(begin, usage.ended_at.astimezone(UTC))
    total_wh = max(0, usage.energy_wh)
    points = [Point(begin, 0), *_between(usage, begin, end, total_wh), Point(end, total_wh)]
    if usage.unplugged_at and usage.unplugged_at > end:
        points.append(Point(usage.unplugged_at.astimezone(UTC), total_wh))
    return Curve(tuple(points))


def _between(usage: Usage, begin: datetime, end: datetime, total_wh: int) -> Iterator[Point]:
    reached_wh = 0
    for at, energy_wh in sorted((at.astimezone(UTC), energy_wh) for at, energy_wh in usage.readings):
        if begin <= at <= end:
            reached_wh = min(total_wh, max(reached_wh, energy_wh))
            yield Point(at, reached_wh)


def _rounded(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
