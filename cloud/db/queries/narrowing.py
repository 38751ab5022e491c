"""Long lists, searched from their newest row: what is rare is found by its numbers first, what is common comes soon."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, func, select

FEW = 1000


def narrowed(
    conn: Connection, key: ColumnElement[int], wanted: Select[tuple[int]], otherwise: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Whether `key` is one of those wanted, spelt as numbers if they are few.

    If they are many, `otherwise` says the same of a row, and the walk from the newest finds a page of them soon.
    Neither is left to the planner, who knows nothing of the text that somebody typed.
    """
    found = conn.execute(wanted.limit(FEW + 1)).scalars().all()
    return key.in_(found) if len(found) <= FEW else otherwise


def within(
    id: ColumnElement[int], at: ColumnElement[datetime], begin: datetime | None, end: datetime | None
) -> Iterator[ColumnElement[bool]]:
    """Whether a row is from [begin, end), and where by the index of times such rows begin and end by number."""
    conditions = ([] if begin is None else [at >= begin]) + ([] if end is None else [at < end])
    yield from conditions
    if begin is not None:
        yield id >= select(func.min(unindexed(id))).where(*conditions).scalar_subquery()
    if end is not None:
        yield id <= select(func.max(unindexed(id))).where(*conditions).scalar_subquery()


def unindexed(number: ColumnElement[int]) -> ColumnElement[int]:
    """The same number, spelt so that SQLite goes another way than along its index."""
    return number + 0
