"""Bills from before the ledger come into it when the database is migrated."""

from alembic import command
from sqlalchemy import Connection

from cloud.db import migrations
from cloud.db.database import Database
from cloud.domain.ledger import LedgerKind
from cloud.services import ledger
from tests.cloud.conftest import Business, furnish
from tests.ours import OURS


async def test_bills_from_before_the_ledger_are_in_it(database: Database) -> None:
    business = Business(database, await database.write(furnish))
    for minute in (0, 100):
        start = await business.start(minute, wh=1000 + 50 * minute)
        await business.stop(start.transaction_id, minute + 60, 6000 + 50 * minute)
    before = await database.read(lambda conn: ledger.balances(conn, OURS))
    assert {each.of.kind: each.amount_minor for each in before}[LedgerKind.RECEIVABLE] == 600
    await database.write(_without_ledger)
    await database.write(migrations.upgrade)
    assert await database.read(lambda conn: ledger.balances(conn, OURS)) == before
    assert await database.read(lambda conn: ledger.check(conn, OURS)) == []


def _without_ledger(conn: Connection) -> None:
    """As a database looks that was migrated to where the ledger began, with bills in it."""
    command.downgrade(migrations._config(conn), "0016")
    guards = ("transfer_is_final_DELETE", "movement_is_final_DELETE", "ledger_account_is_final_DELETE")
    if conn.dialect.name == "sqlite":
        for guard in guards:
            conn.exec_driver_sql(f"DROP TRIGGER {guard}")
        conn.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    else:
        conn.exec_driver_sql("SET LOCAL session_replication_role = replica")
    for table in ("transfer", "movement", "ledger_account"):
        conn.exec_driver_sql(f"DELETE FROM {table}")
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("SET LOCAL session_replication_role = origin")
