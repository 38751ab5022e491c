"""The furnished charging site, made once for each kind of database and copied from then on."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url

from cloud.db.database import Database
from tests.cloud.web import yard
from tests.cloud.web.yard import Yard
from tests.postgres import Cluster

SCHEMA = "furnished"


@dataclass(frozen=True)
class Yards:
    """`folder` holds the copy of a SQLite file; PostgreSQL keeps its own in a schema."""

    folder: Path
    known: dict[str, Yard] = field(default_factory=dict)

    async def furnish(self, db: Database, cluster: Callable[[], Cluster], now: datetime) -> Yard:
        """The database must hold what every one held that was furnished before; whatever else it holds goes."""
        kind = make_url(db.url).get_backend_name()
        keep, bring_back = self._ways(db, cluster)
        if kind in self.known:
            await asyncio.to_thread(bring_back)
        else:
            self.known[kind] = await db.write(lambda conn: yard.furnish(conn, now))
            await asyncio.to_thread(keep)
        return self.known[kind]

    def _ways(self, db: Database, cluster: Callable[[], Cluster]) -> tuple[Callable[[], None], Callable[[], None]]:
        name = str(make_url(db.url).database)
        if db.url.startswith("sqlite"):
            kept = self.folder / "yard.db"
            return lambda: _copy(name, kept), lambda: _copy(kept, name)
        return lambda: cluster().remember(name, SCHEMA), lambda: cluster().restore(name, SCHEMA)


def _copy(source: Path | str, target: Path | str) -> None:
    with closing(sqlite3.connect(source)) as here, closing(sqlite3.connect(target)) as there:
        there.execute("PRAGMA synchronous=OFF")
        here.backup(there)
