"""The database itself refuses what would unbalance or alter the ledger, whoever asks, by whatever SQL."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import URL, Connection, func, make_url, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from cloud.db.database import Database
from cloud.db.errors import Unavailable
from cloud.db.queries import ledger as rows
from cloud.db.queries import ledger_sums
from cloud.db.rows import number
from cloud.db.tables import transfer
from cloud.domain.ledger import LedgerAccount, LedgerKind, Movement, MovementKind, Transfer
from cloud.services import ledger
from tests.cloud.conftest import NOON
from tests.ours import OURS

EUR = [LedgerAccount(LedgerKind.CASH, "EUR"), LedgerAccount(LedgerKind.REVENUE, "EUR")]
YEN = LedgerAccount(LedgerKind.CASH, "JPY")
TRANSFER = "INSERT INTO transfer (movement_id, line, debit_id, credit_id, amount_minor) VALUES "
MOVEMENT = "INSERT INTO movement (id, organisation_id, key, kind, at, transfers) VALUES "
WHEN = "'2026-03-01 12:00:00+00'"

ALTERING = {
    "an amount": "UPDATE transfer SET amount_minor = 1",
    "a side": "UPDATE transfer SET debit_id = credit_id, credit_id = debit_id",
    "a key": "UPDATE movement SET key = 'another'",
    "a count": "UPDATE movement SET transfers = 1",
    "an account's kind": "UPDATE ledger_account SET kind = 'vat'",
    "an account's currency": "UPDATE ledger_account SET currency = 'JPY'",
    "a transfer goes": "DELETE FROM transfer WHERE line = 2",
    "a movement goes": "DELETE FROM movement",
    "an account goes": "DELETE FROM ledger_account",
    "a further transfer": TRANSFER + "(1, 3, 1, 2, 5)",
    "a line again": TRANSFER + "(1, 1, 1, 2, 5)",
    "a line before the first": TRANSFER + "(1, 0, 1, 2, 5)",
    "without a movement": TRANSFER + "(99, 1, 1, 2, 5)",
    "a key again": MOVEMENT + f"(50, 1, 'first', 'top_up', {WHEN}, 1); " + TRANSFER + "(50, 1, 1, 2, 5)",
    "nothing moved": MOVEMENT + f"(50, 1, 'k', 'top_up', {WHEN}, 1); " + TRANSFER + "(50, 1, 1, 2, 0)",
    "less than nothing": MOVEMENT + f"(50, 1, 'k', 'top_up', {WHEN}, 1); " + TRANSFER + "(50, 1, 1, 2, -5)",
    "to itself": MOVEMENT + f"(50, 1, 'k', 'top_up', {WHEN}, 1); " + TRANSFER + "(50, 1, 1, 1, 5)",
    "from nowhere": MOVEMENT + f"(50, 1, 'k', 'top_up', {WHEN}, 1); " + TRANSFER + "(50, 1, 1, 99, 5)",
    "two currencies": MOVEMENT + f"(50, 1, 'k', 'top_up', {WHEN}, 1); " + TRANSFER + "(50, 1, 1, 3, 5)",
    "beyond its count": MOVEMENT
    + f"(50, 1, 'k', 'top_up', {WHEN}, 1); "
    + TRANSFER
    + "(50, 1, 1, 2, 5), (50, 2, 1, 2, 5)",
    "no transfers": MOVEMENT + f"(50, 1, 'k', 'top_up', {WHEN}, 1)",
    "no transfers, it says": MOVEMENT + f"(50, 1, 'k', 'top_up', {WHEN}, 0)",
    "too few transfers": MOVEMENT + f"(50, 1, 'k', 'top_up', {WHEN}, 2); " + TRANSFER + "(50, 1, 1, 2, 5)",
    "the last before the first": MOVEMENT + f"(50, 1, 'k', 'top_up', {WHEN}, 2); " + TRANSFER + "(50, 2, 1, 2, 5)",
    "another organisation": "INSERT INTO organisation (id, name, created_at) VALUES (9, 'x', "
    + WHEN
    + "); "
    + MOVEMENT
    + f"(50, 9, 'k', 'top_up', {WHEN}, 1); "
    + TRANSFER
    + "(50, 1, 1, 2, 5)",
}
ONLY_SQLITE = {
    "a transfer replaced": "INSERT OR REPLACE INTO transfer VALUES (1, 1, 1, 1, 2, 7)",
    "a line replaced": "INSERT OR REPLACE INTO transfer VALUES (9, 1, 1, 1, 2, 7)",
    "a movement replaced": "INSERT OR REPLACE INTO movement VALUES (1, 1, 'k', 'top_up', " + WHEN + ", NULL, 1)",
    "a key replaced": "INSERT OR REPLACE INTO movement VALUES (9, 1, 'first', 'top_up', " + WHEN + ", NULL, 1)",
    "an account replaced": "INSERT OR REPLACE INTO ledger_account VALUES (1, 1, 'vat', 'EUR', NULL, '')",
}
ONLY_POSTGRESQL = {
    "all transfers": "TRUNCATE transfer CASCADE",
    "all accounts": "TRUNCATE ledger_account CASCADE",
    "on conflict": TRANSFER + "(1, 1, 1, 2, 5) ON CONFLICT (movement_id, line) DO UPDATE SET amount_minor = 9",
}


def furnish(conn: Connection) -> None:
    """Movement 1 of two transfers between accounts 1 and 2 in EUR; account 3 is in JPY."""
    debit, credit = EUR
    transfers = (Transfer(debit, credit, 100), Transfer(credit, debit, 30))
    rows.insert(conn, 1, Movement("first", MovementKind.TOP_UP, NOON, transfers))
    rows._ledger_account_id(conn, 1, YEN)


async def attack(db: Database, sql: str) -> None:
    def unit(conn: Connection) -> None:
        for statement in sql.split("; "):
            conn.execute(text(statement))

    await db.write(unit)


async def test_the_ledger_is_only_added_to_and_always_balances(database: Database) -> None:
    await database.write(furnish)
    before = await database.read(lambda conn: ledger.balances(conn, OURS))
    assert {(each.of.kind, each.of.currency): each.amount_minor for each in before} == {
        (LedgerKind.CASH, "EUR"): 70,
        (LedgerKind.REVENUE, "EUR"): 70,
        (LedgerKind.CASH, "JPY"): 0,
    }
    own = ONLY_SQLITE if database.url.startswith("sqlite") else ONLY_POSTGRESQL
    for name, sql in (ALTERING | own).items():
        with pytest.raises((DBAPIError, Unavailable)):
            await attack(database, sql)
            pytest.fail(f"the database let this happen: {name}")
        assert await database.read(lambda conn: ledger.balances(conn, OURS)) == before, name
    assert await database.read(lambda conn: ledger.check(conn, OURS)) == []


async def test_a_whole_movement_by_hand_is_taken(database: Database) -> None:
    """So the refusals above are not about their spelling."""
    await database.write(furnish)
    await attack(database, MOVEMENT + f"(50, 1, 'k', 'top_up', {WHEN}, 1); " + TRANSFER + "(50, 1, 1, 2, 5)")
    assert (await database.read(lambda conn: ledger.balances(conn, OURS)))[0].amount_minor == 75


async def test_the_check_sees_a_sum_that_is_not_that_of_its_transfers(database: Database) -> None:
    await database.write(furnish)
    await database.write(lambda conn: ledger.settle(conn, NOON))
    for more in (True, False):
        advance = partial(ledger_sums.advance, now=NOON + timedelta(hours=1), at_once=1)
        assert await database.write(advance) is more
    assert await database.read(settled) == 2
    before = await database.read(lambda conn: ledger.balances(conn, OURS))
    assert (await database.read(lambda conn: ledger.check(conn, OURS)), before[0].amount_minor) == ([], 70)
    await attack(database, "UPDATE ledger_sum SET credit_minor = credit_minor + 1 WHERE ledger_account_id = 2")
    found = await database.read(lambda conn: ledger.check(conn, OURS))
    assert found == [
        "the sum kept of ledger account 2 is 71, its transfers come to 70",
        "all accounts in EUR sum to -1 instead of 0",
    ]


async def test_who_commits_late_is_in_the_sums_too(postgres_url: str) -> None:
    """On PostgreSQL, where of two movements the earlier one may be committed last."""
    database, engine = await Database.open(postgres_url), create_async_engine(async_url(postgres_url))
    await database.write(furnish)
    before = await database.read(lambda conn: ledger.balances(conn, OURS))
    async with engine.connect() as late:
        await late.execute(text(MOVEMENT + f"(50, 1, 'late', 'top_up', {WHEN}, 1)"))
        await late.execute(text(TRANSFER + "(50, 1, 1, 2, 5)"))
        await attack(database, MOVEMENT + f"(51, 1, 'k', 'top_up', {WHEN}, 1); " + TRANSFER + "(51, 1, 1, 2, 7)")
        await database.write(lambda conn: ledger.settle(conn, NOON))
        await database.write(lambda conn: ledger.settle(conn, NOON + timedelta(minutes=59)))
        await late.commit()
    await database.write(lambda conn: ledger.settle(conn, NOON + timedelta(hours=1)))
    assert await database.read(lambda conn: ledger.check(conn, OURS)) == []
    assert (await database.read(lambda conn: ledger.balances(conn, OURS)))[0].amount_minor == before[
        0
    ].amount_minor + 5 + 7
    assert await database.read(settled) == 4
    await database.close()
    await engine.dispose()


def async_url(url: str) -> URL:
    return make_url(url).set(drivername="postgresql+asyncpg")


def settled(conn: Connection) -> int:
    """How many transfers are in the sums."""
    return number(conn, select(func.count()).where(transfer.c.id <= ledger_sums.through()))


async def test_the_check_sees_what_was_forced_past_the_guards(database: Database) -> None:
    """As somebody might who owns the database: guards off, one amount in another currency, one transfer gone."""
    await database.write(furnish)
    off = {"sqlite": "DROP TRIGGER transfer_is_final_UPDATE", "postgresql": "ALTER TABLE transfer DISABLE TRIGGER USER"}
    await attack(database, off[database.url.split(":")[0]])
    assert await database.read(lambda conn: ledger.check(conn, OURS)) == []
    await attack(database, "UPDATE transfer SET credit_id = 3 WHERE line = 1")
    found = await database.read(lambda conn: ledger.check(conn, OURS))
    assert "movement 'first' moves nothing, or between two currencies" in found
    assert "all accounts in EUR sum to 100 instead of 0" in found
