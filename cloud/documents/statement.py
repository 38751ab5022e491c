"""An account's month as a reader sees it: what was billed and paid, and what remains."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cloud.documents.formats import day, kwh, money, percent
from cloud.documents.receipt import TITLES, columns, footer_lines, seller_lines
from cloud.domain.bills import Bill, kind_of
from cloud.domain.ledger import MovementKind, StatementEntry
from cloud.domain.statements import MonthlyStatement

_KINDS: Mapping[MovementKind, str] = {MovementKind.TOP_UP: "Paid in", MovementKind.REFUND: "Paid back"}
_BROUGHT = "Balance brought forward"


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
    """A monthly statement, ready to be laid out; `balance` and each of `sums` are words and value."""

    title: str
    period: str
    seller: tuple[str, ...]
    account: tuple[str, ...]
    entries: tuple[Entry, ...]
    balance: tuple[str, str]
    bills: tuple[Billed, ...]
    sums: tuple[tuple[str, str], ...]
    zone: str
    footer: tuple[str, ...]


def statement_page(told: MonthlyStatement) -> StatementPage:
    """The statement in words and figures."""
    zone, account = ZoneInfo(told.zone), told.account
    return StatementPage(
        title=f"Statement {told.begin:%B %Y}",
        period=f"{told.begin:%-d %b %Y} to {told.end:%-d %b %Y}, before midnight",
        seller=seller_lines(told.seller),
        account=(account.name, f"Account {account.id}"),
        entries=(
            Entry(day(told.begin, zone), _BROUGHT, money(told.money.opening_minor, account.currency)),
            *(_entry(entry, account.currency, zone) for entry in told.money.entries),
        ),
        balance=_balance(told.money.closing_minor, account.currency),
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
        [columns(f"{entry.day}  {entry.what}", entry.amount) for entry in shown.entries] + [columns(*shown.balance)],
        [columns(f"{bill.number}  {bill.where}  {bill.energy}", bill.total) for bill in shown.bills],
        [columns(*each) for each in shown.sums],
        list(shown.footer),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def what(entry: StatementEntry) -> str:
    """A movement in words: `Paid in, receipt 7`, `Invoice 2026-0001`; the reference of a payment is its payer's."""
    if entry.kind is MovementKind.BILL:
        number = entry.what.removeprefix("bill ")
        return f"{TITLES[kind_of(number)]} {number}"
    _kind, _provider, reference = entry.what.split(" ", 2)
    return f"{_KINDS[entry.kind]}, {reference}"


def _balance(closing_minor: int, currency: str) -> tuple[str, str]:
    return "To be paid" if closing_minor < 0 else "Remains", money(abs(closing_minor), currency)


def _entry(entry: StatementEntry, currency: str, zone: ZoneInfo) -> Entry:
    return Entry(day(entry.at, zone), what(entry), money(entry.amount_minor, currency))


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
