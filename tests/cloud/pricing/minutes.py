"""A slow second opinion: minute by minute, one price of each kind a minute, sums as exact fractions."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from cloud.domain.pricing import Usage
from cloud.domain.tariffs import Dimension, PriceComponent, Restrictions, Terms
from tests.cloud.pricing.generated import MINUTE

Sums = Counter[tuple[Dimension, Fraction, Fraction | None]]


def by_the_minute(terms: Terms, usage: Usage, zone: ZoneInfo) -> Sums:
    """Net amounts for each kind, price and rate, unrounded; without power, and without limits."""
    sums, totals, last, flat = Sums(), Counter[Dimension](), dict[Dimension, PriceComponent](), False
    for at, energy_wh, taken_wh, kind in minutes(terms, usage):
        used = {Dimension.ENERGY: taken_wh} | ({kind: 60} if kind else {})
        totals.update(used)
        applied = _applied(terms, at, at.astimezone(zone), energy_wh, usage)
        if Dimension.FLAT in applied and not flat:
            flat, sums[_key(applied[Dimension.FLAT])] = True, Fraction(applied[Dimension.FLAT].price)
        for dimension, amount in used.items():
            if amount and dimension in applied:
                last[dimension] = applied[dimension]
                sums[_key(last[dimension])] += _cost(last[dimension], amount)
    for dimension in (Dimension.ENERGY, Dimension.PARKING_TIME if Dimension.PARKING_TIME in last else Dimension.TIME):
        if dimension in last:
            sums[_key(last[dimension])] += _cost(last[dimension], -totals[dimension] % last[dimension].step_size)
    return sums


def minutes(terms: Terms, usage: Usage) -> list[tuple[datetime, int, int, Dimension | None]]:
    """Each minute with the energy before and in it, and what its time counts as: charging, parking or neither."""
    found, at = list[tuple[datetime, int, int, Dimension | None]](), usage.started_at
    paused = timedelta()
    unplugged_at = usage.unplugged_at if terms.prices_parking else None
    while at < max(usage.ended_at, unplugged_at or usage.ended_at):
        idle = at >= usage.ended_at or any(left <= at < right for left, right in usage.idle)
        kind = None if idle and paused.total_seconds() < terms.parking_grace_s else Dimension.PARKING_TIME
        before_wh = _energy_wh(usage, at)
        found.append((at, before_wh, _energy_wh(usage, at + MINUTE) - before_wh, kind if idle else Dimension.TIME))
        at, paused = at + MINUTE, paused + MINUTE if idle else timedelta()
    return found or [(at, 0, 0, None)]


def _energy_wh(usage: Usage, at: datetime) -> int:
    left, left_wh = usage.started_at, 0
    for right, right_wh in usage.readings:
        if at <= right:
            return left_wh + (right_wh - left_wh) * int((at - left) / MINUTE) // int((right - left) / MINUTE)
        left, left_wh = right, right_wh
    return usage.energy_wh


def _applied(
    terms: Terms, at: datetime, local: datetime, energy_wh: int, usage: Usage
) -> dict[Dimension, PriceComponent]:
    lasting_s = int((at - usage.started_at.astimezone(UTC)).total_seconds())
    holding = [each for each in terms.elements if _holds(each.restrictions, local, energy_wh, lasting_s)]
    components = [component for element in holding for component in element.price_components]
    return {component.type: component for component in reversed(components)}


def _holds(asked: Restrictions, local: datetime, energy_wh: int, lasting_s: int) -> bool:
    clock, begin, end = f"{local:%H:%M}", f"{asked.start_time or '00:00'}"[:5], f"{asked.end_time or '24:00'}"[:5]
    return (
        (begin <= clock < end if begin < end else clock >= begin or clock < end)
        and str(asked.start_date or "0") <= f"{local:%Y-%m-%d}" < str(asked.end_date or "9")
        and (not asked.day_of_week or f"{local:%A}".upper() in asked.day_of_week)
        and (asked.min_kwh or 0) * 1000 <= energy_wh < (asked.max_kwh or 10**9) * 1000
        and (asked.min_duration or 0) <= lasting_s < (asked.max_duration or 10**9)
    )


def _key(component: PriceComponent) -> tuple[Dimension, Fraction, Fraction | None]:
    return component.type, Fraction(component.price), None if component.vat is None else Fraction(component.vat)


def _cost(component: PriceComponent, amount: int) -> Fraction:
    return Fraction(component.price) * amount / (1000 if component.type is Dimension.ENERGY else 3600)
