"""An account's month as a reader sees it: what was billed and paid, and what remains."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cloud.documents.formats import day, kwh, money, percent
from cloud.documents.receipt import columns, footer_lines, seller_lines
from cloud.domain.bills import Bill
from cloud.domain.ledger import MovementKind, StatementEntry
from cloud.domain.statements import MonthlyStatement

_KINDS: Mapping[MovementKind, str] = {MovementKind.TOP_UP: "Paid in", MovementKind.REFUND: "Paid back"}


class Entry(NamedTuple):
    """One movement of money."""

    day: str
    what: str
    amount: str


class Billed(NamedTuple):
    """One bill of the month."""

    number: str
    where: str
    energy: str
    net: str
    vat: str
    total: str


@dataclass(frozen=True, slots=True)
class StatementPage:
    """A monthly statement, ready to be laid out; `balances` and `sums` are pairs of words and value."""

    title: str
    period: str
    seller: tuple[str, ...]
    account: tuple[str, ...]
    entries: tuple[Entry, ...]
    balances: tuple[tuple[str, str], ...]
    bills: tuple[Billed, ...]
    sums: tuple[tuple[str, str], ...]
    zone: str
    footer: tuple[str, ...]


def statement_page(told: MonthlyStatement) -> StatementPage:
    """The statement in words and figures."""
    zone, account = ZoneInfo(told.zone), told.account
    opening, closing = (
        money(minor, account.currency) for minor in (told.money.opening_minor, told.money.closing_minor)
    )
    return StatementPage(
        title=f"Statement {told.begin:%B %Y}",
        period=f"{told.begin:%-d %b %Y} to {told.end:%-d %b %Y}, before midnight",
        seller=seller_lines(told.seller),
        account=(account.name, f"Account {account.id}"),
        entries=tuple(_entry(entry, account.currency, zone) for entry in told.money.entries),
        balances=((f"On {told.begin:%-d %b %Y}", opening), (_remains(told.money.closing_minor), closing)),
        bills=tuple(map(_billed, told.bills)),
        sums=tuple(_sums(told.bills)),
        zone=told.zone,
        footer=footer_lines(told.seller),
    )


def text(shown: StatementPage) -> str:
    """The statement for a terminal."""
    blocks = [
        [f"{shown.title}, {shown.period}", *shown.seller],
        [f"For {shown.account[0]}", *shown.account[1:]],
        [columns(f"{entry.day}  {entry.what}", entry.amount) for entry in shown.entries]
        + [columns(*balance) for balance in shown.balances],
        [columns(f"{bill.number}  {bill.where}  {bill.energy}", bill.total) for bill in shown.bills],
        [columns(*each) for each in shown.sums],
        list(shown.footer),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _remains(closing_minor: int) -> str:
    return "To be paid" if closing_minor < 0 else "Remains"


def _entry(entry: StatementEntry, currency: str, zone: ZoneInfo) -> Entry:
    what = _KINDS.get(entry.kind) or entry.what.capitalize()
    return Entry(day(entry.at, zone), what, money(entry.amount_minor, currency))


def _billed(bill: Bill) -> Billed:
    price, parties = bill.document.price, bill.document.parties
    sums = (money(minor, price.currency) for minor in (price.net_minor, price.vat_minor, price.gross_minor))
    where = f"{parties.site}, {parties.station}/{parties.connector}"
    return Billed(bill.number, where, kwh(bill.document.delivery.energy_wh, 3), *sums)


def _sums(bills: Iterable[Bill]) -> Iterable[tuple[str, str]]:
    """For each currency: the net, the VAT of each rate, and the total of all bills."""
    prices = [bill.document.price for bill in bills]
    for currency in sorted({price.currency for price in prices}):
        mine = [price for price in prices if price.currency == currency]
        yield "Net of all bills", money(sum(price.net_minor for price in mine), currency)
        rates: dict[Decimal, int] = {}
        for group in (group for price in mine for group in price.vat_groups):
            rates[group.percent] = rates.get(group.percent, 0) + group.vat_minor
        yield from ((f"VAT {percent(rate)}", money(minor, currency)) for rate, minor in sorted(rates.items()))
        yield "Total of all bills", money(sum(price.gross_minor for price in mine), currency)
