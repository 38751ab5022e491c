"""Statements are compiled once a process: each test opens a database of its own, and would compile all of them anew."""

from typing import Any

from sqlalchemy import Engine, event, util
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Connection

MOST = 3000


def compile_once() -> None:
    """All engines share one cache. Its keys name the dialect, and dialects of one kind speak alike with one server."""
    shared: util.LRUCache[Any, Any] = util.LRUCache(MOST)
    for dialect in (SQLiteDialect_pysqlite, PGDialect_asyncpg):
        setattr(dialect, "__eq__", lambda one, other: type(one) is type(other))  # noqa: B010 - mypy forbids the other way
        setattr(dialect, "__hash__", lambda one: hash(type(one)))  # noqa: B010

    @event.listens_for(Engine, "engine_connect")
    def _share(conn: Connection) -> None:
        conn.execution_options(compiled_cache=shared)
