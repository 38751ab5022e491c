"""Restrictions in words, for receipts and for whoever sets a tariff."""

from datetime import time
from decimal import Decimal
from functools import lru_cache

from cloud.domain.tariffs import Restrictions, Weekday
from cloud.domain.words import N_

_DAYS = dict(zip(Weekday, (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun")), strict=True))
_WITH_HOURS = (
    *(N_("Mon {hours}"), N_("Tue {hours}"), N_("Wed {hours}"), N_("Thu {hours}"), N_("Fri {hours}")),
    *(N_("Sat {hours}"), N_("Sun {hours}")),
)
"""The last of several days stands before the hours."""
_DATES = (N_("from {least} until {most}"), N_("from {least}"), N_("until {most}"))
_ENERGY = (N_("from {least} on up to {most}"), N_("from {least} on"), N_("up to {most}"))
_POWER = (N_("from {least} below {most}"), N_("from {least}"), N_("below {most}"))
_DURATION = (N_("after {least} in the first {most}"), N_("after {least}"), N_("in the first {most}"))


@lru_cache(maxsize=1024)
def describe(asked: Restrictions) -> str:
    """`Mon, Tue 22:00–06:00, up to 20 kWh`; empty when nothing is restricted."""
    parts = [
        _when(", ".join(_DAYS[day] for day in Weekday if day in asked.day_of_week), _clock(asked)),
        _between(_DATES, _day(asked.start_date), _day(asked.end_date)),
        _between(_ENERGY, _kilo(asked.min_kwh, "kWh"), _kilo(asked.max_kwh, "kWh")),
        _between(_POWER, _kilo(asked.min_power, "kW"), _kilo(asked.max_power, "kW")),
        _between(_DURATION, _lasting(asked.min_duration), _lasting(asked.max_duration)),
    ]
    return ", ".join(filter(None, parts))


def _when(days: str, hours: str) -> str:
    return f"{days} {hours}" if days and hours else days or hours


def _clock(asked: Restrictions) -> str:
    if asked.start_time is None and asked.end_time is None:
        return ""
    begin, end = asked.start_time or time(), asked.end_time or time()
    return f"{begin:%H:%M}–{'24:00' if end == time() else f'{end:%H:%M}'}"


def _between(words: tuple[str, str, str], least: str, most: str) -> str:
    both, from_on, up_to = words
    if least and most:
        return both.format(least=least, most=most)
    return from_on.format(least=least) if least else up_to.format(most=most) if most else ""


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
