"""The ledger: double entry in integer minor units. A transfer takes from one ledger account what it gives another.

Each transfer balances by itself, so nothing made of transfers can be out of balance.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from cloud.domain.accounts import Funds
from cloud.domain.pricing import Price
from cloud.domain.words import N_


class LedgerKind(StrEnum):
    """What a ledger account counts.

    cash: money received, by who received it. receivable: what an account, or a tag without one, owes. wallet and held:
    what we owe an account, free or put aside for its open sessions. revenue and vat: what was sold, by VAT rate.
    """

    CASH = "cash"
    RECEIVABLE = "receivable"
    WALLET = N_("wallet")
    HELD = N_("held")
    REVENUE = "revenue"
    VAT = "vat"


ASSETS = frozenset({LedgerKind.CASH, LedgerKind.RECEIVABLE})


class MovementKind(StrEnum):
    """Why money moved."""

    TOP_UP = "top_up"
    REFUND = "refund"
    HOLD = "hold"
    RELEASE = "release"
    BILL = "bill"


@dataclass(frozen=True, slots=True)
class LedgerAccount:
    """One column of the books; where no account owns it, `detail` says which: a tag, a VAT rate, who was paid."""

    kind: LedgerKind
    currency: str
    account_id: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Transfer:
    """More than 0 minor units from `credit` to `debit`, both in one currency."""

    debit: LedgerAccount
    credit: LedgerAccount
    amount_minor: int


def reference(kind: MovementKind, key: str) -> str:
    """What people know a movement by: its bill's number or its payment's reference; empty for what is put aside."""
    match kind:
        case MovementKind.BILL:
            return key.removeprefix("bill ")
        case MovementKind.TOP_UP | MovementKind.REFUND:
            return key.partition(" ")[2].partition(" ")[2]
    return ""


@dataclass(frozen=True, slots=True)
class Movement:
    """Transfers that happen together or not at all; a second one with the same key is the first one repeated."""

    key: str
    kind: MovementKind
    at: datetime
    transfers: tuple[Transfer, ...]
    session_id: int | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that comes in, or goes back; told twice under one reference of its provider, it counts once.

    The provider is the operator so far, by hand or through a bank; card payments will be others. Without a currency it
    is the account's; another pays what is owed in that.
    """

    reference: str
    amount_minor: int
    provider: str = "operator"
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Balance:
    """What a ledger account comes to: debits less credits for assets, credits less debits for all others."""

    of: LedgerAccount
    amount_minor: int


@dataclass(frozen=True, slots=True)
class StatementEntry:
    """What a movement meant for an account: more money (or less debt) when positive. `what` names bill or payment."""

    at: datetime
    kind: MovementKind
    what: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Statement:
    """An account's entries in a time; balances are free plus held less owed, before and after."""

    opening_minor: int
    entries: tuple[StatementEntry, ...]
    closing_minor: int


@dataclass(frozen=True, slots=True)
class BooksCheck:
    """A check of the books: how much of it is done, and once it has ended what does not fit, and whether there is more
    of that than is told."""

    asked_at: datetime
    ended_at: datetime | None = None
    percent: int = 0
    wrong: tuple[str, ...] = ()
    more: bool = False

    @property
    def whole(self) -> bool | None:
        """None before it has ended."""
        return None if self.ended_at is None else not self.wrong


def transfer(debit: LedgerAccount, credit: LedgerAccount, amount_minor: int) -> tuple[Transfer, ...]:
    """Nothing for 0; the other way round for a negative amount, as in a credit note."""
    if amount_minor == 0:
        return ()
    return (Transfer(debit, credit, amount_minor) if amount_minor > 0 else Transfer(credit, debit, -amount_minor),)


def sale(price: Price, buyer: LedgerAccount) -> tuple[Transfer, ...]:
    """What a bill, or with negative sums a credit note, means for its buyer's receivable, for revenue and for VAT."""
    taxed_minor = sum(group.net_minor for group in price.vat_groups)
    parts = [(LedgerKind.REVENUE, "", price.net_minor - taxed_minor)]
    for group in price.vat_groups:
        parts.append((LedgerKind.REVENUE, rate(group.percent), group.net_minor))
        parts.append((LedgerKind.VAT, rate(group.percent), group.vat_minor))
    ours = ((LedgerAccount(kind, price.currency, detail=detail), minor) for kind, detail, minor in parts)
    return tuple(entry for account, minor in ours for entry in transfer(buyer, account, minor))


def rate(percent: Decimal) -> str:
    """One spelling for one VAT rate: 19, not 19.0."""
    return f"{percent.normalize():f}"


def squared(funds: Funds, currency: str, account_id: int) -> tuple[Transfer, ...]:
    """What is owed is paid from the wallet as far as that goes; what was paid too much goes into it."""
    wallet = LedgerAccount(LedgerKind.WALLET, currency, account_id)
    receivable = LedgerAccount(LedgerKind.RECEIVABLE, currency, account_id)
    return transfer(wallet, receivable, min(funds.owed_minor, max(0, funds.free_minor)))


def funds(balances: Iterable[Balance], currency: str) -> Funds:
    """An account's money in one currency."""
    found = {balance.of.kind: balance.amount_minor for balance in balances if balance.of.currency == currency}
    kinds = (LedgerKind.WALLET, LedgerKind.HELD, LedgerKind.RECEIVABLE)
    return Funds(*(found.get(kind, 0) for kind in kinds))


def after(of: Funds, transfers: Iterable[Transfer], currency: str, account_id: int) -> Funds:
    """An account's money once these transfers are done."""
    change = dict.fromkeys((LedgerKind.WALLET, LedgerKind.HELD, LedgerKind.RECEIVABLE), 0)
    for each in transfers:
        for side, sign in ((each.debit, 1), (each.credit, -1)):
            if side.account_id == account_id and side.currency == currency:
                change[side.kind] += each.amount_minor * (sign if side.kind in ASSETS else -sign)
    return Funds(
        of.free_minor + change[LedgerKind.WALLET],
        of.held_minor + change[LedgerKind.HELD],
        of.owed_minor + change[LedgerKind.RECEIVABLE],
    )
