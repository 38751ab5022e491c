"""Where prices may change: times of day and dates on the site's clock, durations, amounts, and what the car did."""

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta, tzinfo
from decimal import Decimal
from itertools import pairwise

from cloud.domain.money import rounded
from cloud.domain.pricing.curve import Curve, Point, slope
from cloud.domain.pricing.states import Stretch
from cloud.domain.tariffs import Restrictions, Terms

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_POWER = frozenset({"min_power", "max_power"})


def cuts(terms: Terms, drawn: Curve, stretches: Iterable[Stretch], zone: tzinfo) -> list[Point]:
    """All points between which one set of prices applies, from the beginning to the end, in order."""
    restrictions = [element.restrictions for element in terms.elements]
    given = frozenset[str]().union(*(each.given for each in restrictions))
    instants = {drawn.begin, *_durations(restrictions, drawn), *(stretch.begin for stretch in stretches)}
    if terms.needs_clock:
        instants |= set(_local(restrictions, drawn, zone))
    if given & _POWER:
        instants |= set(_power_changes(restrictions, drawn))
    points = {drawn.point_at(at) for at in instants if drawn.begin <= at < drawn.end}
    return sorted(points | _amounts(restrictions, drawn) | {drawn.points[0], drawn.points[-1]})


def _durations(restrictions: Iterable[Restrictions], drawn: Curve) -> Iterator[datetime]:
    for each in restrictions:
        for duration_s in (each.min_duration, each.max_duration):
            if duration_s is not None:
                yield drawn.begin + timedelta(seconds=duration_s)


def _amounts(restrictions: Iterable[Restrictions], drawn: Curve) -> set[Point]:
    limits = {limit for each in restrictions for limit in (each.min_kwh, each.max_kwh) if limit is not None}
    total_wh = drawn.points[-1].energy_wh
    return {drawn.point_of(amount_wh) for amount_wh in map(watt_hours, limits) if 0 < amount_wh <= total_wh}


def _power_changes(restrictions: Iterable[Restrictions], drawn: Curve) -> Iterator[datetime]:
    limits = {limit for each in restrictions for limit in (each.min_power, each.max_power) if limit is not None}
    before: list[bool] = []
    for left, right in pairwise(drawn.points):
        power = slope(left, right)
        reached = [power.reaches(limit) for limit in limits]
        if reached != before:
            yield left.at
        before = reached


def watt_hours(kwh: Decimal) -> int:
    """kWh in whole Wh."""
    return rounded(kwh.scaleb(3))


def _local(restrictions: Iterable[Restrictions], drawn: Curve, zone: tzinfo) -> Iterator[datetime]:
    """Instants at which the site's clock shows midnight or a time that is given, and those at which it is set."""
    clocks = {time(), *(clock for each in restrictions for clock in (each.start_time, each.end_time) if clock)}
    steady = [drawn.begin, *_clock_changes(drawn.begin, drawn.end, zone), drawn.end]
    for begin, end in pairwise(steady):
        yield begin
        yield from _shown(begin, end, _offset(begin, zone), clocks)


def _shown(begin: datetime, end: datetime, offset: timedelta, clocks: Iterable[time]) -> Iterator[datetime]:
    day = (begin + offset).replace(hour=0, minute=0, second=0, microsecond=0)
    while day - offset < end:
        for clock in clocks:
            at = day + timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second) - offset
            if begin <= at < end:
                yield at
        day += _DAY


def _clock_changes(begin: datetime, end: datetime, zone: tzinfo) -> Iterator[datetime]:
    at = begin
    while at < end:
        following = min(at + _DAY, end)
        if _offset(at, zone) != _offset(following, zone):
            yield _change(at, following, zone)
        at = following


def _change(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The whole second at which the clock is set; zones change on whole minutes."""
    before, after = before.replace(microsecond=0), after.replace(microsecond=0) + _SECOND
    while after - before > _SECOND:
        middle = before + timedelta(seconds=(after - before) // _SECOND // 2)
        before, after = (middle, after) if _offset(middle, zone) == _offset(before, zone) else (before, middle)
    return after


def _offset(at: datetime, zone: tzinfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()
