"""The SQLite writer under a full disk, an interrupted process and a rival."""

import asyncio
import sqlite3
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from cloud.db.database import Database
from cloud.db.errors import Unavailable
from cloud.db.sqlite import SqliteBackend
from tests.cloud.db.test_database import knock, knocked
from tests.processes.outages import locked

WRITE_UNTIL_KILLED = """
import asyncio, sys
from functools import partial
from cloud.db.database import Database
from tests.cloud.db.test_database import knock

async def client(db, name):
    for n in range(1_000_000):
        identity = await db.write(partial(knock, f"{name}-{n}"))
        print(identity, flush=True)

async def main(url, name):
    db = await Database.open(url)
    await asyncio.gather(*(client(db, name + letter) for letter in "abcdefgh"))

asyncio.run(main(*sys.argv[1:]))
"""

FILL_THE_DISK = """
import asyncio, resource, signal, sys
from functools import partial
from pathlib import Path
from cloud.db.database import Database
from cloud.db.errors import Unavailable
from tests.cloud.db.test_database import knock

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

async def main(url):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    db = await Database.open(url)
    limit(Path(db.url.removeprefix("sqlite:///")).stat().st_size)
    acknowledged = []
    refused = 0
    while refused < 3:
        batch = [db.write(partial(knock, f"x{len(acknowledged)}-{refused}-{n}-" + "y" * 3000)) for n in range(20)]
        results = await asyncio.gather(*batch, return_exceptions=True)
        assert len({type(result) for result in results}) == 1, results
        if isinstance(results[0], Unavailable):
            refused += 1
            assert not db.available
        else:
            acknowledged += results
    limit(0)
    assert not await db.probe()
    limit(resource.RLIM_INFINITY)
    assert await db.probe() and db.available
    acknowledged.append(await db.write(partial(knock, "afterwards")))
    await db.close()
    print("\\n".join(acknowledged))

asyncio.run(main(sys.argv[1]))
"""


def kept(url: str) -> set[str]:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {row[0] for row in raw.execute("SELECT identity FROM pending_station")}


def write_until_killed(url: str, acknowledged_at_least: int, name: str) -> set[str]:
    """Kills a process that writes; the names it was told are committed."""
    command = [sys.executable, "-c", WRITE_UNTIL_KILLED, url, name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]) as process:
        assert process.stdout is not None
        acknowledged = [process.stdout.readline().strip() for _ in range(acknowledged_at_least)]
        process.kill()
        acknowledged += [line.strip() for line in process.stdout if line.endswith("\n")]
    assert all(acknowledged)
    return set(acknowledged)


def test_no_acknowledged_unit_is_lost_when_the_process_is_killed(sqlite_url: str) -> None:
    assert write_until_killed(sqlite_url, 200, "once") <= kept(sqlite_url)


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_no_acknowledged_unit_is_lost_in_fifty_kills(sqlite_url: str) -> None:
    told: set[str] = set()
    for n in range(50):
        told |= write_until_killed(sqlite_url, 1 + 37 * n % 500, f"kill{n}")
        assert told <= kept(sqlite_url)


def test_a_full_disk_acknowledges_nothing_and_heals(sqlite_url: str) -> None:
    command = [sys.executable, "-c", FILL_THE_DISK, sqlite_url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=Path(__file__).parents[3])
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == kept(sqlite_url)


async def test_every_commit_reaches_the_disk(sqlite_url: str) -> None:
    db = await Database.open(sqlite_url)
    settings = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")

    def read(conn: Connection) -> list[object]:
        return [conn.exec_driver_sql(f"PRAGMA {setting}").scalar() for setting in settings]

    assert await db.write(read) == ["wal", 2, 1, 5000]
    await db.close()


async def test_what_waits_is_committed_together(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    batches: list[int] = []
    commit = SqliteBackend._commit

    def noted(backend: SqliteBackend, batch: list[Any]) -> None:
        batches.append(len(batch))
        commit(backend, batch)

    monkeypatch.setattr(SqliteBackend, "_commit", noted)
    db = await Database.open(sqlite_url)
    await asyncio.gather(*(db.write(partial(knock, f"s{n}")) for n in range(400)))
    await db.close()
    assert sum(batches) == 400
    assert max(batches) > 20


async def test_a_rival_that_holds_the_file_makes_it_unavailable_until_it_lets_go(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud.db.sqlite.BUSY_TIMEOUT_S", 0.1)
    db = await Database.open(sqlite_url)
    rival = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    rival.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked"):
        await db.write(partial(knock, "a"))
    assert await db.read(knocked) == set()
    rival.execute("ROLLBACK")
    assert await db.write(partial(knock, "a")) == "a"
    rival.close()
    await db.close()


async def test_a_database_that_may_not_grow_fails_the_whole_batch_and_heals(sqlite_url: str) -> None:
    db = await Database.open(sqlite_url)
    pages = await db.write(lambda conn: conn.exec_driver_sql("PRAGMA page_count").scalar())
    await db.write(lambda conn: conn.exec_driver_sql(f"PRAGMA max_page_count={pages}").scalar())
    names = [f"{n}" + "y" * 3000 * (n % 2) for n in range(40)]
    results = await asyncio.gather(*(db.write(partial(knock, name)) for name in names), return_exceptions=True)
    assert {type(result) for result in results} <= {str, Unavailable}
    assert Unavailable in {type(result) for result in results}
    assert await db.read(knocked) == {result for result in results if isinstance(result, str)}
    await db.write(lambda conn: conn.exec_driver_sql("PRAGMA max_page_count=1000000").scalar())
    assert await db.write(partial(knock, "afterwards")) == "afterwards"
    await db.close()


async def test_what_is_unhurried_waits_for_others_even_in_a_new_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud.db.sqlite.BUSY_TIMEOUT_S", 0.1)
    url = f"sqlite:///{tmp_path}/new.db"
    hurried, unhurried = await Database.open(url), await Database.open(url, unhurried=True)
    with locked(tmp_path / "new.db"):
        writing = asyncio.create_task(unhurried.write(_make))
        with pytest.raises(Unavailable, match="locked"):
            await hurried.write(_make)
        assert not writing.done()
    await writing
    await hurried.close()
    await unhurried.close()


def _make(conn: Connection) -> None:
    conn.exec_driver_sql("CREATE TABLE made (id INTEGER)")
