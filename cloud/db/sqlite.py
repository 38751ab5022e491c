"""SQLite: one writer thread that commits together whatever waits, and readers with connections of their own."""

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from cloud.db.errors import Unavailable

T = TypeVar("T")

BUSY_TIMEOUT_S = 5
UNHURRIED_TIMEOUT_S = 24 * 3600
LOOK_AGAIN_S = 0.01
LARGEST_BATCH = 500
READERS = 4

_UNITS_OWN_FAULT = frozenset(
    {
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_TOOBIG,
        sqlite3.SQLITE_RANGE,
        sqlite3.SQLITE_MISUSE,
    }
)


@dataclass(slots=True)
class _Job:
    """A unit that waits for the writer, and the future that its caller awaits."""

    unit: Callable[[Connection], Any]
    done: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class SqliteBackend:
    """Belongs to the event loop that first uses it."""

    def __init__(self, path: str, *, unhurried: bool = False) -> None:
        self._path = path
        patience_s = UNHURRIED_TIMEOUT_S if unhurried else BUSY_TIMEOUT_S
        self._writer_engine = _engine(path, patience_s, begin="BEGIN IMMEDIATE", readonly=False)
        self._reader_engine = _engine(path, patience_s, begin="BEGIN", readonly=True)
        self._readers = ThreadPoolExecutor(READERS, "sqlite-reader")
        self._waiting: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._work, name="sqlite-writer", daemon=True)
        self._thread.start()

    async def write(self, unit: Callable[[Connection], T]) -> T:
        done: asyncio.Future[T] = self._loop.create_future()
        self._waiting.put(_Job(unit, done))
        return await done

    async def read(self, query: Callable[[Connection], T]) -> T:
        return await self._loop.run_in_executor(self._readers, self._query, query)

    async def close(self) -> None:
        self._waiting.put(None)
        await asyncio.to_thread(self._thread.join)
        self._readers.shutdown()
        self._writer_engine.dispose()
        self._reader_engine.dispose()

    def _query(self, query: Callable[[Connection], T]) -> T:
        try:
            with self._reader_engine.begin() as conn:
                return query(conn)
        except DBAPIError as error:
            if _units_own(error):
                raise
            raise self._unavailable(error) from error

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, closing = self._with_whatever_waits(first)
            self._commit(batch)
            self._loop.call_soon_threadsafe(_tell, batch)
            if closing:
                return

    def _with_whatever_waits(self, first: _Job) -> tuple[list[_Job], bool]:
        batch = [first]
        while len(batch) < LARGEST_BATCH and not self._waiting.empty():
            job = self._waiting.get()
            if job is None:
                return batch, True
            batch.append(job)
        return batch, False

    def _commit(self, batch: list[_Job]) -> None:
        try:
            with self._writer_engine.begin() as conn:
                for job in batch:
                    _attempt(conn, job)
        except (SQLAlchemyError, sqlite3.Error) as error:
            for job in batch:
                job.error = self._unavailable(error)

    def _unavailable(self, error: Exception) -> Unavailable:
        return Unavailable(f"the database {self._path} cannot be used now: {getattr(error, 'orig', error)}")


def _attempt(conn: Connection, job: _Job) -> None:
    """Runs one unit in its savepoint; raises only what makes the whole batch fail."""
    try:
        with conn.begin_nested():
            job.result = job.unit(conn)
    except Exception as error:
        if isinstance(error, DBAPIError) and not (_units_own(error) and _still_in_transaction(conn)):
            raise
        job.error = error


def _units_own(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF in _UNITS_OWN_FAULT


def _still_in_transaction(conn: Connection) -> bool:
    """SQLite ends the whole transaction by itself on a full disk or an I/O error."""
    raw = conn.connection.driver_connection
    return isinstance(raw, sqlite3.Connection) and raw.in_transaction


def _tell(batch: list[_Job]) -> None:
    for job in batch:
        if job.done.cancelled():
            continue
        if job.error is not None:
            job.done.set_exception(job.error)
        else:
            job.done.set_result(job.result)


def _engine(path: str, patience_s: int, *, begin: str, readonly: bool) -> Engine:
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=path),
        poolclass=QueuePool,
        pool_size=READERS if readonly else 1,
        max_overflow=0,
        # No transaction is begun behind our back: pysqlite's own BEGIN comes late and breaks savepoints.
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": patience_s},
    )
    event.listen(engine, "connect", _prepare_reader if readonly else partial(_prepare_writer, patience_s))
    event.listen(engine, "begin", lambda conn: conn.exec_driver_sql(begin))
    return engine


def _prepare_writer(patience_s: int, raw: sqlite3.Connection, _record: object) -> None:
    _begin_wal(raw, time.monotonic() + patience_s)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        raw.execute(f"PRAGMA {pragma}")


def _begin_wal(raw: sqlite3.Connection, by_s: float) -> None:
    """While somebody writes into a new file, SQLite refuses this at once, whatever its busy timeout."""
    while True:
        try:
            raw.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > by_s:
                raise
            time.sleep(LOOK_AGAIN_S)
        else:
            return


def _prepare_reader(raw: sqlite3.Connection, _record: object) -> None:
    raw.execute("PRAGMA query_only=ON")
