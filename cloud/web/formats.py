"""How quantities, money and times look on a screen: units always, times in the local zone."""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from markupsafe import Markup

from cloud.domain.money import format_minor

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400


def kwh(energy_wh: int | None, digits: int = 2) -> str:
    """`5.51 kWh`."""
    return "–" if energy_wh is None else f"{energy_wh / 1000:.{digits}f} kWh"


def kw(power_w: int | None) -> str:
    """`7.4 kW`; below 100 W in watts, so that a standing load is not hidden."""
    if power_w is None:
        return "–"
    return f"{power_w} W" if abs(power_w) < 100 else f"{power_w / 1000:.1f} kW"


def money(amount_minor: int | None, currency: str | None) -> str:
    """`2.15 EUR`, with the currency's own decimals."""
    return "–" if amount_minor is None or currency is None else format_minor(amount_minor, currency)


def percent(value: Decimal | None) -> str:
    """`19 %`, never `2E+1`."""
    return "–" if value is None else f"{value.normalize():f} %"


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


class LocalTime:
    """Times as `<time>` elements in one zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def full(self, at: datetime) -> Markup:
        """`21 Nov 2026, 10:32`."""
        return self._element(at, "%-d %b %Y, %H:%M")

    def day(self, at: datetime) -> Markup:
        """`21 Nov 2026`."""
        return self._element(at, "%-d %b %Y")

    def clock(self, at: datetime) -> Markup:
        """`10:32:05`."""
        return self._element(at, "%H:%M:%S")

    def near(self, at: datetime, now: datetime) -> Markup:
        """As short as it is clear: `10:32` today, else `20 Nov, 10:32`, with the year when it is another."""
        then, today = at.astimezone(self._zone), now.astimezone(self._zone)
        if then.date() == today.date():
            return self._element(at, "%H:%M")
        return self._element(at, "%-d %b, %H:%M" if then.year == today.year else "%-d %b %Y, %H:%M")

    def _element(self, at: datetime, layout: str) -> Markup:
        local = at.astimezone(self._zone)
        title = local.strftime("%A, %-d %B %Y, %H:%M:%S %Z")
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            at.isoformat(timespec="seconds"), title, local.strftime(layout)
        )
