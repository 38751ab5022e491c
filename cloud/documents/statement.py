"""An account's month as a reader sees it: what was billed and paid, and what remains."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cloud.documents.receipt import TITLES, columns, footer_lines, seller_lines
from cloud.domain.bills import Bill, kind_of
from cloud.domain.ledger import MovementKind, StatementEntry, reference
from cloud.domain.statements import MonthlyStatement
from cloud.domain.words import N_
from cloud.languages.formats import MONTH, Formats
from cloud.languages.words import Words

_KINDS: Mapping[MovementKind, str] = {MovementKind.TOP_UP: N_("Paid in"), MovementKind.REFUND: N_("Paid back")}


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

    language: str
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


def statement_page(told: MonthlyStatement, language: str = "en") -> StatementPage:
    """The statement in words and figures."""
    here, account = Formats(Words(language), ZoneInfo(told.zone)), told.account
    say, currency = here.words.say, account.currency
    brought = Entry(
        here.day(told.begin), say("Balance brought forward"), here.money(told.money.opening_minor, currency)
    )
    return StatementPage(
        language=language,
        title=say("Statement {month}", month=here.date(told.begin, MONTH)),
        period=say("{begin} to {end}, before midnight", begin=here.day(told.begin), end=here.day(told.end)),
        seller=seller_lines(told.seller, here.words),
        account=(account.name, say("Account {number}", number=account.id)),
        entries=(brought, *(_entry(entry, currency, here) for entry in told.money.entries)),
        balance=_balance(told.money.closing_minor, currency, here),
        bills=tuple(_billed(bill, here) for bill in told.bills),
        sums=tuple(_sums(told.bills, here)),
        zone=told.zone,
        footer=footer_lines(told.seller),
    )


def text(shown: StatementPage) -> str:
    """The statement for a terminal."""
    for_whom = Words(shown.language).say("For {buyer}", buyer=shown.account[0])
    blocks = [
        [f"{shown.title}, {shown.period}", *shown.seller],
        [for_whom, *shown.account[1:]],
        [columns(f"{entry.day}  {entry.what}", entry.amount) for entry in shown.entries] + [columns(*shown.balance)],
        [columns(f"{bill.number}  {bill.where}  {bill.energy}", bill.total) for bill in shown.bills],
        [columns(*each) for each in shown.sums],
        list(shown.footer),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def what(entry: StatementEntry, words: Words) -> str:
    """A movement in words: `Paid in, receipt 7`, `Invoice 2026-0001`; the reference of a payment is its payer's."""
    known_by = reference(entry.kind, entry.what)
    if entry.kind is MovementKind.BILL:
        return f"{words.one(TITLES[kind_of(known_by)])} {known_by}"
    return f"{words.one(_KINDS[entry.kind])}, {known_by}"


def _balance(closing_minor: int, currency: str, here: Formats) -> tuple[str, str]:
    say = here.words.say
    return say("To be paid") if closing_minor < 0 else say("Remains"), here.money(abs(closing_minor), currency)


def _entry(entry: StatementEntry, currency: str, here: Formats) -> Entry:
    return Entry(here.day(entry.at), what(entry, here.words), here.money(entry.amount_minor, currency))


def _billed(bill: Bill, here: Formats) -> Billed:
    price, parties = bill.document.price, bill.document.parties
    sums = (here.money(minor, price.currency) for minor in (price.net_minor, price.vat_minor, price.gross_minor))
    where = f"{parties.site}, {parties.station}/{parties.connector}"
    return Billed(bill.number, where, here.kwh(bill.document.delivery.energy_wh, 3), *sums)


def _sums(bills: Iterable[Bill], here: Formats) -> Iterable[tuple[str, str]]:
    """For each currency: the net, the VAT of each rate, and the total of all bills."""
    prices, say = [bill.document.price for bill in bills], here.words.say
    for currency in sorted({price.currency for price in prices}):
        mine = [price for price in prices if price.currency == currency]
        yield say("Net of all bills"), here.money(sum(price.net_minor for price in mine), currency)
        rates: dict[Decimal, int] = {}
        for group in (group for price in mine for group in price.vat_groups):
            rates[group.percent] = rates.get(group.percent, 0) + group.vat_minor
        for rate, minor in sorted(rates.items()):
            yield say("VAT {rate}", rate=here.percent(rate)), here.money(minor, currency)
        yield say("Total of all bills"), here.money(sum(price.gross_minor for price in mine), currency)
