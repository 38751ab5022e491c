"""Accounts: drivers, their tags, what they paid in and get back, and what they owe."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import accounts as rows
from cloud.db.queries import ledger as ledger_rows
from cloud.db.queries import tags as tag_rows
from cloud.domain.accounts import Account, AccountView, PaymentTerms
from cloud.domain.ledger import LedgerAccount, LedgerKind, MovementKind, Payment, Statement, transfer
from cloud.domain.money import format_minor, minor_digits
from cloud.domain.wallets import default_hold_minor
from cloud.domain.words import N_
from cloud.services import audit, ledger
from cloud.services.errors import AlreadyThere, Malformed, NotFound, NotNow

LONGEST_TEXT = 200
LARGEST_MINOR = 10**12
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

_WORDS: Mapping[MovementKind, str] = {MovementKind.TOP_UP: "top up", MovementKind.REFUND: N_("refund")}


def add(
    conn: Connection,
    organisation_id: int,
    name: str,
    now: datetime,
    *,
    terms: PaymentTerms,
    currency: str,
    email: str = "",
    language: str = "",
    hold_minor: int | None = None,
    user_id: int | None = None,
) -> Account:
    """Adds a driver; without a language of its own it has the organisation's.

    Raises AlreadyThere, Malformed, UnknownCurrency.
    """
    minor_digits(currency)
    hold_minor = default_hold_minor(currency) if hold_minor is None else hold_minor
    _check(name, email, language, hold_minor)
    if rows.find(conn, organisation_id, name):
        raise AlreadyThere(f"there is an account {name!r} already", "name")
    values = {"name": name, "email": email, "language": language, "terms": terms, "currency": currency}
    whole = {**values, "hold_minor": hold_minor, "organisation_id": organisation_id, "created_at": now}
    added = rows.insert(conn, whole)
    audit.change(conn, organisation_id, user_id, "account added", name, {}, _told(added), now)
    return added


def change(
    conn: Connection, account: Account, wanted: Mapping[str, Any], now: datetime, *, user_id: int | None = None
) -> Account:
    """Another name, email, language, terms or hold_minor; what is not given stays, as does what was put aside already.

    Raises AlreadyThere, Malformed.
    """
    before = {name: getattr(account, name) for name in ("name", "email", "language", "terms", "hold_minor")}
    after = {**before, **wanted}
    _check(after["name"], after["email"], after["language"], after["hold_minor"])
    namesake = rows.find(conn, account.organisation_id, after["name"])
    if namesake is not None and namesake.id != account.id:
        raise AlreadyThere(f"there is an account {after['name']!r} already")
    changed = rows.update(conn, account.id, after)
    if changed.terms is not account.terms:
        tag_rows.changed(conn, account.organisation_id)
    audit.change(
        conn, account.organisation_id, user_id, "account changed", account.name, _told(account), _told(changed), now
    )
    return changed


def link(
    conn: Connection, organisation_id: int, id_tag: str, name: str | None, now: datetime, *, user_id: int | None = None
) -> None:
    """From the next session on the account pays for the tag, or without a name nobody does. Raises NotFound."""
    tag = tag_rows.find(conn, organisation_id, id_tag)
    if tag is None:
        raise NotFound(f"there is no tag {id_tag!r}; `add-tag` makes one", "id_tag")
    account_id = find(conn, organisation_id, name).id if name is not None else None
    was = rows.by_id(conn, tag.account_id) if tag.account_id else None
    before = {"account": was.name if was else None}
    tag_rows.update(conn, tag.id, {"account_id": account_id})
    tag_rows.changed(conn, organisation_id)
    audit.change(conn, organisation_id, user_id, "tag linked", tag.id_tag, before, {"account": name}, now)


def find(conn: Connection, organisation_id: int, name: str, *, lock: bool = False) -> Account:
    """The account of that name. Raises NotFound."""
    found = rows.find(conn, organisation_id, name, lock=lock)
    if found is None:
        raise NotFound(f"there is no account {name!r}; `bollard cloud accounts` lists them", "account")
    return found


def view(conn: Connection, organisation_id: int, name: str) -> AccountView:
    """The account with its money and its tags. Raises NotFound."""
    return _view(conn, find(conn, organisation_id, name))


def views(conn: Connection, organisation_id: int) -> list[AccountView]:
    """All accounts by name, as in `view`."""
    return [_view(conn, account) for account in rows.listed(conn, organisation_id)]


def noted(conn: Connection, organisation_id: int, name: str, kind: MovementKind, payment: Payment) -> bool:
    """Whether this very payment was noted before. Raises NotFound, Malformed, NotNow as noting it would."""
    return not _is_new(conn, find(conn, organisation_id, name, lock=True), kind, payment)


def top_up(
    conn: Connection, organisation_id: int, name: str, payment: Payment, now: datetime, *, user_id: int | None = None
) -> Account:
    """Money came in: it pays what is owed, and the rest is in the wallet. Raises NotFound, Malformed, NotNow."""
    account = find(conn, organisation_id, name, lock=True)
    _pay(conn, account, MovementKind.TOP_UP, payment, now, user_id)
    return account


def refund(
    conn: Connection, organisation_id: int, name: str, payment: Payment, now: datetime, *, user_id: int | None = None
) -> Account:
    """Money goes back from the wallet: only what is free. Raises NotFound, Malformed, NotNow."""
    account = find(conn, organisation_id, name, lock=True)
    currency = payment.currency or account.currency
    free_minor = ledger.funds_of(conn, account, currency).free_minor
    if _is_new(conn, account, MovementKind.REFUND, payment) and payment.amount_minor > free_minor:
        raise NotNow(f"only {format_minor(free_minor, currency)} in the wallet of {name} are free", "amount")
    _pay(conn, account, MovementKind.REFUND, payment, now, user_id)
    return account


def statement(conn: Connection, account: Account, begin: datetime, end: datetime) -> Statement:
    """What happened to the account's money in [begin, end), in its own currency."""
    opening_minor = ledger_rows.position(conn, account.id, account.currency, begin)
    entries = tuple(ledger_rows.entries(conn, account.id, account.currency, begin, end))
    return Statement(opening_minor, entries, opening_minor + sum(entry.amount_minor for entry in entries))


def _pay(
    conn: Connection, account: Account, kind: MovementKind, payment: Payment, now: datetime, user_id: int | None
) -> None:
    if not 0 < payment.amount_minor <= LARGEST_MINOR:
        raise Malformed("an amount must be more than 0 and less than a fortune", "amount")
    if not _is_new(conn, account, kind, payment):
        return
    currency = payment.currency or account.currency
    cash = LedgerAccount(LedgerKind.CASH, currency, detail=payment.provider)
    wallet = LedgerAccount(LedgerKind.WALLET, currency, account.id)
    signed_minor = payment.amount_minor if kind is MovementKind.TOP_UP else -payment.amount_minor
    moved = transfer(cash, wallet, signed_minor)
    ledger.post_squared(conn, account, kind, _key(kind, payment), moved, currency, now)
    said = {"amount": format_minor(payment.amount_minor, currency), "reference": payment.reference}
    audit.note(
        conn,
        account.organisation_id,
        user_id,
        _WORDS[kind],
        account.name,
        said | {"provider": payment.provider},
        now,
    )


def _is_new(conn: Connection, account: Account, kind: MovementKind, payment: Payment) -> bool:
    """False when this very payment was noted before. Raises Malformed, NotNow."""
    if not 0 < len(payment.reference) <= LONGEST_TEXT:
        raise Malformed(f"a payment's reference has 1 to {LONGEST_TEXT} characters", "reference")
    known = ledger_rows.by_key(conn, account.organisation_id, _key(kind, payment))
    if known is None:
        return True
    first = known.transfers[0]
    told = (payment.amount_minor, payment.currency or account.currency)
    owners = (first.debit.account_id, first.credit.account_id)
    if (first.amount_minor, first.debit.currency) != told or account.id not in owners:
        raise NotNow(
            f"{payment.reference!r} names another payment already; give this one a reference of its own", "reference"
        )
    return False


def _key(kind: MovementKind, payment: Payment) -> str:
    return f"{kind} {payment.provider} {payment.reference}"


def _view(conn: Connection, account: Account) -> AccountView:
    own, others = ledger.funds_of(conn, account), ledger.foreign_funds(conn, account)
    return AccountView(account, own, rows.tags_of(conn, account.id), others)


def _told(account: Account) -> dict[str, Any]:
    """An account's terms for the audit log."""
    own = {name: getattr(account, name) for name in ("name", "email", "language", "terms", "currency")}
    return own | {"put_aside_at_a_start": format_minor(account.hold_minor, account.currency)}


def _check(name: str, email: str, language: str, hold_minor: int) -> None:
    if not 0 < len(name.strip()) <= LONGEST_TEXT or not name.isprintable():
        raise Malformed(f"a name has 1 to {LONGEST_TEXT} printable characters", "name")
    if email and not (len(email) <= LONGEST_TEXT and email.isprintable() and email.count("@") == 1):
        raise Malformed(f"{email!r} is no e-mail address", "email")
    if language and not (2 <= len(language) <= 8 and language.isascii()):
        raise Malformed(f"{language!r} is no language; give a code such as de or en", "language")
    if not 0 < hold_minor <= LARGEST_MINOR:
        raise Malformed("what is put aside at a start must be more than 0", "hold_minor")
