"""The one pricing function: the live price, the price at stop and the bill.

Rounding, the only one: the energy at a boundary is interpolated and rounded half up to whole Wh; each line's net is
rounded half up to minor units once, and the VAT of each rate is rounded half up once on the sum of its lines. So
lines sum to the net, VAT groups to the VAT, both to the total.
"""

from datetime import tzinfo

from cloud.domain.pricing.lines import lines
from cloud.domain.pricing.periods import periods, pieces
from cloud.domain.pricing.result import ChargingPeriod, Line, LineKind, PeriodKind, Price, VatGroup
from cloud.domain.pricing.totals import limited
from cloud.domain.tariffs import Terms
from cloud.domain.usage import Usage

__all__ = [
    "ChargingPeriod",
    "Line",
    "LineKind",
    "PeriodKind",
    "Price",
    "Usage",
    "VatGroup",
    "price",
]


def price(terms: Terms, usage: Usage, zone: tzinfo) -> Price:
    """Prices `usage` by `terms`, on the clock of `zone`; per dimension the first element that holds applies (OCPI)."""
    found = pieces(terms, usage, zone)
    written, groups = limited(lines(found, terms.currency), terms)
    net_minor = sum(line.net_minor for line in written)
    vat_minor = sum(group.vat_minor for group in groups)
    gross_minor = net_minor + vat_minor
    return Price(terms.currency, tuple(written), groups, net_minor, vat_minor, gross_minor, periods(found))
