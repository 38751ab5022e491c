"""Tariffs in OCPI 2.x terms: tariff, version, element, price component; prices exclude VAT."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from cloud.domain.errors import BadTariff
from cloud.domain.money import minor_digits


class Dimension(StrEnum):
    """TariffDimensionType of OCPI; TIME and PARKING_TIME will join."""

    ENERGY = "ENERGY"
    FLAT = "FLAT"


@dataclass(frozen=True, slots=True)
class PriceComponent:
    """`price` in whole currency units per kWh (ENERGY) or per session (FLAT); `vat` in percent, None if none."""

    type: Dimension
    price: Decimal
    vat: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Element:
    """Price components that apply together; restrictions will join here."""

    price_components: tuple[PriceComponent, ...]


@dataclass(frozen=True, slots=True)
class Tariff:
    """A named tariff; its prices are in its versions."""

    id: int
    organisation_id: int
    name: str


@dataclass(frozen=True, slots=True)
class TariffVersion:
    """What a tariff asks from `valid_from` on; never changed, so a session can be pinned to it."""

    id: int
    tariff_id: int
    name: str
    number: int
    currency: str
    elements: tuple[Element, ...]
    valid_from: datetime


def simple_elements(per_kwh: Decimal, per_session: Decimal, vat: Decimal | None) -> tuple[Element, ...]:
    """One unrestricted element with a price per kWh and, unless zero, one per session."""
    components = [PriceComponent(Dimension.ENERGY, per_kwh, vat)]
    if per_session:
        components.append(PriceComponent(Dimension.FLAT, per_session, vat))
    return (Element(tuple(components)),)


def check(currency: str, elements: tuple[Element, ...]) -> None:
    """Raises BadTariff or UnknownCurrency when these elements cannot price a session."""
    minor_digits(currency)
    components = [component for element in elements for component in element.price_components]
    if not components:
        raise BadTariff("a tariff needs at least one price; for free charging give a price of 0")
    for component in components:
        _check_component(component)


def _check_component(component: PriceComponent) -> None:
    if not component.price.is_finite() or component.price < 0:
        raise BadTariff(f"the {component.type} price is {component.price}; it must be 0 or more")
    if component.vat is not None and not 0 <= component.vat <= 100:
        raise BadTariff(f"VAT is {component.vat} %; it must be between 0 and 100")
