"""What earlier versions wrote reads as it was meant: prices in bills, and elements of tariffs."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from cloud.domain.pricing import LineKind, Price, Usage, price
from cloud.domain.tariffs import Element, Restrictions, Terms

LINE = {"dimension": "ENERGY", "quantity": "5.512", "unit_price": "0.39", "net_minor": 215, "vat_percent": "19"}
OLD_PRICE = {
    "currency": "EUR",
    "lines": [{**LINE, "why": "5.512 kWh × 0.39 EUR"}],
    "vat_groups": [{"percent": "19", "net_minor": 215, "vat_minor": 41}],
    "net_minor": 215,
    "vat_minor": 41,
    "gross_minor": 256,
}
OLD_ELEMENTS = [{"price_components": [{"type": "ENERGY", "price": "0.39", "vat": "19"}]}]
BEGIN = datetime(2026, 3, 10, tzinfo=UTC)


def test_a_price_from_before_there_were_periods() -> None:
    read = msgspec.convert(OLD_PRICE, Price)
    assert (read.periods, read.lines[0].dimension, read.lines[0].quantity) == ((), LineKind.ENERGY, Decimal("5.512"))


def test_elements_from_before_there_were_steps_and_restrictions_price_as_they_did() -> None:
    read = msgspec.convert(OLD_ELEMENTS, tuple[Element, ...])
    assert read[0].restrictions == Restrictions()
    now = price(Terms("EUR", read), Usage(5512, BEGIN, BEGIN), UTC)
    assert now.lines == msgspec.convert(OLD_PRICE, Price).lines
    assert now.gross_minor == 256


def test_a_price_reads_back_as_it_was_written() -> None:
    priced = price(Terms("EUR", msgspec.convert(OLD_ELEMENTS, tuple[Element, ...])), Usage(1000, BEGIN, BEGIN), UTC)
    assert msgspec.convert(msgspec.to_builtins(priced), Price) == priced
