"""What a command of the operator is: a name, its arguments, and a coroutine that gives an answer."""

from argparse import ArgumentTypeError, Namespace
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cloud.db.database import Database
from cloud.domain.people import Scope
from cloud.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Context:
    """What a command works with; of the settings, what the organisation chose goes before the server's.

    The organisation is 0 for a command that needs no tables.
    """

    db: Database
    settings: Settings
    now: datetime
    organisation_id: int

    @property
    def scope(self) -> Scope:
        """All that the organisation has."""
        return Scope(self.organisation_id)

    async def write(
        self, service: Callable[Concatenate[Connection, int, P], T], *given: P.args, **named: P.kwargs
    ) -> T:
        """Does what a service does, to the organisation, in a unit of work."""
        return await self.db.write(lambda conn: service(conn, self.organisation_id, *given, **named))

    async def read(self, query: Callable[Concatenate[Connection, int, P], T], *given: P.args, **named: P.kwargs) -> T:
        """Looks something of the organisation up."""
        return await self.db.read(lambda conn: query(conn, self.organisation_id, *given, **named))

    def local(self, at: datetime | None) -> str:
        """A time as the operator's clock shows it; empty without one."""
        return f"{at.astimezone(ZoneInfo(self.settings.time_zone)):%Y-%m-%d %H:%M}" if at else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """`data` for machines (`--json`), `text` for people."""

    data: Any
    text: str


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument, as argparse takes it."""

    names: tuple[str, ...]
    options: dict[str, Any]


def argument(*names: str, **options: Any) -> Argument:
    return Argument(names, options)


@dataclass(frozen=True, slots=True)
class Verb:
    """One command; `needs_tables` is false only for the one that makes them."""

    name: str
    help: str
    run: Callable[[Context, Namespace], Awaitable[Answer]]
    arguments: tuple[Argument, ...] = ()
    needs_tables: bool = True


def amount(text: str) -> Decimal:
    """A number given as an argument."""
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ArgumentTypeError(f"{text!r} is not a number such as 0.39") from error


def one_of(values: type[E]) -> Callable[[str], E]:
    """A reader of an argument that is one of an enumeration."""

    def read(text: str) -> E:
        try:
            return values(text)
        except ValueError as error:
            raise ArgumentTypeError(f"{text!r} is none of {', '.join(values)}") from error

    return read


def table(heads: str, rows: list[tuple[object, ...]], otherwise: str) -> str:
    """Rows under their heads in even columns, or `otherwise` if there are none."""
    if not rows:
        return otherwise
    lines = [
        tuple(heads.split()),
        *(tuple("" if cell is None else printable(str(cell)) for cell in row) for row in rows),
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in padded)


def printable(text: str) -> str:
    """Text that may come from a station, as a terminal may show it: it cannot move the cursor or change colours."""
    return text if text.isprintable() else text.encode("unicode_escape").decode()
