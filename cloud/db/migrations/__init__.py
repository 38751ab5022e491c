"""The schema's history: brings a database to the tables this version needs."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect

from cloud.db.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

_ADVISORY_LOCK = 0x626F6C6C
_HERE = Path(__file__).parent


def upgrade(conn: Connection) -> None:
    """A unit of work: all missing migrations, one process at a time."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
    from alembic import command  # late: most commands have nothing to migrate

    command.upgrade(_config(conn), "head")


def is_current(conn: Connection) -> bool:
    """Whether the database has the tables this version needs: files of migrations begin with their revision."""
    if not inspect(conn).has_table("alembic_version"):
        return False
    head = max(path.name for path in (_HERE / "versions").glob("[0-9]*.py")).partition("_")[0]
    return conn.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none() == head


async def migrate(url: str) -> None:
    """Migrates the database at `url`, however long that takes. Raises BadUrl, Unavailable."""
    database = await Database.open(url, unhurried=True)
    try:
        await database.write(upgrade)
    finally:
        await database.close()


def _config(conn: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.attributes["connection"] = conn
    return config
