"""The one door to the database: units of work in, results out, acknowledged only after the commit."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError

from cloud.db.errors import BadUrl, Unavailable
from cloud.db.postgresql import PostgresqlBackend
from cloud.db.sqlite import SqliteBackend
from cloud.db.tables import probe

T = TypeVar("T")


class Backend(Protocol):
    """What SQLite and PostgreSQL each do their own way; all raise Unavailable."""

    async def write(self, unit: Callable[[Connection], T]) -> T: ...
    async def read(self, query: Callable[[Connection], T]) -> T: ...
    async def close(self) -> None: ...


class Database:
    """`sqlite:///path` (one writer thread, natural batches) or `postgresql://…` (a transaction a unit).

    `writing`: how many units are being written or wait for it.
    """

    def __init__(self, url: str, backend: Backend) -> None:
        self.url = url
        self.available = True
        self.writing = 0
        self._backend = backend
        self._closed = False

    @classmethod
    async def open(cls, url: str, *, unhurried: bool = False, existing: bool = False) -> "Database":
        """Opens the database and finds out whether it answers. Raises BadUrl, Unavailable.

        With `unhurried`, a unit of work may take as long as it needs, and wait as long for other processes. A file of
        SQLite that is not there is made, unless it shall be an `existing` one.
        """
        database = cls(url, _backend(_parsed(url), unhurried=unhurried, existing=existing))
        try:
            await database.read(_nothing)
        except Unavailable:
            await database.close()
            raise
        return database

    async def write(self, unit: Callable[[Connection], T]) -> T:
        """Runs a unit of work and returns its result once it is committed.

        Raises what the unit raised (its changes alone are undone) or Unavailable (nothing was acknowledged).
        A unit handed in is carried out even if its caller is cancelled; it may be run more than once, so
        it must touch nothing but the connection.
        """
        self._check_open()
        self.writing += 1
        try:
            result = await self._backend.write(unit)
        except Unavailable:
            self.available = False
            raise
        finally:
            self.writing -= 1
        self.available = True
        return result

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Runs a query on a connection that cannot write. Raises Unavailable."""
        self._check_open()
        return await self._backend.read(query)

    async def probe(self) -> bool:
        """Whether the database can commit, found out by committing something."""
        try:
            await self.write(_touch)
        except Unavailable:
            return False
        return True

    async def close(self) -> None:
        """Finishes what was handed in and closes all connections; whatever comes later is Unavailable."""
        self._closed = True
        await self._backend.close()

    def _check_open(self) -> None:
        if self._closed:
            raise Unavailable("the database was closed")


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as error:
        raise BadUrl(f"{url!r} is not a database URL; give sqlite:///path or postgresql://host/name") from error


def _backend(url: URL, *, unhurried: bool, existing: bool) -> Backend:
    match url.get_backend_name():
        case "sqlite" if url.database and url.database != ":memory:":
            if existing and not Path(url.database).exists():
                raise Unavailable(
                    f"there is no database {url.database}; name another with BOLLARD_DATABASE_URL or --database-url, "
                    "or make it: run `bollard cloud migrate`"
                )
            return SqliteBackend(url.database, unhurried=unhurried)
        case "postgresql":
            return PostgresqlBackend(url, unhurried=unhurried)
        case _:
            shown = url.render_as_string(hide_password=True)
            raise BadUrl(f"{shown} names no database; give sqlite:///path or postgresql://host/name")


def _nothing(conn: Connection) -> None:
    conn.exec_driver_sql("SELECT 1")


def _touch(conn: Connection) -> None:
    conn.execute(probe.update().values(at=datetime.now(UTC)))
