"""The ledger: the one place where money moves, and the check that recomputes everything."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from cloud.db.queries import ledger as rows
from cloud.db.queries import ledger_check, places
from cloud.domain.accounts import Account, Funds
from cloud.domain.ledger import (
    ASSETS,
    Balance,
    LedgerKind,
    Movement,
    MovementKind,
    Transfer,
    after,
    funds,
    squared,
)
from cloud.domain.money import format_minor


def post(
    conn: Connection,
    organisation_id: int,
    kind: MovementKind,
    key: str,
    transfers: Iterable[Transfer],
    now: datetime,
    session_id: int | None = None,
) -> bool:
    """Moves money once under this key; False if that was done before, or if there is nothing to move."""
    moved = tuple(transfers)
    if not moved or rows.by_key(conn, organisation_id, key) is not None:
        return False
    rows.insert(conn, organisation_id, Movement(key, kind, now, moved, session_id))
    return True


def post_squared(
    conn: Connection,
    account: Account,
    kind: MovementKind,
    key: str,
    transfers: Iterable[Transfer],
    currency: str,
    now: datetime,
    session_id: int | None = None,
) -> bool:
    """`post`, after which nothing is owed while there is money in the wallet; the account is locked already."""
    moved = tuple(transfers)
    left = after(funds_of(conn, account, currency), moved, currency, account.id)
    whole = (*moved, *squared(left, currency, account.id))
    return post(conn, account.organisation_id, kind, key, whole, now, session_id)


def funds_of(conn: Connection, account: Account, currency: str | None = None) -> Funds:
    """The account's money, in its own currency unless another is named."""
    return funds(rows.balances(conn, account.organisation_id, account.id), currency or account.currency)


def foreign_funds(conn: Connection, account: Account) -> dict[str, Funds]:
    """The account's money in other currencies than its own, where there is any."""
    found = [each for each in rows.balances(conn, account.organisation_id, account.id) if each.amount_minor]
    others = sorted({each.of.currency for each in found} - {account.currency})
    return {currency: funds(found, currency) for currency in others}


def balances(conn: Connection) -> list[Balance]:
    """What every ledger account comes to."""
    return rows.balances(conn, places.only_organisation(conn))


def check(conn: Connection, organisation_id: int | None = None) -> list[str]:
    """Recomputes everything from the rows; what does not fit, in words, and nothing when the books are whole."""
    organisation_id = organisation_id or places.only_organisation(conn)
    return [
        *(f"movement {key!r} {wrong}" for key, wrong in ledger_check.broken(conn)),
        *_astray(rows.balances(conn, organisation_id)),
        *(f"bill {number} says {told}, the ledger {posted}" for number, told, posted in ledger_check.misposted(conn)),
        *(f"session {id} has ended, and money is still put aside for it" for id in ledger_check.forgotten_holds(conn)),
        *(f"session {id} is finished and has no bill" for id in ledger_check.unbilled(conn)),
    ]


def _astray(found: list[Balance]) -> list[str]:
    """Books that do not sum to zero, and wallets with less than nothing in them."""
    totals: dict[str, int] = {}
    for balance in found:
        sign = 1 if balance.of.kind in ASSETS else -1
        totals[balance.of.currency] = totals.get(balance.of.currency, 0) + sign * balance.amount_minor
    never_less = (LedgerKind.WALLET, LedgerKind.HELD)
    return [
        *(f"all accounts in {currency} sum to {minor} instead of 0" for currency, minor in totals.items() if minor),
        *(
            f"the {each.of.kind} of account {each.of.account_id} is {format_minor(each.amount_minor, each.of.currency)}"
            for each in found
            if each.of.kind in never_less and each.amount_minor < 0
        ),
    ]
