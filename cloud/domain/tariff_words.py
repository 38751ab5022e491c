"""Restrictions in words, for receipts and for whoever sets a tariff."""

from datetime import time
from decimal import Decimal
from functools import lru_cache

from cloud.domain.tariffs import Restrictions, Weekday

_DAYS = {day: day.value.capitalize()[:3] for day in Weekday}


@lru_cache(maxsize=1024)
def describe(asked: Restrictions) -> str:
    """`Mon, Tue 22:00–06:00, up to 20 kWh`; empty when nothing is restricted."""
    when = [", ".join(_DAYS[day] for day in Weekday if day in asked.day_of_week), _clock(asked)]
    parts = [
        " ".join(filter(None, when)),
        _between("from {}", "until {}", _day(asked.start_date), _day(asked.end_date)),
        _between("from {} on", "up to {}", _kilo(asked.min_kwh, "kWh"), _kilo(asked.max_kwh, "kWh")),
        _between("from {}", "below {}", _kilo(asked.min_power, "kW"), _kilo(asked.max_power, "kW")),
        _between("after {}", "in the first {}", _lasting(asked.min_duration), _lasting(asked.max_duration)),
    ]
    return ", ".join(filter(None, parts))


def _clock(asked: Restrictions) -> str:
    if asked.start_time is None and asked.end_time is None:
        return ""
    begin, end = asked.start_time or time(), asked.end_time or time()
    return f"{begin:%H:%M}–{'24:00' if end == time() else f'{end:%H:%M}'}"


def _between(low: str, high: str, begin: str, end: str) -> str:
    return " ".join([*([low.format(begin)] if begin else []), *([high.format(end)] if end else [])])


def _day(day: object) -> str:
    return "" if day is None else str(day)


def _kilo(amount: Decimal | None, unit: str) -> str:
    return "" if amount is None else f"{amount:f} {unit}"


def _lasting(seconds: int | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(seconds, 60)
    hours = f"{minutes // 60} h" if minutes >= 60 else ""
    return " ".join(filter(None, [hours, f"{minutes % 60} min" if minutes % 60 else "", f"{rest} s" if rest else ""]))
