"""The migrations make exactly the tables that the queries expect."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from cloud.db.database import Database
from cloud.db.migrations import is_current
from cloud.db.tables import metadata


def _differences(conn: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(conn), metadata))


async def test_migrated_schema_is_the_declared_one(database: Database) -> None:
    assert await database.read(_differences) == []
    assert await database.read(is_current)
