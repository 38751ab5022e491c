"""When a session must stop, and what a start needs."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.domain.accounts import Funds
from cloud.domain.ledger import LedgerAccount, LedgerKind, Transfer, after, squared, transfer
from cloud.domain.pricing import LineKind, Price, Usage, price
from cloud.domain.tariffs import Dimension, Element, PriceComponent, PriceLimit, Restrictions, Terms
from cloud.domain.wallets import REACTION, default_hold_minor, has_later_fee, is_free, soon_minor

BEGIN = datetime(2026, 3, 2, 17, 30, tzinfo=UTC)
DIMENSIONS = st.sampled_from([Dimension.ENERGY, Dimension.TIME, Dimension.FLAT])
RESTRICTIONS = st.sampled_from(
    [
        Restrictions(),
        Restrictions(start_time=time(18)),
        Restrictions(max_kwh=Decimal(7)),
        Restrictions(min_duration=900),
    ]
)
PRICES = st.integers(0, 300).map(lambda cents: Decimal(cents) / 100)
VATS = st.sampled_from([None, Decimal(7), Decimal("19.6")])
COMPONENTS = st.builds(PriceComponent, DIMENSIONS, PRICES, VATS, st.sampled_from([1, 100, 600]))
ELEMENTS = st.builds(Element, st.lists(COMPONENTS, min_size=1, max_size=3).map(tuple), RESTRICTIONS)
TERMS = st.lists(ELEMENTS, min_size=1, max_size=3).map(lambda elements: Terms("EUR", tuple(elements)))


@given(TERMS, st.integers(1, 3600), st.integers(0, 50_000), st.integers(10, 900))
def test_whatever_element_comes_next_it_costs_no_more_than_was_feared(
    terms: Terms, seconds: int, power_w: int, interval_s: int
) -> None:
    """A few cents of rounding aside: each line and each VAT rate is rounded once."""

    def priced(at_s: int) -> Price:
        ended = BEGIN + timedelta(seconds=at_s)
        readings = tuple((BEGIN + timedelta(seconds=s), power_w * s // 3600) for s in range(0, at_s, 60))
        return price(terms, Usage(power_w * at_s // 3600, BEGIN, ended, readings), UTC)

    interval = timedelta(seconds=interval_s)
    later_s = seconds + interval_s + int(REACTION.total_seconds())
    now = priced(seconds)
    fee_due = has_later_fee(terms) and not any(line.dimension is LineKind.FLAT for line in now.lines)
    assert priced(later_s).gross_minor <= soon_minor(terms, now.gross_minor, power_w, interval, fee_due=fee_due) + 8


def test_half_a_minute_more_than_the_interval_is_reckoned_with() -> None:
    """11 kW for five and a half minutes are 1.00833 kWh, at 0.40 and 20 % VAT 0.484 EUR; a Wh may have begun."""
    terms = Terms("EUR", (Element((PriceComponent(Dimension.ENERGY, Decimal("0.40"), Decimal(20)),)),))
    assert soon_minor(terms, 100, 11_000, timedelta(minutes=5)) == 149


@pytest.mark.parametrize(
    ("component", "least", "free"),
    [(Decimal(0), None, True), (Decimal("0.01"), None, False), (Decimal(0), PriceLimit(Decimal(1)), False)],
)
def test_what_is_free(component: Decimal, least: PriceLimit | None, free: bool) -> None:
    asked = (PriceComponent(Dimension.FLAT, component), PriceComponent(Dimension.ENERGY, Decimal(0)))
    assert is_free(Terms("EUR", (Element(asked),), least)) is free


@given(st.builds(Funds, st.integers(-50, 50), st.integers(0, 50), st.integers(-50, 50)))
def test_nobody_owes_while_there_is_money_in_the_wallet(funds: Funds) -> None:
    left = after(funds, squared(funds, "EUR", 1), "EUR", 1)
    assert left.free_minor - left.owed_minor == funds.free_minor - funds.owed_minor
    assert left.held_minor == funds.held_minor
    assert left.owed_minor >= 0 and (left.owed_minor == 0 or left.free_minor <= 0)


def test_a_negative_amount_goes_the_other_way() -> None:
    one, other = (LedgerAccount(kind, "EUR") for kind in (LedgerKind.CASH, LedgerKind.REVENUE))
    assert transfer(one, other, 5) == (Transfer(one, other, 5),)
    assert transfer(one, other, -5) == (Transfer(other, one, 5),)
    assert transfer(one, other, 0) == ()


def test_a_hold_without_a_setting_is_a_few_units() -> None:
    assert [default_hold_minor(currency) for currency in ("EUR", "JPY", "KWD")] == [500, 500, 5000]
