"""The one pricing function: the live price, the price at stop and the bill.

Rounding, the only one: each line's net is rounded half up to minor units once, and the VAT of each rate is
rounded half up once on the sum of its lines. So lines sum to the net, VAT groups to the VAT, both to the total.
"""

from datetime import UTC, tzinfo
from decimal import Decimal

from cloud.domain.money import from_minor, to_minor
from cloud.domain.pricing.result import ChargingPeriod, Line, LineKind, PeriodKind, Price, VatGroup
from cloud.domain.tariffs import Dimension, PriceComponent, Terms
from cloud.domain.usage import Usage, energy_only

__all__ = [
    "ChargingPeriod",
    "Line",
    "LineKind",
    "PeriodKind",
    "Price",
    "Usage",
    "VatGroup",
    "energy_only",
    "price",
]


_UNITS = {Dimension.ENERGY: "kWh", Dimension.FLAT: "session"}


def price(tariff: Terms, usage: Usage, zone: tzinfo = UTC) -> Price:
    """Prices `usage` with `tariff`; per dimension the first element that has it applies (OCPI)."""
    lines = tuple(_line(component, usage, tariff.currency) for component in _applicable(tariff))
    groups = _vat_groups(lines, tariff.currency)
    net_minor = sum(line.net_minor for line in lines)
    vat_minor = sum(group.vat_minor for group in groups)
    return Price(tariff.currency, lines, groups, net_minor, vat_minor, net_minor + vat_minor)


def _applicable(tariff: Terms) -> list[PriceComponent]:
    first: dict[Dimension, PriceComponent] = {}
    for element in tariff.elements:
        for component in element.price_components:
            first.setdefault(component.type, component)
    return [component for component in first.values() if component.type in _UNITS]


def _line(component: PriceComponent, usage: Usage, currency: str) -> Line:
    quantity = _quantity(component.type, usage)
    why = f"{quantity:f} {_UNITS[component.type]} × {component.price:f} {currency}"
    net_minor = to_minor(quantity * component.price, currency)
    return Line(LineKind(component.type), quantity, component.price, net_minor, component.vat, why)


def _quantity(dimension: Dimension, usage: Usage) -> Decimal:
    return Decimal(usage.energy_wh).scaleb(-3) if dimension is Dimension.ENERGY else Decimal(1)


def _vat_groups(lines: tuple[Line, ...], currency: str) -> tuple[VatGroup, ...]:
    nets: dict[Decimal, int] = {}
    for line in lines:
        if line.vat_percent is not None:
            nets[line.vat_percent] = nets.get(line.vat_percent, 0) + line.net_minor
    return tuple(_vat_group(percent, net_minor, currency) for percent, net_minor in sorted(nets.items()))


def _vat_group(percent: Decimal, net_minor: int, currency: str) -> VatGroup:
    vat = from_minor(net_minor, currency) * percent / 100
    return VatGroup(percent, net_minor, to_minor(vat, currency))
