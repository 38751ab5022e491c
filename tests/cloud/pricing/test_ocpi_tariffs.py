"""Tariffs as OCPI writes them: what is written reads back, and what is wrong is named by element and field."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from cloud.domain import ocpi_tariffs
from cloud.domain.errors import BadTariff, UnknownCurrency
from cloud.domain.tariffs import PriceLimit, TariffVersion, Terms
from tests.cloud.pricing.generated import terms

BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
ENERGY = {"type": "ENERGY", "price": Decimal("0.39"), "step_size": 1}


def tariff(**changes: Any) -> dict[str, Any]:
    return {"id": "t", "currency": "EUR", "elements": [{"price_components": [ENERGY]}], **changes}


def element(components: Any = (ENERGY,), **restrictions: Any) -> dict[str, Any]:
    """A tariff whose second element is this one."""
    listed = list(components) if isinstance(components, tuple) else components
    return tariff(elements=[{"price_components": [ENERGY]}, {"price_components": listed, "restrictions": restrictions}])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(terms())
def test_what_is_written_reads_back(asked: Terms) -> None:
    version = TariffVersion(1, 1, "Tag und Nacht", 1, asked, BEGIN, END)
    text = json.dumps(ocpi_tariffs.write(version))
    read = ocpi_tariffs.read(json.loads(text, parse_float=Decimal))
    assert (read.name, read.terms, read.valid_from, read.valid_until) == ("Tag und Nacht", asked, BEGIN, END)


def test_what_does_not_concern_the_price_is_left_out() -> None:
    owner = {"country_code": "DE", "party_id": "ABC", "type": "AD_HOC_PAYMENT", "last_updated": "2026-01-01T00:00:00Z"}
    text = {"tariff_alt_text": [{"language": "de", "text": "Guten Tag"}], "energy_mix": None, "max_price": None}
    assert ocpi_tariffs.read(tariff(**owner, **text)) == ocpi_tariffs.read(tariff())


def test_limits_in_the_form_of_2_3_0() -> None:
    limit = {"before_taxes": 10, "taxes": [{"name": "VAT", "amount": Decimal("1.9")}]}
    read = ocpi_tariffs.read(tariff(tax_included="NO", max_price=limit, min_price={"before_taxes": 1})).terms
    assert (read.min_price, read.max_price) == (PriceLimit(Decimal(1)), PriceLimit(Decimal(10), Decimal("11.9")))


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ([], "it must be an object with fields"),
        ({"currency": "EUR", "elements": []}, "id is missing"),
        (tariff(elements=[]), "at least one price; for free charging give a price of 0"),
        (tariff(elements={}), "elements: {} is wrong; it must be a list"),
        (tariff(min_prize=1), "there is no field 'min_prize'; known are id"),
        (tariff(tax_included="YES"), "tax_included: YES is wrong; prices are taken without tax"),
        (tariff(max_price={}), "max_price: excl_vat, the amount without VAT, is missing"),
        (tariff(max_price={"excl_vat": 2, "incl_vat": 1}), "max_price: incl_vat 1 is below excl_vat 2"),
        (tariff(min_price={"excl_vat": 3}, max_price={"excl_vat": 2}), "max_price excl_vat 2 is below min_price excl_"),
        (tariff(start_date_time="soon"), "start_date_time: soon is wrong; it must be a time in UTC"),
        (tariff(parking_grace_s=90_000), "parking_grace_s is 90000; it must be between 0 and 86400"),
        (element([]), "element 2: price_components is empty"),
        (element((ENERGY, ENERGY)), "element 2: there are 2 prices for ENERGY"),
        (
            element(({**ENERGY, "type": "AIR"},)),
            "element 2: price_components: price 1: type: AIR is wrong; it must be one",
        ),
        (element(({"type": "TIME"},)), "element 2: price_components: price 1: price is missing"),
        (element(({**ENERGY, "price": Decimal("-0.1")},)), "element 2: ENERGY price is -0.1; it must be 0 or more"),
        (element(({**ENERGY, "price": Decimal("NaN")},)), "element 2: ENERGY price is NaN; it must be 0 or more"),
        (
            element(({**ENERGY, "price": Decimal("1e9")},)),
            "element 2: ENERGY price is 1E+9; it must be below 1,000,000",
        ),
        (element(({**ENERGY, "price": "0.39"},)), "price: 0.39 is wrong; it must be a number"),
        (element(({**ENERGY, "vat": 119},)), "element 2: ENERGY vat is 119; it must be between 0 and 100"),
        (element(({**ENERGY, "step_size": 0},)), "element 2: ENERGY step_size is 0; it must be 1 or more"),
        (element(({**ENERGY, "step_size": Decimal("1.5")},)), "step_size: 1.5 is wrong; it must be a whole number"),
        (element(start_time="24:00"), "element 2: restrictions: start_time: 24:00 is wrong; it must be a time such"),
        (element(start_time="08:00", end_time="08:00"), "element 2: start_time and end_time are both 08:00"),
        (element(end_time="00:00"), "element 2: start_time and end_time are both 00:00"),
        (element(start_date="2026-02-30"), "start_date: 2026-02-30 is wrong; it must be a day such as"),
        (element(start_date="2026-03-02", end_date="2026-03-02"), "end_date 2026-03-02 must be after start_date"),
        (element(min_kwh=5, max_kwh=5), "element 2: max_kwh 5 is not above min_kwh 5"),
        (element(max_kwh=Decimal("0.0005")), "element 2: max_kwh is 0.0005; a meter counts whole Wh"),
        (element(min_power=-1), "element 2: min_power is -1; it must be 0 or more"),
        (element(min_duration=Decimal("0.5")), "min_duration: 0.5 is wrong; it must be a whole number"),
        (element(min_duration=Decimal("1e999999999")), "min_duration: a number has at most 30 digits"),
        (element(min_kwh=Decimal("1e-999999999")), "min_kwh: a number has at most 30 digits"),
        (element(day_of_week=["FUNDAY"]), "day_of_week: day 1: FUNDAY is wrong; it must be one of MONDAY"),
        (element(min_current=6), "min_current: 6 is wrong; prices by current are not supported; use min_power"),
        (
            element(reservation="RESERVATION"),
            "element 2: restrictions: reservation: RESERVATION is wrong; prices of re",
        ),
    ],
)
def test_what_is_wrong_is_named(given: object, complaint: str) -> None:
    with pytest.raises(BadTariff) as refusal:
        ocpi_tariffs.read(given)
    assert complaint in str(refusal.value)


def test_a_currency_that_is_none() -> None:
    with pytest.raises(UnknownCurrency, match="Euro"):
        ocpi_tariffs.read(tariff(currency="Euro"))
