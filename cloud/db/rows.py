"""From rows to values: the few shapes that queries return, and the inserts that each database spells its own way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Executable, Row, Select, Table
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a page of a long list begins, after the row of a number, and how many rows it has at most."""

    limit: int
    after: int | None = None


def page(query: Select[Any], id: ColumnElement[int], cut: Cut, *, newest: bool = True) -> Select[Any]:
    """The page in the order of its rows' numbers, and one row more if there are more; as quick as an index is."""
    further = None if cut.after is None else id < cut.after if newest else id > cut.after
    begun = query if further is None else query.where(further)
    return begun.order_by(None).order_by(id.desc() if newest else id).limit(cut.limit + 1)


def one(conn: Connection, query: Executable, make: Callable[[Row[Any]], T]) -> T | None:
    """The value made from the only row; None if there is none."""
    row = conn.execute(query).one_or_none()
    return None if row is None else make(row)


def every(conn: Connection, query: Executable, make: Callable[[Row[Any]], T]) -> list[T]:
    """The values made from all rows, in their order."""
    return [make(row) for row in conn.execute(query)]


def number(conn: Connection, statement: Executable) -> int:
    """The one whole number that a statement returns: a count, or the id of what it inserted."""
    return int(conn.execute(statement).scalar_one())


def insert_if_new(conn: Connection, table: Table) -> Any:
    """An insert that leaves alone what a unique key says is there already."""
    return inserting(conn, table).on_conflict_do_nothing()


def insert_or(conn: Connection, table: Table, first: Mapping[str, Any], following: Mapping[str, Any]) -> Any:
    """An insert of `first` that, where its primary key is there already, changes that row by `following`."""
    key = [column.name for column in table.primary_key]
    return inserting(conn, table).values(**first).on_conflict_do_update(index_elements=key, set_=dict(following))


def inserting(conn: Connection, table: Table) -> Any:
    """An insert that may say what to do where its key is there already, as `conn`'s database spells it."""
    return (postgresql_insert if conn.dialect.name == "postgresql" else sqlite_insert)(table)
