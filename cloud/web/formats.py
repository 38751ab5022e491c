"""How quantities, money and times look: units always, numbers as in the language, times in the local zone."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Self
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_decimal
from markupsafe import Markup

from cloud.domain.money import from_minor, minor_digits
from cloud.domain.words import N_
from cloud.languages.words import Words

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
FULL = N_("d MMM y, HH:mm")
DAY = N_("d MMM y")
THIS_YEAR = N_("d MMM, HH:mm")
DAY_MARK = N_("d MMM")
EXACT = N_("EEEE, d MMMM y, HH:mm:ss z")
CLOCK, TODAY = "HH:mm:ss", "HH:mm"


class Formats:
    """The formats of one language and one time zone."""

    def __init__(self, words: Words, zone: ZoneInfo) -> None:
        self._words = words
        self._zone = zone

    def number(self, value: float | Decimal, digits: int) -> str:
        """`1,234.50`, or `1.234,50` in German."""
        return format_decimal(value, f"#,##0.{'0' * digits}" if digits else "#,##0", self._words.locale)

    def kwh(self, energy_wh: int | None, digits: int = 2) -> str:
        """`5.51 kWh`."""
        return "–" if energy_wh is None else f"{self.number(Decimal(energy_wh).scaleb(-3), digits)} kWh"

    def kw(self, power_w: int | None) -> str:
        """`7.4 kW`; below 100 W in watts, so that a standing load is not hidden."""
        if power_w is None:
            return "–"
        return f"{power_w} W" if abs(power_w) < 100 else f"{self.number(power_w / 1000, 1)} kW"

    def money(self, amount_minor: int | None, currency: str | None) -> str:
        """`2.15 EUR`, with the currency's own decimals."""
        if amount_minor is None or currency is None:
            return "–"
        return f"{self.number(from_minor(amount_minor, currency), minor_digits(currency))} {currency}"

    def full(self, at: datetime) -> Markup:
        """`21 Nov 2026, 10:32`."""
        return self._element(at, FULL)

    def day(self, at: datetime) -> Markup:
        """`21 Nov 2026`."""
        return self._element(at, DAY)

    def clock(self, at: datetime) -> Markup:
        """`10:32:05`."""
        return self._element(at, CLOCK)

    def near(self, at: datetime, now: datetime) -> Markup:
        """As short as it is clear: `10:32` today, else `20 Nov, 10:32`, with the year when it is another."""
        then, today = at.astimezone(self._zone), now.astimezone(self._zone)
        if then.date() == today.date():
            return self._element(at, TODAY)
        return self._element(at, THIS_YEAR if then.year == today.year else FULL)

    def mark(self, at: datetime) -> str:
        """A moment below a chart: `10:30`, or `21 Nov` where a day begins."""
        begins = at.astimezone(self._zone).strftime("%H:%M") == "00:00"
        return self._said(at, DAY_MARK if begins else TODAY)

    def at_home_in(self, zone: ZoneInfo) -> Self:
        """The same formats with the times of another place."""
        return type(self)(self._words, zone)

    def _element(self, at: datetime, pattern: str) -> Markup:
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            at.isoformat(timespec="seconds"), self._said(at, EXACT), self._said(at, pattern)
        )

    def _said(self, at: datetime, pattern: str) -> str:
        return format_datetime(at, self._words.one(pattern), self._zone, self._words.locale)


def duration(length: timedelta) -> str:
    """The two largest units: `3 d 4 h`, `1 h 12 min`, `12 min`, `45 s`."""
    total_s = max(0, int(length.total_seconds()))
    if total_s < MINUTE_S:
        return f"{total_s} s"
    if total_s < HOUR_S:
        return f"{total_s // MINUTE_S} min"
    if total_s < DAY_S:
        return f"{total_s // HOUR_S} h {total_s % HOUR_S // MINUTE_S} min"
    return f"{total_s // DAY_S} d {total_s % DAY_S // HOUR_S} h"
