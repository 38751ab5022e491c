"""Accounts, their money, and the books."""

import secrets
from argparse import ArgumentTypeError, Namespace
from decimal import Decimal, InvalidOperation

from sqlalchemy import Connection

from cloud.cli.verbs import Answer, Context, Verb, argument, table
from cloud.documents import statement
from cloud.domain.accounts import Account, AccountView, PaymentTerms
from cloud.domain.ledger import Balance, LedgerKind, MovementKind, Payment, Statement
from cloud.domain.money import format_minor, from_minor, to_minor
from cloud.languages.words import Words
from cloud.services import accounts, books, ledger
from cloud.services.errors import Malformed, NotNow


async def _add_account(context: Context, asked: Namespace) -> Answer:
    currency = asked.currency or context.settings.currency
    hold_minor = None if asked.hold is None else _minor(asked.hold, currency)
    terms = PaymentTerms.POSTPAID if asked.postpaid else PaymentTerms.PREPAID
    details = {"currency": currency, "email": asked.email, "language": asked.language, "hold_minor": hold_minor}

    def unit(conn: Connection) -> Account:
        added = accounts.add(conn, context.organisation_id, asked.name, context.now, terms=terms, **details)
        for tag in asked.tag:
            accounts.link(conn, context.organisation_id, tag, asked.name, context.now)
        return added

    added = await context.db.write(unit)
    rules = (
        f"a start needs {format_minor(added.hold_minor, currency)} in its wallet" if added.prepaid else "it pays later"
    )
    return Answer(added, f"account {added.name} added, {added.terms}: {rules}")


async def _accounts(context: Context, asked: Namespace) -> Answer:
    found = await context.read(accounts.views)
    rows: list[tuple[object, ...]] = [
        (view.account.name, view.account.terms, *money, " ".join(view.tags)) for view in found for money in _money(view)
    ]
    return Answer(found, table("ACCOUNT TERMS FREE HELD OWES TAGS", rows, "no accounts yet; `add-account` makes one"))


def _money(view: AccountView) -> list[tuple[str, str, str]]:
    """Free, put aside and owed: in its own currency, then in others."""
    whole = {view.account.currency: view.funds, **view.elsewhere}
    return [
        (format_minor(it.free_minor, code), format_minor(it.held_minor, code), format_minor(it.owed_minor, code))
        for code, it in whole.items()
    ]


async def _account(context: Context, asked: Namespace) -> Answer:
    def unit(conn: Connection) -> tuple[AccountView, Statement]:
        view = accounts.view(conn, context.organisation_id, asked.name)
        return view, accounts.statement(conn, view.account, accounts.BEGINNING, context.now)

    view, entries = await context.db.read(unit)
    return Answer({"account": view, "statement": entries}, "\n".join(_words(context, view, entries)))


def _words(context: Context, view: AccountView, entries: Statement) -> list[str]:
    account, english = view.account, Words("en")
    rows: list[tuple[object, ...]] = [
        (context.local(entry.at), statement.what(entry, english), format_minor(entry.amount_minor, account.currency))
        for entry in entries.entries[-20:]
    ]
    return [
        ", ".join(filter(None, (account.name, account.terms, account.email or "no e-mail", account.language))),
        f"tags: {' '.join(view.tags) or 'none; `link-tag` gives it one'}",
        *(f"in the wallet {free}, put aside for sessions {held}, owes {owed}" for free, held, owed in _money(view)),
        "",
        table("WHEN WHAT AMOUNT", rows, "nothing was paid or charged yet"),
    ]


async def _link_tag(context: Context, asked: Namespace) -> Answer:
    if (asked.account is None) != asked.nobody:
        raise Malformed("name an account, or say --nobody")
    await context.write(accounts.link, asked.id_tag, asked.account, context.now)
    said = f"{asked.account or 'nobody'} pays for {asked.id_tag} from the next session on"
    return Answer({"tag": asked.id_tag, "account": asked.account}, said)


async def _top_up(context: Context, asked: Namespace) -> Answer:
    return await _paid(context, asked, MovementKind.TOP_UP)


async def _refund(context: Context, asked: Namespace) -> Answer:
    return await _paid(context, asked, MovementKind.REFUND)


async def _paid(context: Context, asked: Namespace, kind: MovementKind) -> Answer:
    reference, whose = asked.reference or secrets.token_hex(8), context.organisation_id
    note = accounts.refund if kind is MovementKind.REFUND else accounts.top_up

    def unit(conn: Connection) -> tuple[bool, AccountView]:
        currency = asked.currency or accounts.find(conn, whose, asked.name).currency
        payment = Payment(reference, _minor(asked.amount, currency), currency=currency)
        before = accounts.noted(conn, whose, asked.name, kind, payment)
        note(conn, whose, asked.name, payment, context.now)
        return before, accounts.view(conn, whose, asked.name)

    before, view = await context.db.write(unit)
    has = " and ".join(f"has {free} in the wallet now and owes {owed}" for free, _held, owed in _money(view))
    told = f"noted before as {reference}, nothing moved" if before else f"noted as {reference}"
    return Answer({"reference": reference, "noted_before": before, "account": view}, f"{told}; {asked.name} {has}")


def _minor(amount: Decimal, currency: str) -> int:
    minor = to_minor(amount, currency)
    if from_minor(minor, currency) != amount:
        raise Malformed(f"{amount} {currency} cannot be paid; {currency} has no such small unit")
    return minor


async def _ledger(context: Context, asked: Namespace) -> Answer:
    if asked.do == "check":
        if wrong := await _checked(context):
            raise NotNow("\n".join(["the books are not whole:", *wrong]))
        return Answer({"balanced": True}, "the books balance, and every bill is in them")
    found = await context.read(ledger.balances)
    names = {view.account.id: view.account.name for view in await context.read(accounts.views)}
    rows: list[tuple[object, ...]] = [(each.of.kind, _of(each, names), _amount(each)) for each in found]
    return Answer(found, table("KIND OF BALANCE", rows, "nothing has moved yet"))


async def _checked(context: Context) -> list[str]:
    """What does not fit, the first hundred."""
    found = list[str]()
    async for _percent, wrong in books.checked(context.db, context.organisation_id):
        found = wrong
    return found[: books.MOST_TOLD]


def _of(balance: Balance, names: dict[int, str]) -> str:
    of = balance.of
    if of.account_id is not None:
        return names[of.account_id]
    words = {LedgerKind.RECEIVABLE: f"tag {of.detail}", LedgerKind.CASH: f"by {of.detail}"}
    return words.get(of.kind, f"{of.detail} %" if of.detail else "no VAT")


def _amount(balance: Balance) -> str:
    return format_minor(balance.amount_minor, balance.of.currency)


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise ArgumentTypeError(f"{text!r} is not an amount such as 20 or 12.50") from error
    if not number.is_finite() or abs(number) > 10**10:
        raise ArgumentTypeError(f"{text!r} is not an amount such as 20 or 12.50")
    return number


_NAME = argument("name", metavar="ACCOUNT", help="the account's name")
_PAYMENT = (
    _NAME,
    argument("amount", type=_number, metavar="AMOUNT", help="such as 20 or 12.50, in the account's currency"),
    argument("--reference", metavar="TEXT", help="your own number of it; told twice, it counts once"),
    argument("--currency", metavar="CODE", help="another currency, for what is owed in that"),
)

VERBS = (
    Verb(
        "add-account",
        "add a driver who pays for one or more tags",
        _add_account,
        (
            _NAME,
            argument("--postpaid", action="store_true", help="charges first and pays a statement later"),
            argument("--email", default="", help="where receipts may go"),
            argument("--language", default="", metavar="CODE", help="of bills, such as de (the organisation's)"),
            argument("--currency", metavar="CODE", help="such as EUR; the setting's currency if not given"),
            argument("--hold", type=_number, metavar="AMOUNT", help="what a start needs and puts aside, such as 5"),
            argument("--tag", action="append", default=[], metavar="TAG", help="a tag it pays for; may be repeated"),
        ),
    ),
    Verb("accounts", "list the accounts and their money", _accounts),
    Verb("account", "show one account, and what was paid and charged", _account, (_NAME,)),
    Verb(
        "link-tag",
        "say which account pays for a tag",
        _link_tag,
        (
            argument("id_tag", metavar="TAG", help="the idTag"),
            argument("account", metavar="ACCOUNT", nargs="?", help="the account's name"),
            argument("--nobody", action="store_true", help="no account pays for it any more"),
        ),
    ),
    Verb("top-up", "note money that came in: it pays what is owed, the rest is in the wallet", _top_up, _PAYMENT),
    Verb("refund", "note money that went back from the wallet", _refund, _PAYMENT),
    Verb(
        "ledger",
        "show what all ledger accounts come to, or recompute everything",
        _ledger,
        (argument("do", nargs="?", choices=("show", "check"), default="show", help="check: is it whole? (show)"),),
    ),
)
