"""The one door to the database: units of work in, results out, acknowledged only after the commit."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

T = TypeVar("T")


class Database:
    """`sqlite:///path` (one writer thread, natural batches) or `postgresql://…` (a transaction a unit)."""

    available: bool

    @classmethod
    async def open(cls, url: str) -> "Database":
        """Opens the database. Raises BadUrl, Unavailable."""
        raise NotImplementedError

    async def write(self, unit: Callable[[Connection], T]) -> T:
        """Runs a unit of work and returns its result once it is committed.

        Raises what the unit raised (its changes alone are undone) or Unavailable (nothing was acknowledged).
        A unit handed in is carried out even if its caller is cancelled; it may be run more than once, so
        it must touch nothing but the connection.
        """
        raise NotImplementedError

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Runs a query on a connection that cannot write. Raises Unavailable."""
        raise NotImplementedError

    async def probe(self) -> bool:
        """Whether the database can commit, found out by committing something."""
        raise NotImplementedError

    async def close(self) -> None:
        """Finishes what was handed in and closes all connections."""
        raise NotImplementedError
