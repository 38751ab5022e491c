"""A bill as a reader sees it, in words and figures: the same for the page, the PDF and the terminal.

The snapshot says what is owed and why; the language is the reader's and chosen when it is shown. What people wrote
(names, addresses, the tariff's name, the reason of a correction, the footer) stays as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from cloud.domain.bills import Bill, BillKind, Document, Seller
from cloud.domain.pricing import ChargingPeriod, LineKind, PeriodKind, VatGroup
from cloud.domain.pricing import Line as PriceLine
from cloud.domain.tags import masked
from cloud.domain.tariffs import Dimension, PriceComponent
from cloud.domain.words import N_
from cloud.languages.formats import Formats
from cloud.languages.words import Words

TITLES: Mapping[BillKind, str] = {BillKind.INVOICE: N_("Invoice"), BillKind.CREDIT_NOTE: N_("Credit note")}
LINES: Mapping[LineKind, str] = {
    LineKind.ENERGY: N_("Energy"),
    LineKind.TIME: N_("Charging time"),
    LineKind.PARKING_TIME: N_("Parking"),
    LineKind.FLAT: N_("Fee per session"),
    LineKind.MIN_PRICE: N_("Up to the least price"),
    LineKind.MAX_PRICE: N_("Down to the highest price"),
}
PERIODS: Mapping[PeriodKind, str] = {
    PeriodKind.CHARGING: N_("Charging"),
    PeriodKind.GRACE: N_("Parked, free of charge"),
    PeriodKind.PARKING: N_("Parked"),
}
_PER: Mapping[Dimension, str] = {
    Dimension.ENERGY: N_("{price} per kWh"),
    Dimension.TIME: N_("{price} per h charging"),
    Dimension.PARKING_TIME: N_("{price} per h parking"),
    Dimension.FLAT: N_("{price} per session"),
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

    language: str
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


def receipt(bill: Bill, default_zone: str, language: str = "en") -> Receipt:
    """The bill's receipt; a bill from before zones were noted shows its times in `default_zone`."""
    document, price = bill.document, bill.document.price
    here = Formats(Words(language), ZoneInfo(document.time_zone or default_zone))
    words, seller = here.words, document.parties.seller
    return Receipt(
        language=language,
        title=f"{words.one(TITLES[bill.kind])} {bill.number}",
        issued=here.day(bill.issued_at),
        seller=seller_lines(seller, words),
        buyer=_buyer(document, words),
        notes=_notes(bill, words),
        facts=_facts(document, here),
        lines=tuple(_line(line, price.currency, here) for line in price.lines),
        sums=_sums(document, here),
        total=here.money(price.gross_minor, price.currency),
        periods=tuple(_period(period, price.currency, here) for period in price.periods),
        zone=here.zone.key,
        footer=footer_lines(seller),
    )


def text(shown: Receipt) -> str:
    """The receipt for a terminal."""
    say = Words(shown.language).say
    first, *more = shown.buyer
    blocks = [
        [say("{title}, issued {day}", title=shown.title, day=shown.issued), *shown.seller],
        [say("For {buyer}", buyer=first), *more],
        list(shown.notes),
        [f"{what:<18} {value}" for what, value in shown.facts],
        [columns(f"{line.what}: {line.why}", line.net) for line in shown.lines]
        + [columns(what, value) for what, value in (*shown.sums, (say("Total"), shown.total))],
        [columns(f"{each.when}  {each.what}, {each.prices}", each.energy) for each in shown.periods],
        list(shown.footer),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def columns(words: str, value: str) -> str:
    """Words and a figure beside each other."""
    return f"{words:<60} {value:>14}"


def seller_lines(seller: Seller, words: Words) -> tuple[str, ...]:
    """Name, address and VAT id."""
    tax = (words.say("VAT ID {vat_id}", vat_id=seller.vat_id),) if seller.vat_id else ()
    return (seller.name, *_lines(seller.address), *tax)


def footer_lines(seller: Seller) -> tuple[str, ...]:
    """What stands at the foot of each page."""
    return _lines(seller.footer)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.split("\n") if line.strip())


def _buyer(document: Document, words: Words) -> tuple[str, ...]:
    buyer, tag = document.parties.buyer, words.say("Tag {tag}", tag=masked(document.parties.id_tag))
    if buyer.account is None:
        return (tag,)
    return (buyer.name, words.say("Account {number}", number=buyer.account), tag)


def _notes(bill: Bill, words: Words) -> tuple[str, ...]:
    corrects, reason = bill.document.corrects, bill.document.reason
    if corrects is None:
        note = words.say("Corrected by the operator") if reason else ""
    elif bill.kind is BillKind.CREDIT_NOTE:
        note = words.say("Undoes invoice {number}", number=corrects)
    else:
        note = words.say("Replaces invoice {number}", number=corrects)
    return (": ".join(filter(None, (note, words.said(reason)))),) if note else ()


def _facts(document: Document, here: Formats) -> tuple[tuple[str, str], ...]:
    parties, delivery, say = document.parties, document.delivery, here.words.say
    place = say("{station}, connector {number}", station=parties.station, number=parties.connector)
    return (
        (say("Station"), place),
        (say("Site"), parties.site),
        (say("Began"), here.moment(delivery.started_at)),
        (say("Ended"), here.moment(delivery.ended_at)),
        (say("Meter at begin"), here.kwh(delivery.meter_start_wh, 3)),
        (say("Meter at end"), here.kwh(delivery.meter_stop_wh, 3)),
        (say("Energy delivered"), _delivered(document, here)),
        (say("Tariff"), say("{name}, version {number}", name=document.tariff, number=document.tariff_version)),
    )


def _delivered(document: Document, here: Formats) -> str:
    """Marked where a correction gave another figure than the meter's; the bill's note says why."""
    delivery, energy = document.delivery, here.kwh(document.delivery.energy_wh, 3)
    known = delivery.meter_start_wh is not None and delivery.meter_stop_wh is not None
    measured_wh = (delivery.meter_stop_wh or 0) - (delivery.meter_start_wh or 0)
    differs = known and measured_wh != delivery.energy_wh
    return (
        here.words.say("{energy}, corrected by the operator", energy=energy) if differs and document.reason else energy
    )


def _line(line: PriceLine, currency: str, here: Formats) -> Line:
    words, net = here.words, here.money(line.net_minor, currency)
    return Line(words.one(LINES[line.dimension]), words.said(line.why), here.percent(line.vat_percent), net)


def _sums(document: Document, here: Formats) -> tuple[tuple[str, str], ...]:
    price, currency = document.price, document.price.currency
    net = (here.words.say("Net"), here.money(price.net_minor, currency))
    return (net, *(_vat(group, currency, here) for group in price.vat_groups))


def _vat(group: VatGroup, currency: str, here: Formats) -> tuple[str, str]:
    rate, net = here.percent(group.percent), here.money(group.net_minor, currency)
    return here.words.say("VAT {rate} on {net}", rate=rate, net=net), here.money(group.vat_minor, currency)


def _period(period: ChargingPeriod, currency: str, here: Formats) -> Period:
    words, prices = here.words, [_price(each, currency, here) for each in period.prices]
    when, what = here.span(period.start, period.end), words.one(PERIODS[period.kind])
    return Period(when, what, here.kwh(period.energy_wh, 3), ", ".join(prices) or words.say("free"))


def _price(component: PriceComponent, currency: str, here: Formats) -> str:
    return here.words.say(_PER[component.type], price=here.price(component.price, currency))
