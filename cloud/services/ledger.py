"""The ledger: the one place where money moves, and the check that recomputes everything."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from cloud.db.queries import ledger as rows
from cloud.db.queries import places
from cloud.domain.accounts import Account, Funds
from cloud.domain.ledger import Balance, Movement, MovementKind, Transfer, after, funds, squared


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


def balances(conn: Connection) -> list[Balance]:
    """What every ledger account comes to."""
    return rows.balances(conn, places.only_organisation(conn))
