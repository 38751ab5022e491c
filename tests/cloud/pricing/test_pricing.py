"""The one pricing function."""

from datetime import UTC
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.domain.errors import BadTariff
from cloud.domain.pricing import energy_only, price
from cloud.domain.tariff_checks import check
from cloud.domain.tariffs import Dimension, Element, PriceComponent, Terms, simple_terms

currencies = st.sampled_from(["JPY", "EUR", "KWD"])
prices = st.decimals(0, 100, places=4)
rates = st.none() | st.sampled_from([Decimal("0"), Decimal("5.5"), Decimal("19"), Decimal("25")])
components = st.builds(PriceComponent, st.sampled_from(Dimension), prices, rates)
elements = st.lists(st.builds(Element, st.lists(components, min_size=1, max_size=3).map(tuple)), min_size=1, max_size=3)
energies = st.integers(0, 10**7)


def tariff(*elements: Element, currency: str = "EUR") -> Terms:
    return Terms(currency, elements)


def simple(per_kwh: str, per_session: str, vat: str | None, currency: str = "EUR") -> Terms:
    given_vat = None if vat is None else Decimal(vat)
    return simple_terms(currency, Decimal(per_kwh), Decimal(per_session), given_vat)


@given(elements, currencies, energies)
def test_lines_and_vat_groups_sum_to_the_total(given_elements: list[Element], currency: str, energy_wh: int) -> None:
    priced = price(tariff(*given_elements, currency=currency), energy_only(energy_wh), UTC)
    assert sum(line.net_minor for line in priced.lines) == priced.net_minor
    assert sum(group.vat_minor for group in priced.vat_groups) == priced.vat_minor
    assert priced.net_minor + priced.vat_minor == priced.gross_minor
    taxed = [line.net_minor for line in priced.lines if line.vat_percent is not None]
    assert sum(group.net_minor for group in priced.vat_groups) == sum(taxed)


@given(elements, currencies, energies, energies)
def test_price_never_falls_as_energy_grows(given_elements: list[Element], currency: str, one: int, more: int) -> None:
    version = tariff(*given_elements, currency=currency)
    less, most = sorted((one, one + more))
    assert price(version, energy_only(less), UTC).gross_minor <= price(version, energy_only(most), UTC).gross_minor


@pytest.mark.parametrize(
    ("version", "energy_wh", "net", "vat", "gross"),
    [
        (simple("0.39", "0.35", "19"), 5512, 250, 48, 298),  # 2.14968 -> 2.15, + 0.35 = 2.50; 0.475 -> 0.48
        (simple("0.39", "0", "19"), 5512, 215, 41, 256),
        (simple("0.39", "0.35", None), 5512, 250, 0, 250),
        (simple("30", "100", "10", "JPY"), 5512, 265, 27, 292),  # 165.36 -> 165
        (simple("0.0255", "0.1", "5", "KWD"), 10_000, 355, 18, 373),  # 17.75 -> 18
        (simple("0", "0", "19"), 99_999, 0, 0, 0),
        (simple("0.39", "0.35", "19"), 0, 35, 7, 42),
    ],
)
def test_worked_examples(version: Terms, energy_wh: int, net: int, vat: int, gross: int) -> None:
    priced = price(version, energy_only(energy_wh), UTC)
    assert (priced.net_minor, priced.vat_minor, priced.gross_minor) == (net, vat, gross)


def test_lines_explain_themselves() -> None:
    lines = price(simple("0.39", "0.35", "19"), energy_only(5512), UTC).lines
    assert [line.why for line in lines] == ["5.512 kWh × 0.39 EUR", "1 session × 0.35 EUR"]


def test_first_element_with_a_dimension_applies() -> None:
    dear = Element((PriceComponent(Dimension.ENERGY, Decimal(1)),))
    cheap = Element((PriceComponent(Dimension.ENERGY, Decimal("0.1")), PriceComponent(Dimension.FLAT, Decimal(2))))
    assert price(tariff(dear, cheap), energy_only(1000), UTC).net_minor == 300


def test_vat_is_rounded_once_for_each_rate() -> None:
    lines = (
        PriceComponent(Dimension.ENERGY, Decimal("0.03"), Decimal(19)),
        PriceComponent(Dimension.FLAT, Decimal("0.03"), Decimal(19)),
    )
    assert price(tariff(Element(lines)), energy_only(1000), UTC).vat_minor == 1  # 1.14, not 0.57 -> 1 twice


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        (tariff(), "at least one price"),
        (simple_terms("EUR", Decimal("-0.1"), Decimal(0), None), "0 or more"),
        (simple_terms("EUR", Decimal("NaN"), Decimal(0), None), "0 or more"),
        (simple_terms("EUR", Decimal("0.1"), Decimal(0), Decimal(119)), "between 0 and 100"),
    ],
)
def test_a_tariff_that_cannot_price_is_refused(bad: Terms, complaint: str) -> None:
    with pytest.raises(BadTariff, match=complaint):
        check(bad)
