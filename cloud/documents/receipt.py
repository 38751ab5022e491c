"""A bill as a reader sees it, in words and figures: the same for the page, the PDF and the terminal."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from cloud.documents.formats import day, kwh, moment, money, percent, span
from cloud.domain.bills import Bill, BillKind, Document, Seller
from cloud.domain.money import format_price
from cloud.domain.pricing import ChargingPeriod, LineKind, PeriodKind
from cloud.domain.tags import masked
from cloud.domain.tariffs import Dimension, PriceComponent

TITLES: Mapping[BillKind, str] = {BillKind.INVOICE: "Invoice", BillKind.CREDIT_NOTE: "Credit note"}
LINES: Mapping[LineKind, str] = {
    LineKind.ENERGY: "Energy",
    LineKind.TIME: "Charging time",
    LineKind.PARKING_TIME: "Parking",
    LineKind.FLAT: "Fee per session",
    LineKind.MIN_PRICE: "Up to the least price",
    LineKind.MAX_PRICE: "Down to the highest price",
}
PERIODS: Mapping[PeriodKind, str] = {
    PeriodKind.CHARGING: "Charging",
    PeriodKind.GRACE: "Parked, free of charge",
    PeriodKind.PARKING: "Parked",
}
_PER: Mapping[Dimension, str] = {
    Dimension.ENERGY: "kWh",
    Dimension.TIME: "h charging",
    Dimension.PARKING_TIME: "h parking",
    Dimension.FLAT: "session",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what for, why so much, its VAT rate and net sum."""

    what: str
    why: str
    vat: str
    net: str


@dataclass(frozen=True, slots=True)
class Period:
    """One charging period: when, what the car did, energy, and the prices that applied."""

    when: str
    what: str
    energy: str
    prices: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything on a receipt, ready to be laid out; `facts` and `sums` are pairs of words and value."""

    title: str
    issued: str
    seller: tuple[str, ...]
    buyer: tuple[str, ...]
    notes: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]
    sums: tuple[tuple[str, str], ...]
    total: str
    periods: tuple[Period, ...]
    zone: str
    footer: tuple[str, ...]


def receipt(bill: Bill, default_zone: str) -> Receipt:
    """The bill's receipt; a bill from before zones were noted shows its times in `default_zone`."""
    document, zone = bill.document, ZoneInfo(bill.document.time_zone or default_zone)
    price, seller = document.price, document.parties.seller
    return Receipt(
        title=f"{TITLES[bill.kind]} {bill.number}",
        issued=day(bill.issued_at, zone),
        seller=seller_lines(seller),
        buyer=_buyer(document),
        notes=_notes(bill),
        facts=_facts(document, zone),
        lines=tuple(
            Line(LINES[line.dimension], line.why, percent(line.vat_percent), money(line.net_minor, price.currency))
            for line in price.lines
        ),
        sums=_sums(document),
        total=money(price.gross_minor, price.currency),
        periods=tuple(_period(period, price.currency, zone) for period in price.periods),
        zone=zone.key,
        footer=footer_lines(seller),
    )


def text(shown: Receipt) -> str:
    """The receipt for a terminal."""
    blocks = [
        [f"{shown.title}, issued {shown.issued}", *shown.seller],
        [f"For {line}" if n == 0 else line for n, line in enumerate(shown.buyer)],
        list(shown.notes),
        [f"{what:<18} {value}" for what, value in shown.facts],
        [columns(f"{line.what}: {line.why}", line.net) for line in shown.lines]
        + [columns(what, value) for what, value in (*shown.sums, ("Total", shown.total))],
        [columns(f"{each.when}  {each.what}, {each.prices}", each.energy) for each in shown.periods],
        list(shown.footer),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def columns(words: str, value: str) -> str:
    """Words and a figure beside each other."""
    return f"{words:<60} {value:>14}"


def seller_lines(seller: Seller) -> tuple[str, ...]:
    """Name, address and VAT id."""
    tax = (f"VAT ID {seller.vat_id}",) if seller.vat_id else ()
    return (seller.name, *_lines(seller.address), *tax)


def footer_lines(seller: Seller) -> tuple[str, ...]:
    """What stands at the foot of each page."""
    return _lines(seller.footer)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.split("\n") if line.strip())


def _buyer(document: Document) -> tuple[str, ...]:
    buyer, tag = document.parties.buyer, f"Tag {masked(document.parties.id_tag)}"
    return (buyer.name, f"Account {buyer.account}", tag) if buyer.account is not None else (tag,)


def _notes(bill: Bill) -> tuple[str, ...]:
    corrects, reason = bill.document.corrects, bill.document.reason
    because = f": {reason}" if reason else ""
    if corrects is None:
        return (f"Corrected by the operator{because}",) if reason else ()
    if bill.kind is BillKind.CREDIT_NOTE:
        return (f"Undoes invoice {corrects}{because}",)
    return (f"Replaces invoice {corrects}{because}",)


def _facts(document: Document, zone: ZoneInfo) -> tuple[tuple[str, str], ...]:
    parties, delivery = document.parties, document.delivery
    return (
        ("Station", f"{parties.station}, connector {parties.connector}"),
        ("Site", parties.site),
        ("Began", moment(delivery.started_at, zone)),
        ("Ended", moment(delivery.ended_at, zone)),
        ("Meter at begin", kwh(delivery.meter_start_wh, 3)),
        ("Meter at end", kwh(delivery.meter_stop_wh, 3)),
        ("Energy delivered", kwh(delivery.energy_wh, 3)),
        ("Tariff", f"{document.tariff}, version {document.tariff_version}"),
    )


def _sums(document: Document) -> tuple[tuple[str, str], ...]:
    price = document.price
    taxed = (
        (f"VAT {percent(group.percent)} on {money(group.net_minor, price.currency)}", group.vat_minor)
        for group in price.vat_groups
    )
    return tuple((what, money(minor, price.currency)) for what, minor in (("Net", price.net_minor), *taxed))


def _period(period: ChargingPeriod, currency: str, zone: ZoneInfo) -> Period:
    when, prices = span(period.start, period.end, zone), (_price(each, currency) for each in period.prices)
    return Period(when, PERIODS[period.kind], kwh(period.energy_wh, 3), ", ".join(prices) or "free")


def _price(component: PriceComponent, currency: str) -> str:
    return f"{format_price(component.price, currency)} per {_PER[component.type]}"
