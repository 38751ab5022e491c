"""Minor units and the one rounding."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.domain.errors import UnknownCurrency
from cloud.domain.money import format_minor, from_minor, minor_digits, to_minor


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("2.145", "EUR", 215),
        ("2.144999", "EUR", 214),
        ("0.005", "EUR", 1),
        ("149.5", "JPY", 150),
        ("149.4999", "JPY", 149),
        ("1.2345", "KWD", 1235),
        ("1.23449", "KWD", 1234),
        ("0", "EUR", 0),
    ],
)
def test_half_is_rounded_up(amount: str, currency: str, minor: int) -> None:
    assert to_minor(Decimal(amount), currency) == minor


@pytest.mark.parametrize(
    ("minor", "currency", "shown"), [(215, "EUR", "2.15 EUR"), (150, "JPY", "150 JPY"), (5, "KWD", "0.005 KWD")]
)
def test_money_is_shown_with_its_decimals(minor: int, currency: str, shown: str) -> None:
    assert format_minor(minor, currency) == shown


@pytest.mark.parametrize("code", ["", "eur", "EURO", "E1!", "€€€"])
def test_what_is_no_currency_is_refused(code: str) -> None:
    with pytest.raises(UnknownCurrency, match="ISO 4217"):
        minor_digits(code)


@given(st.integers(-(10**12), 10**12), st.sampled_from(["JPY", "EUR", "KWD"]))
def test_minor_units_survive_the_way_there_and_back(minor: int, currency: str) -> None:
    assert to_minor(from_minor(minor, currency), currency) == minor
