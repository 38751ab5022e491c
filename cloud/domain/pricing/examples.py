"""What a tariff comes to for everyday sessions, so that whoever sets it can see it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from cloud.domain.pricing import price
from cloud.domain.pricing.result import Price
from cloud.domain.tariffs import Terms
from cloud.domain.usage import Usage

_ENERGIES_WH = (5_000, 20_000, 50_000)
_POWER_W = 10_000
_DAY, _NIGHT = time(10), time(23)
_PARKED = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Example:
    """An everyday session and its price."""

    energy_wh: int
    begin: datetime
    charged: timedelta
    parked: timedelta
    price: Price


def examples(terms: Terms, day: date, zone: tzinfo) -> Iterator[Example]:
    """5, 20 and 50 kWh at 10 kW by day and by night; where parking has a price, 20 kWh by day with two hours of it."""
    for clock in (_DAY, _NIGHT):
        for energy_wh in _ENERGIES_WH:
            yield _example(terms, energy_wh, datetime.combine(day, clock, zone), timedelta(), zone)
    if terms.prices_parking:
        yield _example(terms, 20_000, datetime.combine(day, _DAY, zone), _PARKED, zone)


def _example(terms: Terms, energy_wh: int, begin: datetime, parked: timedelta, zone: tzinfo) -> Example:
    charged = timedelta(hours=energy_wh / _POWER_W)
    used = Usage(energy_wh, begin, begin + charged, unplugged_at=begin + charged + parked)
    return Example(energy_wh, begin, charged, parked, price(terms, used, zone))
