"""What holds for any tariff and any session."""

import random
from dataclasses import replace
from datetime import UTC, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.domain.money import minor_digits
from cloud.domain.pricing import LineKind, Price, Usage, price
from cloud.domain.tariffs import Dimension, Element, PriceComponent, PriceLimit, Terms
from tests.cloud.pricing.generated import BEGINS, MINUTE, ZONES, elements, rates, restrictions, terms, usages
from tests.cloud.pricing.minutes import by_the_minute

few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
many = settings(few, max_examples=3000)


def alike(one: Price, other: Price) -> bool:
    """The same but for the words and for where periods were cut."""
    return bare(one) == bare(other)


def bare(priced: Price) -> Price:
    return replace(priced, periods=(), lines=tuple(replace(line, why="") for line in priced.lines))


@few
@given(terms(), usages(), ZONES)
def test_sums(asked: Terms, usage: Usage, zone: ZoneInfo) -> None:
    check_sums(asked, price(asked, usage, zone), usage)


def check_sums(asked: Terms, priced: Price, usage: Usage) -> None:
    assert sum(line.net_minor for line in priced.lines) == priced.net_minor
    assert sum(group.vat_minor for group in priced.vat_groups) == priced.vat_minor
    assert priced.net_minor + priced.vat_minor == priced.gross_minor >= 0
    for group in priced.vat_groups:
        assert group.net_minor == sum(line.net_minor for line in priced.lines if line.vat_percent == group.percent)
    assert sum(period.energy_wh for period in priced.periods) == usage.energy_wh
    assert priced.periods[0].start == usage.started_at
    unplugged_at = usage.unplugged_at if asked.prices_parking else None
    assert priced.periods[-1].end == max(usage.ended_at, unplugged_at or usage.ended_at)
    assert all(one.end == other.start for one, other in pairwise(priced.periods))


@few
@given(terms(power=False, limits=False), usages(), ZONES)
def test_a_slow_second_opinion(asked: Terms, usage: Usage, zone: ZoneInfo) -> None:
    check_minutes(asked, usage, zone)


@pytest.mark.soak
@pytest.mark.timeout(1200)
@many
@given(terms(power=False, limits=False), usages(), ZONES)
def test_a_slow_second_opinion_often(asked: Terms, usage: Usage, zone: ZoneInfo) -> None:
    check_minutes(asked, usage, zone)


def check_minutes(asked: Terms, usage: Usage, zone: ZoneInfo) -> None:
    """Each line is its exact sum, rounded half up."""
    digits = 10 ** minor_digits(asked.currency)
    sums = by_the_minute(asked, usage, zone)
    expected = {key: int(amount * digits + Fraction(1, 2)) for key, amount in sums.items() if amount}
    lines = {
        (Dimension(line.dimension), Fraction(line.unit_price), line.vat_percent and Fraction(line.vat_percent)): line
        for line in price(asked, usage, zone).lines
        if line.quantity and line.unit_price
    }
    assert {key: line.net_minor for key, line in lines.items()} == expected


@few
@given(terms(), usages(), ZONES, st.integers(1, 50), st.randoms(use_true_random=False))
def test_more_samples_in_any_order_change_nothing(
    asked: Terms, usage: Usage, zone: ZoneInfo, every: int, shuffled: random.Random
) -> None:
    known = [(usage.started_at, 0), *usage.readings]
    more = [
        (left + n * MINUTE, left_wh + (right_wh - left_wh) * n // int((right - left) / MINUTE))
        for (left, left_wh), (right, right_wh) in pairwise(known)
        for n in range(0, int((right - left) / MINUTE), every)
    ]
    readings = [*usage.readings, *more]
    shuffled.shuffle(readings)
    once, again = (price(asked, each, zone) for each in (usage, replace(usage, readings=tuple(readings))))
    assert once == again


@few
@given(terms(), usages(), ZONES, restrictions())
def test_more_elements_with_the_same_prices_change_nothing(
    asked: Terms, usage: Usage, zone: ZoneInfo, restricted: object
) -> None:
    """An unrestricted element is cut by one before it that asks the same under some restriction."""
    last = Element(asked.elements[-1].price_components)
    whole = replace(asked, elements=(*asked.elements[:-1], last))
    cut = replace(asked, elements=(*asked.elements[:-1], replace(last, restrictions=restricted), last))
    assert alike(price(whole, usage, zone), price(cut, usage, zone))


@few
@given(elements(), rates, st.none() | st.decimals(0, 5, places=2), usages(), st.integers(0, 10**5), ZONES)
def test_price_never_falls_as_energy_grows(
    asked: Element, rate: Decimal | None, limit: Decimal | None, usage: Usage, more_wh: int, zone: ZoneInfo
) -> None:
    """One unrestricted element; with one VAT rate also under limits (they are shared among rates as the lines are)."""
    one_rate = Element(tuple(replace(component, vat=rate) for component in asked.price_components))
    bound = Terms("EUR", (one_rate,), limit and PriceLimit(limit, limit + 1), limit and PriceLimit(limit + 5))
    for some in (Terms("EUR", (Element(asked.price_components),)), bound):
        more = replace(usage, energy_wh=usage.energy_wh + more_wh)
        assert price(some, usage, zone).gross_minor <= price(some, more, zone).gross_minor


@few
@given(terms(), usages(), st.integers(-12 * 60, 14 * 60))
def test_a_zone_is_only_a_shift_of_the_clock(asked: Terms, usage: Usage, minutes: int) -> None:
    def moved(at: object) -> object:
        return at + minutes * MINUTE if at else None  # type: ignore[operator]  # a time, or none

    shifted = replace(
        usage,
        started_at=moved(usage.started_at),
        ended_at=moved(usage.ended_at),
        readings=tuple((moved(at), wh) for at, wh in usage.readings),
        idle=tuple((moved(left), moved(right)) for left, right in usage.idle),
        unplugged_at=moved(usage.unplugged_at),
    )
    assert alike(price(asked, usage, timezone(timedelta(minutes=minutes))), price(asked, shifted, UTC))


@few
@given(terms(), usages(), ZONES)
def test_what_is_said_not_to_be_needed_changes_nothing(asked: Terms, usage: Usage, zone: ZoneInfo) -> None:
    """A live price need not read samples or states again for a tariff that does not depend on them."""
    less = usage if asked.needs_readings else replace(usage, readings=())
    less = less if asked.needs_states else replace(less, idle=())
    less = less if asked.prices_parking else replace(less, unplugged_at=None)
    assert alike(price(asked, usage, zone), price(asked, less, zone))


def test_energy_at_an_instant_has_a_price() -> None:
    asked = Terms("EUR", (Element((PriceComponent(Dimension.ENERGY, Decimal(1)),)),))
    priced = price(asked, Usage(500, BEGINS[0], BEGINS[0]), UTC)
    assert ([line.dimension for line in priced.lines], priced.gross_minor) == ([LineKind.ENERGY], 50)
