"""What `Database` promises, on both databases."""

import asyncio
from functools import partial

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from cloud.db.database import Database
from cloud.db.errors import BadUrl, Unavailable
from cloud.db.tables import bill, bill_series, pending_station
from tests.cloud.conftest import NOON, Business


class Refusal(Exception):
    """A unit's own error."""


def knock(identity: str, conn: Connection) -> str:
    values = {"identity": identity, "remote": "", "first_at": NOON, "last_at": NOON, "count": 1}
    conn.execute(pending_station.insert().values(**values))
    return identity


def knock_and_refuse(identity: str, conn: Connection) -> str:
    knock(identity, conn)
    raise Refusal(identity)


def knocked(conn: Connection) -> set[str]:
    return set(conn.execute(select(pending_station.c.identity)).scalars())


async def test_a_unit_returns_its_result_and_is_seen_by_readers(database: Database) -> None:
    assert await database.write(partial(knock, "a")) == "a"
    assert await database.read(knocked) == {"a"}


async def test_units_that_wait_together_each_have_their_own_fate(database: Database) -> None:
    units = [partial(knock if n % 3 else knock_and_refuse, f"s{n}") for n in range(60)]
    results = await asyncio.gather(*(database.write(unit) for unit in units), return_exceptions=True)
    refused = {n for n, result in enumerate(results) if isinstance(result, Refusal)}
    assert refused == set(range(0, 60, 3))
    assert await database.read(knocked) == {f"s{n}" for n in range(60) if n % 3}


async def test_a_refused_statement_undoes_only_its_own_unit(database: Database) -> None:
    twice = [database.write(partial(knock, name)) for name in ("a", "a", "b")]
    first, second, third = await asyncio.gather(*twice, return_exceptions=True)
    assert {type(first), type(second)} == {str, IntegrityError}
    assert third == "b"
    assert database.available


async def test_a_cancelled_caller_neither_undoes_nor_disturbs_the_others(database: Database) -> None:
    tasks = [asyncio.create_task(database.write(partial(knock, f"s{n}"))) for n in range(20)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [result for result in results if isinstance(result, str)] == [f"s{n}" for n in range(1, 20, 2)]
    await database.write(partial(knock, "last"))
    await database.close()  # finishes what was handed in
    with pytest.raises(Unavailable, match="was closed"):
        await database.write(partial(knock, "too late"))
    reopened = {f"s{n}" for n in range(20)} | {"last"}
    assert await _knocked_afresh(database) == reopened


async def _knocked_afresh(database: Database) -> set[str]:
    again = await Database.open(database.url)
    try:
        return await again.read(knocked)
    finally:
        await again.close()


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises((DBAPIError, Unavailable)):
        await database.read(partial(knock, "a"))
    assert await database.read(knocked) == set()


async def test_the_probe_commits(database: Database) -> None:
    assert await database.probe()
    assert database.available


async def test_bill_numbers_have_no_gaps_when_units_fail(business: Business) -> None:
    async def charge(connector: int, minute: int) -> None:
        start = await business.start(minute, connector=connector)
        await business.stop(start.transaction_id, minute + 1, 1100)

    def take_a_number_and_refuse(conn: Connection) -> None:
        conn.execute(bill_series.update().values(last_number=bill_series.c.last_number + 1))
        raise Refusal

    failing = [business.db.write(take_a_number_and_refuse) for _ in range(4)]
    ended = await asyncio.gather(*(charge(n % 2 + 1, n) for n in range(8)), *failing, return_exceptions=True)
    assert [repr(each) for each in ended if each is not None] == ["Refusal()"] * 4
    numbers = await business.db.read(lambda conn: conn.execute(select(bill.c.series_number)).scalars().all())
    assert sorted(numbers) == list(range(1, 9))


@pytest.mark.parametrize("change", [bill.update().values(gross_minor=1), bill.delete()], ids=["altered", "deleted"])
async def test_the_database_itself_keeps_bills_as_they_are(business: Business, change: object) -> None:
    start = await business.start()
    await business.stop(start.transaction_id, 60, 2000)
    with pytest.raises(IntegrityError, match="a bill is never changed"):
        await business.db.write(lambda conn: conn.execute(change))  # type: ignore[call-overload]
    assert await business.db.read(lambda conn: conn.execute(select(func.count()).select_from(bill)).scalar()) == 1


@pytest.mark.parametrize("url", ["nonsense", "mysql://host/name", "sqlite://", "sqlite:///:memory:", ""])
async def test_a_url_that_names_no_database_is_refused(url: str) -> None:
    with pytest.raises(BadUrl, match="give sqlite:///path or postgresql://host/name"):
        await Database.open(url)


@pytest.mark.parametrize("url", ["sqlite:////no/such/place/x.db", "postgresql://nobody@localhost:1/x"])
async def test_a_database_that_does_not_answer_is_unavailable(url: str) -> None:
    with pytest.raises(Unavailable, match="cannot be used now"):
        await Database.open(url)
