"""PostgreSQL: a transaction a unit, repeated when it lost a race; a server that is gone is noticed in seconds."""

import asyncio
import random
from collections.abc import Callable
from contextlib import aclosing
from typing import Any, TypeVar

from sqlalchemy import URL, Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from cloud.db.errors import Unavailable

T = TypeVar("T")

CONNECT_TIMEOUT_S = 3
UNIT_TIMEOUT_S = 6
ATTEMPTS = 6

_SERIALIZATION, _DEADLOCK, _UNIQUE = "40001", "40P01", "23505"
_LOST_RACE = frozenset({_SERIALIZATION, _DEADLOCK, _UNIQUE})
_SERVERS_FAULT = ("08", "25006", "53", "57", "58", "XX")


class PostgresqlBackend:
    """Units lock the rows they decide about (a station's first), so READ COMMITTED is enough."""

    def __init__(self, url: URL, *, unhurried: bool = False) -> None:
        self._unhurried = unhurried
        self._name = url.render_as_string(hide_password=True)
        self._engine = _engine(url)
        self._running: set[asyncio.Task[Any]] = set()

    async def write(self, unit: Callable[[Connection], T]) -> T:
        task = asyncio.create_task(self._write(unit))
        self._running.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    async def read(self, query: Callable[[Connection], T]) -> T:
        return await self._within_limits(query, readonly=True)

    async def close(self) -> None:
        if self._running:
            await asyncio.wait(self._running)
        await self._engine.dispose()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # is the caller's to hear, who may have been cancelled

    async def _write(self, unit: Callable[[Connection], T]) -> T:
        for attempt in range(1, ATTEMPTS):
            try:
                return await self._within_limits(unit, readonly=False)
            except DBAPIError as error:
                if _sqlstate(error) not in _LOST_RACE:
                    raise
                await asyncio.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311 - spreads rivals
        return await self._within_limits(unit, readonly=False)

    async def _within_limits(self, unit: Callable[[Connection], T], *, readonly: bool) -> T:
        try:
            async with asyncio.timeout(None if self._unhurried else UNIT_TIMEOUT_S):
                return await self._transaction(unit, readonly=readonly)
        except (OSError, TimeoutError, PoolTimeout) as error:
            raise self._unavailable(error) from error
        except DBAPIError as error:
            if error.connection_invalidated or _sqlstate(error).startswith(_SERVERS_FAULT):
                raise self._unavailable(error.orig) from error
            raise

    async def _transaction(self, unit: Callable[[Connection], T], *, readonly: bool) -> T:
        async with aclosing(await self._connected()) as conn:
            if readonly:
                await conn.execution_options(postgresql_readonly=True)
            async with conn.begin():
                return await conn.run_sync(unit)

    async def _connected(self) -> AsyncConnection:
        """A connection; whatever the reason for having none, no unit of work is at fault."""
        try:
            return await self._engine.connect()
        except DBAPIError as error:
            raise self._unavailable(error.orig) from error

    def _unavailable(self, error: BaseException | None) -> Unavailable:
        return Unavailable(f"the database {self._name} cannot be used now: {str(error) or 'it did not answer in time'}")


def _sqlstate(error: DBAPIError) -> str:
    """The SQLSTATE of the server's refusal; a driver's error without one is taken for a lost connection."""
    return getattr(error.orig, "sqlstate", None) or "08000"


def _engine(url: URL) -> AsyncEngine:
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        pool_size=10,
        max_overflow=0,
        pool_timeout=UNIT_TIMEOUT_S,
        pool_pre_ping=True,
        connect_args={"timeout": CONNECT_TIMEOUT_S},
    )
