"""The ledger's rows: added, summed, read back."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, case, func, or_, select

from cloud.db.queries.ledger_sums import credit_minor
from cloud.db.rows import Cut, every, number, one, page
from cloud.db.tables import ledger_account, movement, transfer
from cloud.domain.ledger import (
    ASSETS,
    Balance,
    LedgerAccount,
    LedgerKind,
    Movement,
    MovementKind,
    StatementEntry,
    Transfer,
)

_ON_DEBIT, _ON_CREDIT = transfer.c.debit_id == ledger_account.c.id, transfer.c.credit_id == ledger_account.c.id


def insert(conn: Connection, organisation_id: int, added: Movement) -> None:
    """Writes a movement with its transfers; the database refuses a key that is there already."""
    values = {"organisation_id": organisation_id, "key": added.key, "kind": added.kind, "at": added.at}
    counted = movement.insert().values(session_id=added.session_id, transfers=len(added.transfers), **values)
    id = number(conn, counted.returning(movement.c.id))
    sides = dict.fromkeys(side for each in added.transfers for side in (each.debit, each.credit))
    ids = {side: _ledger_account_id(conn, organisation_id, side) for side in sides}
    lines = [
        {
            "movement_id": id,
            "line": line,
            "debit_id": ids[each.debit],
            "credit_id": ids[each.credit],
            "amount_minor": each.amount_minor,
        }
        for line, each in enumerate(added.transfers, start=1)
    ]
    conn.execute(transfer.insert(), lines)


def by_key(conn: Connection, organisation_id: int, key: str) -> Movement | None:
    """The movement of that key with its transfers."""
    mine = (movement.c.organisation_id == organisation_id) & (movement.c.key == key)
    row = conn.execute(select(movement).where(mine)).one_or_none()
    if row is None:
        return None
    moved = transfers(conn, [row.id])[row.id]
    return Movement(row.key, MovementKind(row.kind), row.at, moved, row.session_id)


def balances(conn: Connection, organisation_id: int, account_id: int | None = None) -> list[Balance]:
    """What every ledger account comes to, or those of one account."""
    mine = ledger_account.c.organisation_id == organisation_id
    return _balances(conn, mine if account_id is None else ledger_account.c.account_id == account_id)


def balances_page(conn: Connection, organisation_id: int, cut: Cut) -> list[tuple[int, Balance]]:
    """A page of the ledger accounts with their numbers, in the order in which they were opened."""
    mine = ledger_account.c.organisation_id == organisation_id
    query = page(_with_balances().where(mine), ledger_account.c.id, cut, newest=False)
    return every(conn, query, lambda row: (row.id, _balance(row)))


def balances_of(conn: Connection, account_ids: Collection[int]) -> dict[int, list[Balance]]:
    """As `balances`, by account."""
    found: dict[int, list[Balance]] = {id: [] for id in account_ids}
    for balance in _balances(conn, ledger_account.c.account_id.in_(account_ids)):
        assert balance.of.account_id is not None
        found[balance.of.account_id].append(balance)
    return found


def totals(conn: Connection, organisation_id: int) -> list[Balance]:
    """What all ledger accounts of a kind and currency come to together."""
    each = select(ledger_account.c.kind, ledger_account.c.currency, credit_minor().label("credit_minor"))
    each_of_them = each.where(ledger_account.c.organisation_id == organisation_id).subquery()
    kind, currency, minor = each_of_them.c
    query = select(kind, currency, func.sum(minor).label("credit_minor")).group_by(kind, currency)
    return every(
        conn,
        query.order_by(kind, currency),
        lambda row: _come_to(LedgerAccount(LedgerKind(row.kind), row.currency), row.credit_minor),
    )


def overdrawn(conn: Connection, organisation_id: int, most: int = 100) -> list[Balance]:
    """Wallets, and money put aside, that come to less than nothing."""
    ours = ledger_account.c.organisation_id == organisation_id
    never_less = ledger_account.c.kind.in_((LedgerKind.WALLET, LedgerKind.HELD))
    query = _with_balances().where(ours, never_less, credit_minor() < 0)
    return every(conn, query.order_by(ledger_account.c.id).limit(most), _balance)


def _balances(conn: Connection, chosen: ColumnElement[bool]) -> list[Balance]:
    columns = ledger_account.c
    return every(
        conn,
        _with_balances()
        .where(chosen)
        .order_by(columns.kind, columns.currency, columns.account_id.nulls_first(), columns.detail, columns.id),
        _balance,
    )


def _with_balances() -> Select[Any]:
    return select(ledger_account, credit_minor().label("credit_minor"))


def held_for(conn: Connection, session_id: int) -> int:
    """What is put aside for a session and not given back, in minor units."""
    signed = case(
        (ledger_account.c.id == transfer.c.credit_id, transfer.c.amount_minor), else_=-transfer.c.amount_minor
    )
    query = (
        select(func.coalesce(func.sum(signed), 0))
        .join(movement, movement.c.id == transfer.c.movement_id)
        .join(ledger_account, or_(_ON_DEBIT, _ON_CREDIT))
        .where(movement.c.session_id == session_id, ledger_account.c.kind == LedgerKind.HELD)
    )
    return number(conn, query)


def count_of(conn: Connection, session_id: int) -> int:
    """How many movements there are about a session."""
    return number(conn, select(func.count()).select_from(movement).where(movement.c.session_id == session_id))


def position(conn: Connection, account_id: int, currency: str, before: datetime) -> int:
    """Free and held less owed, by movements from before that time."""
    query = _own_entries(account_id, currency, movement.c["at"] < before).subquery()
    return number(conn, select(func.coalesce(func.sum(query.c.amount_minor), 0)))


def entries(conn: Connection, account_id: int, currency: str, begin: datetime, end: datetime) -> list[StatementEntry]:
    """Movements in [begin, end) that left the account with more or less, in order."""
    within = (movement.c["at"] >= begin) & (movement.c["at"] < end)
    return every(conn, _own_entries(account_id, currency, within), _entry)


def _own_entries(account_id: int, currency: str, when: ColumnElement[bool]) -> Any:
    sign = case((ledger_account.c.id == transfer.c.credit_id, 1), else_=-1)
    change = func.sum(sign * transfer.c.amount_minor).label("amount_minor")
    return (
        select(movement.c.id, movement.c["at"], movement.c.kind, movement.c.key, change)
        .join(transfer, transfer.c.movement_id == movement.c.id)
        .join(ledger_account, or_(_ON_DEBIT, _ON_CREDIT))
        .where(ledger_account.c.account_id == account_id, ledger_account.c.currency == currency, when)
        .group_by(movement.c.id, movement.c["at"], movement.c.kind, movement.c.key)
        .having(change != 0)
        .order_by(movement.c["at"], movement.c.id)
    )


def transfers(conn: Connection, movement_ids: Collection[int]) -> dict[int, tuple[Transfer, ...]]:
    """The transfers of movements, in their order, by the movement's id."""
    debit, credit = ledger_account.alias(), ledger_account.alias()
    query = (
        select(transfer.c.movement_id, transfer.c.amount_minor, *_labelled(debit, "d"), *_labelled(credit, "c"))
        .join(debit, debit.c.id == transfer.c.debit_id)
        .join(credit, credit.c.id == transfer.c.credit_id)
        .where(transfer.c.movement_id.in_(movement_ids))
        .order_by(transfer.c.movement_id, transfer.c.line)
    )
    found = dict[int, tuple[Transfer, ...]]()
    for row in conn.execute(query):
        debit_of = LedgerAccount(LedgerKind(row.d_kind), row.d_currency, row.d_account_id, row.d_detail)
        credit_of = LedgerAccount(LedgerKind(row.c_kind), row.c_currency, row.c_account_id, row.c_detail)
        each = Transfer(debit_of, credit_of, row.amount_minor)
        found[row.movement_id] = (*found.get(row.movement_id, ()), each)
    return found


def _labelled(side: Any, prefix: str) -> list[Any]:
    return [side.c[name].label(f"{prefix}_{name}") for name in ("kind", "currency", "account_id", "detail")]


def _ledger_account_id(conn: Connection, organisation_id: int, wanted: LedgerAccount) -> int:
    """Opened when first used; of two at once that open it, one is repeated and finds it."""
    table = ledger_account.c
    same = (table.kind == wanted.kind) & (table.currency == wanted.currency) & (table.detail == wanted.detail)
    owner = table.account_id.is_(None) if wanted.account_id is None else table.account_id == wanted.account_id
    query = select(table.id).where(table.organisation_id == organisation_id, same, owner)
    found = one(conn, query, lambda row: int(row.id))
    if found is not None:
        return found
    values = {"kind": wanted.kind, "currency": wanted.currency, "detail": wanted.detail}
    opened = ledger_account.insert().values(organisation_id=organisation_id, account_id=wanted.account_id, **values)
    return number(conn, opened.returning(table.id))


def _balance(row: Row[Any]) -> Balance:
    of = LedgerAccount(LedgerKind(row.kind), row.currency, row.account_id, row.detail)
    return _come_to(of, row.credit_minor)


def _come_to(of: LedgerAccount, credit_minor: int) -> Balance:
    return Balance(of, int(-credit_minor if of.kind in ASSETS else credit_minor))


def _entry(row: Row[Any]) -> StatementEntry:
    return StatementEntry(row.at, MovementKind(row.kind), row.key, int(row.amount_minor))
