"""What pricing gives: charging periods, lines, VAT groups and the total; bills keep it as JSON."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from cloud.domain.tariffs import PriceComponent


class LineKind(StrEnum):
    """What a line is for: OCPI's dimensions, and what a least or highest price adds or takes off."""

    ENERGY = "ENERGY"
    TIME = "TIME"
    PARKING_TIME = "PARKING_TIME"
    FLAT = "FLAT"
    MIN_PRICE = "MIN_PRICE"
    MAX_PRICE = "MAX_PRICE"


class PeriodKind(StrEnum):
    """What the car did: asked for energy, was idle within the tariff's grace, or parked."""

    CHARGING = "charging"
    GRACE = "grace"
    PARKING = "parking"


@dataclass(frozen=True, slots=True)
class ChargingPeriod:
    """A stretch in which the same prices applied: `prices` holds one component for each dimension at most."""

    start: datetime
    end: datetime
    energy_wh: int
    kind: PeriodKind
    prices: tuple[PriceComponent, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One priced quantity: kWh, hours (rounded here, not in the price) or sessions; `why` explains it to the driver."""

    dimension: LineKind
    quantity: Decimal
    unit_price: Decimal
    net_minor: int
    vat_percent: Decimal | None
    why: str


@dataclass(frozen=True, slots=True)
class VatGroup:
    """The VAT of all lines with one rate."""

    percent: Decimal
    net_minor: int
    vat_minor: int


@dataclass(frozen=True, slots=True)
class Price:
    """`gross_minor` is what the driver pays. Lines sum to the net, groups to the VAT, both to the gross."""

    currency: str
    lines: tuple[Line, ...]
    vat_groups: tuple[VatGroup, ...]
    net_minor: int
    vat_minor: int
    gross_minor: int
    periods: tuple[ChargingPeriod, ...] = ()
