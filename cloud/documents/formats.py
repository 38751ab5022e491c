"""How quantities, money and times look in a document: units always, times in the document's own zone."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from cloud.domain.money import format_minor


def kwh(energy_wh: int | None, digits: int = 2) -> str:
    """`5.51 kWh`."""
    return "–" if energy_wh is None else f"{energy_wh / 1000:.{digits}f} kWh"


def money(amount_minor: int | None, currency: str | None) -> str:
    """`2.15 EUR`, with the currency's own decimals."""
    return "–" if amount_minor is None or currency is None else format_minor(amount_minor, currency)


def percent(value: Decimal | None) -> str:
    """`19 %`, never `2E+1`."""
    return "–" if value is None else f"{value.normalize():f} %"


def day(at: datetime, zone: ZoneInfo) -> str:
    """`14 Jul 2026`."""
    return at.astimezone(zone).strftime("%-d %b %Y")


def moment(at: datetime, zone: ZoneInfo) -> str:
    """`14 Jul 2026, 10:32:05`."""
    return at.astimezone(zone).strftime("%-d %b %Y, %H:%M:%S")


def span(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """`14 Jul, 23:50:00 – 15 Jul, 00:10:00`; the day of the end only where it is another one."""
    begun, ended = start.astimezone(zone), end.astimezone(zone)
    later = "%H:%M:%S" if begun.date() == ended.date() else "%-d %b, %H:%M:%S"
    return f"{begun:%-d %b, %H:%M:%S} – {ended.strftime(later)}"
