"""The schema's history: brings a database to the tables this version needs."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from cloud.db.database import Database

_ADVISORY_LOCK = 0x626F6C6C


def upgrade(conn: Connection) -> None:
    """A unit of work: all missing migrations, one process at a time."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
    config = _config()
    config.attributes["connection"] = conn
    command.upgrade(config, "head")


def is_current(conn: Connection) -> bool:
    """Whether the database has the tables this version needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    return MigrationContext.configure(conn).get_current_revision() == head


async def migrate(url: str) -> None:
    """Migrates the database at `url`, however long that takes. Raises BadUrl, Unavailable."""
    database = await Database.open(url, unhurried=True)
    try:
        await database.write(upgrade)
    finally:
        await database.close()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
