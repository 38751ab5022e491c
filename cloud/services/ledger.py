"""The ledger: the one place where money moves."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from cloud.db.queries import ledger as rows
from cloud.db.queries import ledger_sums
from cloud.domain.accounts import Account, Funds
from cloud.domain.ledger import (
    Balance,
    Movement,
    MovementKind,
    Transfer,
    after,
    funds,
    squared,
)
from cloud.services import books


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


def balances(conn: Connection, organisation_id: int) -> list[Balance]:
    """What every ledger account comes to."""
    return rows.balances(conn, organisation_id)


def settle(conn: Connection, now: datetime) -> bool:
    """Keeps what long settled movements come to, so that balances are quick; whether there is more to do at once."""
    return ledger_sums.advance(conn, now)


def check(conn: Connection, organisation_id: int) -> list[str]:
    """The books recomputed from their rows at once: what does not fit, in words; nothing when they are whole."""
    return [wrong for stretch in books.stretches(conn) for wrong in stretch.wrong(conn, organisation_id)]
