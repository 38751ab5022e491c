"""PostgreSQL stopped, frozen and raced."""

import asyncio
import os
import signal
from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy import Connection, select

from cloud.db.database import Database
from cloud.db.errors import Unavailable
from cloud.db.migrations import migrate
from cloud.db.tables import pending_station
from tests.cloud.db.test_database import knock, knocked
from tests.postgres import Cluster, cluster


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[Cluster]:
    """A durable cluster that a test may stop."""
    with cluster(durable=True) as running:
        yield running


@pytest.fixture
def own_url(own_cluster: Cluster) -> str:
    url = own_cluster.url(own_cluster.create())
    asyncio.run(migrate(url))
    return url


async def test_a_stopped_server_is_unavailable_and_loses_nothing(own_cluster: Cluster, own_url: str) -> None:
    db = await Database.open(own_url)
    acknowledged = {await db.write(partial(knock, f"s{n}")) for n in range(10)}
    await asyncio.to_thread(own_cluster.stop)
    async with asyncio.timeout(10):
        with pytest.raises(Unavailable):
            await db.write(partial(knock, "lost"))
        assert not db.available
        assert not await db.probe()
    await asyncio.to_thread(own_cluster.start)
    assert await db.probe()
    assert await db.read(knocked) == acknowledged
    await db.close()


async def test_a_server_that_lets_nobody_in_is_unavailable(own_cluster: Cluster, own_url: str) -> None:
    """Refusals that are no fault of the network: closed for maintenance, no such database, no such user."""
    db, name = await Database.open(own_url), own_url.partition("@/")[2].partition("?")[0]
    assert await db.write(partial(knock, "kept")) == "kept"
    with own_cluster.closed(name):
        for _ in range(2):
            with pytest.raises(Unavailable):
                await db.write(partial(knock, "lost"))
        assert not db.available
    assert await db.probe()
    assert await db.read(knocked) == {"kept"}
    await db.close()
    for wrong in (own_cluster.url("nosuch"), own_url.replace("//", "//nobody", 1)):
        with pytest.raises(Unavailable, match="does not exist"):
            await Database.open(wrong)


async def test_a_frozen_server_is_unavailable_within_seconds(
    own_cluster: Cluster, own_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud.db.postgresql.UNIT_TIMEOUT_S", 1)
    db = await Database.open(own_url)
    backend = await db.write(lambda conn: conn.exec_driver_sql("SELECT pg_backend_pid()").scalar())
    assert isinstance(backend, int)
    os.kill(backend, signal.SIGSTOP)
    try:
        async with asyncio.timeout(10):
            with pytest.raises(Unavailable):
                await db.write(partial(knock, "a"))
    finally:
        os.kill(backend, signal.SIGCONT)
    assert await db.probe()
    await db.close()


async def test_a_migration_takes_the_time_that_it_needs(
    own_cluster: Cluster, own_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large tables and slow machines need more than a station waits."""
    monkeypatch.setattr("cloud.db.postgresql.UNIT_TIMEOUT_S", 0.05)
    await migrate(own_cluster.url(own_cluster.create()))
    db = await Database.open(own_url, unhurried=True)
    await db.write(lambda conn: conn.exec_driver_sql("SELECT pg_sleep(0.2)"))
    await db.close()


async def test_a_unit_that_lost_a_deadlock_is_repeated(postgres_url: str) -> None:
    db = await Database.open(postgres_url)
    await db.write(partial(knock, "a"))
    await db.write(partial(knock, "b"))
    tries: list[str] = []

    def cross(first: str, second: str, conn: Connection) -> None:
        tries.append(first)
        _count(conn, first)
        if len(tries) <= 2:
            conn.exec_driver_sql("SELECT pg_sleep(0.2)")
        _count(conn, second)

    await asyncio.gather(db.write(partial(cross, "a", "b")), db.write(partial(cross, "b", "a")))
    assert len(tries) > 2
    counts = await db.read(lambda conn: conn.execute(select(pending_station.c["count"])).scalars().all())
    assert list(counts) == [3, 3]
    await db.close()


def _count(conn: Connection, identity: str) -> None:
    mine = pending_station.update().where(pending_station.c.identity == identity)
    conn.execute(mine.values(count=pending_station.c["count"] + 1))


async def test_whoever_loses_the_race_for_a_unique_key_gets_the_first_answer(postgres_url: str) -> None:
    db = await Database.open(postgres_url)

    def find_or_make(conn: Connection) -> int:
        found = conn.execute(select(pending_station.c.id)).scalar()
        conn.exec_driver_sql("SELECT pg_sleep(0.05)")
        if found is None:
            knock("a", conn)
        return int(conn.execute(select(pending_station.c.id)).scalar_one())

    answers = await asyncio.gather(*(db.write(find_or_make) for _ in range(8)))
    assert len(set(answers)) == 1
    await db.close()
