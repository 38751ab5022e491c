"""How quantities, money and times look: units always, numbers as in the language, times in one zone."""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_decimal, get_decimal_symbol

from cloud.domain.money import format_price, from_minor, minor_digits
from cloud.domain.words import N_
from cloud.languages.words import Words

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
DAY = N_("d MMM y")
MOMENT = N_("d MMM y, HH:mm:ss")
WITHIN_A_YEAR = N_("d MMM, HH:mm:ss")
MONTH, CLOCK = "MMMM y", "HH:mm:ss"


class Formats:
    """The formats of one language and one time zone."""

    def __init__(self, words: Words, zone: ZoneInfo) -> None:
        self.words, self.zone = words, zone
        self._point = get_decimal_symbol(words.locale)

    def number(self, value: float | Decimal, digits: int) -> str:
        """`1,234.50`, or `1.234,50` in German."""
        return format_decimal(value, f"#,##0.{'0' * digits}" if digits else "#,##0", self.words.locale)

    def exact(self, value: Decimal | str) -> str:
        """`0.385` with every decimal that it has, and nothing between thousands: as one types it."""
        text = value if isinstance(value, str) else f"{value:f}"
        return text.replace(".", self._point)

    def percent(self, value: Decimal | None) -> str:
        """`19 %`, never `2E+1`."""
        return "–" if value is None else f"{self.exact(value.normalize())} %"

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

    def price(self, price: Decimal, currency: str) -> str:
        """`0.385 EUR`, with all decimals of a unit price."""
        return self.exact(format_price(price, currency))

    def day(self, at: datetime) -> str:
        """`14 Jul 2026`."""
        return self.date(at, DAY)

    def moment(self, at: datetime) -> str:
        """`14 Jul 2026, 10:32:05`."""
        return self.date(at, MOMENT)

    def span(self, start: datetime, end: datetime) -> str:
        """`14 Jul, 23:50:00 – 15 Jul, 00:10:00`; the day of the end only where it is another one."""
        same = start.astimezone(self.zone).date() == end.astimezone(self.zone).date()
        return f"{self.date(start, WITHIN_A_YEAR)} – {self.date(end, CLOCK if same else WITHIN_A_YEAR)}"

    def date(self, at: datetime, pattern: str) -> str:
        """A moment by one of the patterns above, which the catalogue may turn into another."""
        return format_datetime(at, self.words.one(pattern), self.zone, self.words.locale)


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
