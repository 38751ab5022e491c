"""Tariffs in the terms of OCPI 2.2.1 and 2.3.0: version, element, price component, restrictions."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache


class Dimension(StrEnum):
    """TariffDimensionType of OCPI: what a price component asks money for."""

    ENERGY = "ENERGY"
    TIME = "TIME"
    PARKING_TIME = "PARKING_TIME"
    FLAT = "FLAT"


class Weekday(StrEnum):
    """DayOfWeek of OCPI, Monday first as in datetime.weekday()."""

    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


@dataclass(frozen=True, slots=True)
class PriceComponent:
    """`price` without VAT in whole currency units: per kWh (ENERGY), per hour (TIME, PARKING_TIME), per session (FLAT).

    `vat` is in percent, None if none applies. `step_size` is in Wh (ENERGY) or seconds (TIME, PARKING_TIME).
    """

    type: Dimension
    price: Decimal
    vat: Decimal | None = None
    step_size: int = 1


@dataclass(frozen=True, slots=True)
class Restrictions:
    """When an element applies (TariffRestrictions): every field that is given must hold; "to" is always exclusive.

    Times, dates and days are those of the site; a `start_time` after the `end_time` spans midnight. kWh and
    durations (in seconds) count from the session's beginning, parking included; power is in kW.
    """

    start_time: time | None = None
    end_time: time | None = None
    start_date: date | None = None
    end_date: date | None = None
    min_kwh: Decimal | None = None
    max_kwh: Decimal | None = None
    min_power: Decimal | None = None
    max_power: Decimal | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    day_of_week: tuple[Weekday, ...] = ()

    @property
    def given(self) -> frozenset[str]:
        """The names of the fields that restrict anything."""
        return _given(self)


@lru_cache(maxsize=1024)
def _given(restrictions: Restrictions) -> frozenset[str]:
    values = ((field.name, getattr(restrictions, field.name)) for field in fields(restrictions))
    return frozenset(name for name, value in values if value not in (None, ()))


@dataclass(frozen=True, slots=True)
class Element:
    """Price components that apply together while the restrictions hold."""

    price_components: tuple[PriceComponent, ...]
    restrictions: Restrictions = Restrictions()


@dataclass(frozen=True, slots=True)
class PriceLimit:
    """A least or highest price of a session in whole currency units; where both are given, both are kept (OCPI)."""

    excl_vat: Decimal
    incl_vat: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked for a session: for each dimension the first element that has it and whose restrictions hold.

    `parking_grace_s` is ours, not OCPI's: each time the car stops asking for energy, so many seconds are free.
    """

    currency: str
    elements: tuple[Element, ...]
    min_price: PriceLimit | None = None
    max_price: PriceLimit | None = None
    parking_grace_s: int = 0

    @property
    def dimensions(self) -> frozenset[Dimension]:
        """What it asks money for."""
        return frozenset(component.type for component in components(self.elements))

    @property
    def needs_readings(self) -> bool:
        """Whether the price depends on when the energy flowed; otherwise the session's total is enough."""
        return any(map(_looks_at_the_curve, self.elements))

    @property
    def needs_clock(self) -> bool:
        """Whether the price depends on the site's time of day or date."""
        return any(element.restrictions.given & BY_CLOCK for element in self.elements)

    @property
    def needs_states(self) -> bool:
        """Whether the price depends on when the car asked for energy."""
        return bool(self.dimensions & {Dimension.TIME, Dimension.PARKING_TIME})

    @property
    def prices_parking(self) -> bool:
        """Whether the price may grow until the plug is pulled."""
        return Dimension.PARKING_TIME in self.dimensions


BY_CLOCK = frozenset({"start_time", "end_time", "start_date", "end_date", "day_of_week"})
_BY_ENERGY = frozenset({"min_kwh", "max_kwh", "min_power", "max_power"})


def _looks_at_the_curve(element: Element) -> bool:
    given = element.restrictions.given
    prices_energy = any(component.type is Dimension.ENERGY for component in element.price_components)
    return bool(given & _BY_ENERGY) or bool(given and prices_energy)


@dataclass(frozen=True, slots=True)
class Tariff:
    """A named tariff; its prices are in its versions."""

    id: int
    organisation_id: int
    name: str


@dataclass(frozen=True, slots=True)
class TariffVersion:
    """What a tariff asks of sessions that begin in its validity; never changed, so a session can be pinned to it."""

    id: int
    tariff_id: int
    name: str
    number: int
    terms: Terms
    valid_from: datetime
    valid_until: datetime | None = None


def components(elements: Iterable[Element]) -> list[PriceComponent]:
    """All price components, in order."""
    return [component for element in elements for component in element.price_components]


def simple_terms(currency: str, per_kwh: Decimal, per_session: Decimal, vat: Decimal | None) -> Terms:
    """One unrestricted element with a price per kWh and, unless zero, one per session."""
    asked = [PriceComponent(Dimension.ENERGY, per_kwh, vat)]
    if per_session:
        asked.append(PriceComponent(Dimension.FLAT, per_session, vat))
    return Terms(currency, (Element(tuple(asked)),))
