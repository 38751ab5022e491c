"""Column types that mean the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Dialect, Integer, String
from sqlalchemy.types import TypeDecorator

BigId = BigInteger().with_variant(Integer, "sqlite")


class Utc(TypeDecorator[datetime]):
    """Aware UTC datetimes; SQLite, which knows no time zones, stores them naive."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; times are aware UTC")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


class Words(TypeDecorator[str]):
    """Text that both databases can hold: characters that are none (NUL, lone surrogates) become `\ufffd`."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or (value.isprintable() and value.isascii()):
            return value
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def col(name: str, *args: Any, **kw: Any) -> Column[Any]:
    """A column that must have a value."""
    return Column(name, *args, nullable=False, **kw)


def opt(name: str, *args: Any, **kw: Any) -> Column[Any]:
    """A column that may be empty."""
    return Column(name, *args, nullable=True, **kw)


def own_id() -> Column[int]:
    """A table's own number."""
    return Column("id", BigId, primary_key=True)
