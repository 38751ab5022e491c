"""The migrations make exactly the tables that the queries expect, one process at a time, and can be undone."""

import asyncio
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from cloud.db import migrations
from cloud.db.database import Database
from cloud.db.migrations import is_current, migrate
from cloud.db.tables import metadata
from tests.postgres import Cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/a name with spaces.db"
    cluster: Cluster = request.getfixturevalue("postgres")
    return cluster.url(cluster.create())


def _differences(conn: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(conn), metadata))


async def test_migrated_schema_is_the_declared_one(database: Database) -> None:
    assert await database.read(_differences) == []
    assert await database.read(is_current)


async def test_processes_that_migrate_at_once_do_it_once(empty_url: str) -> None:
    await asyncio.gather(*(migrate(empty_url) for _ in range(4)))
    database = await Database.open(empty_url)
    assert await database.read(is_current)
    assert await database.probe()
    await database.close()


async def test_migrations_can_be_undone(empty_url: str) -> None:
    await migrate(empty_url)
    database = await Database.open(empty_url)

    def downgrade(conn: Connection) -> None:
        command.downgrade(migrations._config(conn), "base")

    await database.write(downgrade)
    left = await database.read(lambda conn: inspect(conn).get_table_names())
    assert left == ["alembic_version"]
    assert not await database.read(is_current)
    await database.write(migrations.upgrade)
    assert await database.read(_differences) == []
    await database.close()
