"""The agent's memory: a real SQLite file, atomic saves, an outbox in order, and nothing acknowledged ever lost."""

import asyncio
import re
import signal
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.core.facts import Fact, SessionStarted
from edge.records import Damaged, decoded
from edge.store import Save, Store
from tests.edge.link.bench import metered, started, stopped
from tests.hardware.running import running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "edge.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(path)
    yield opened
    await opened.close()


async def record(store: Store, *facts: Fact) -> None:
    await store.save([Save({}, facts=facts)])


async def delivered(store: Store) -> list[Fact]:
    """Everything that waits, oldest first, each settled as if it had been answered."""
    facts = []
    while (entry := await store.next_entry()) is not None:
        facts.append(entry.fact)
        await store.settle(entry.seq)
    return facts


async def test_records_are_replaced_and_deleted(store: Store) -> None:
    await store.save([Save({"a": b"1", "b": b"1"})])
    await store.save([Save({"a": b"2", "b": None, "never": None})])
    assert await store.load() == {"a": b"2"}


async def test_facts_leave_in_the_order_in_which_they_were_saved(store: Store) -> None:
    facts = [started("one", 1), metered("one", 2), metered(None, 3, 2), started("two", 4, 2), stopped("one", 5)]
    await record(store, *facts[:2])
    await store.save([Save({}, facts=(facts[2],)), Save({"a": b"1"}), Save({}, facts=tuple(facts[3:]))])
    assert await store.waiting() == (5, 0)
    assert await delivered(store) == facts
    assert await store.waiting() == (0, 0)


async def test_several_saves_are_one_commit(store: Store, path: Path) -> None:
    with sqlite3.connect(path) as other:
        before = other.execute("PRAGMA data_version").fetchone()
        await store.save([Save({str(number): b"1"}, facts=(started(str(number), 1),)) for number in range(20)])
        (after,) = other.execute("PRAGMA data_version").fetchone()
        assert after == before[0] + 1


async def test_a_save_that_fails_leaves_nothing(store: Store) -> None:
    await store.save([Save({"a": b"before"}, facts=(started("one", 1),))])
    await limit_the_disk(store)
    saves = [
        Save({"a": b"after"}, facts=(stopped("one", 2),), settled=(1,), learned=(("one", 77),)),
        Save({"big": bytes(4_000_000)}),
    ]
    with pytest.raises(sqlite3.OperationalError, match="full"):
        await store.save(saves)
    assert await store.load() == {"a": b"before"}
    entry = await store.next_entry()
    assert entry is not None
    assert (entry.fact, entry.transaction_id) == (started("one", 1), None)
    assert await store.waiting() == (1, 0)


async def test_after_a_failure_the_next_save_succeeds(store: Store) -> None:
    await limit_the_disk(store)
    with pytest.raises(sqlite3.OperationalError):
        await store.save([Save({"big": bytes(4_000_000)})])
    await store.save([Save({"small": b"1"})])
    assert await store.load() == {"small": b"1"}


async def test_a_statement_that_fails_takes_the_whole_save_with_it(store: Store) -> None:
    await store._db.execute("CREATE TRIGGER no BEFORE INSERT ON transaction_id BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(sqlite3.IntegrityError):
        await store.save([Save({"a": b"1"}, facts=(started("one", 1),)), Save({}, learned=(("one", 77),))])
    assert await store.load() == {}
    await store.save([Save({"b": b"1"})])
    assert await store.load() == {"b": b"1"}


async def limit_the_disk(store: Store) -> None:
    """As if the disk had room for little more."""
    await store._db.execute("PRAGMA max_page_count = 40")


async def test_every_commit_waits_for_the_disk(store: Store) -> None:
    async with store._db.execute("PRAGMA synchronous") as rows:
        assert await rows.fetchone() == (2,), "FULL"


async def test_settled_and_learned_belong_to_the_same_save(store: Store) -> None:
    await record(store, started("one", 1), metered("one", 2), stopped("one", 3))
    await store.save([Save({}, settled=(1,), learned=(("one", 77),))])
    entry = await store.next_entry()
    assert entry is not None
    assert (entry.fact, entry.transaction_id) == (metered("one", 2), 77)


async def test_a_transaction_id_belongs_to_its_session_alone(store: Store) -> None:
    await record(store, metered("one", 1), metered("two", 2), metered(None, 3))
    await store.learn("two", 5)
    found = []
    while (entry := await store.next_entry()) is not None:
        found.append(entry.transaction_id)
        await store.settle(entry.seq)
    assert found == [None, 5, None]


async def test_a_rendered_payload_is_kept_until_the_fact_is_settled(store: Store, path: Path) -> None:
    await record(store, started("one", 1))
    await store.rendered(1, b'{"as":"first sent"}')
    await store.sent(1, 2)
    await store.close()
    reopened = await Store.open(path)
    entry = await reopened.next_entry()
    await reopened.close()
    assert entry is not None
    assert (entry.payload, entry.sent) == (b'{"as":"first sent"}', 2)


async def test_what_is_parked_lets_others_pass_and_returns_to_its_place(store: Store) -> None:
    facts = [started("one", 1), stopped("one", 2), started("two", 3)]
    await record(store, *facts)
    await store.rendered(1, b"{}")
    await store.sent(1, 3)
    await store.park(1, "refused for good")
    assert await store.waiting() == (2, 1)
    (parked,) = await store.parked()
    assert (parked.fact, parked.parked, parked.payload) == (facts[0], "refused for good", b"{}")
    assert await store.later_moments(0) == [fact.moment for fact in facts[1:]]
    await store.retry(1)
    entry = await store.next_entry()
    assert entry is not None
    assert (entry.seq, entry.sent, entry.payload, entry.parked) == (1, 0, b"{}", None)
    assert await store.parked() == []
    assert await delivered(store) == facts


async def test_numbers_are_never_used_twice(store: Store) -> None:
    await record(store, started("one", 1))
    await store.settle(1)
    await record(store, started("two", 2))
    entry = await store.next_entry()
    assert entry is not None
    assert entry.seq == 2


async def test_news_is_told_after_every_change(store: Store) -> None:
    changes = [
        lambda: record(store, started("one", 1)),
        lambda: store.park(1, "no"),
        lambda: store.retry(1),
        lambda: store.learn("one", 7),
        lambda: store.settle(1),
    ]
    for change in changes:
        store.news.clear()
        await change()
        assert store.news.is_set()


async def test_readers_and_writers_take_turns(store: Store) -> None:
    async def write(number: int) -> None:
        await record(store, started(f"s{number}", number))

    counts = asyncio.gather(*(store.waiting() for _ in range(20)))
    await asyncio.gather(*(write(number) for number in range(20)), counts)
    assert await store.waiting() == (20, 0)


async def test_a_caller_that_is_cancelled_leaves_no_half_save_and_no_locked_store(store: Store) -> None:
    for after in range(10):
        saving = asyncio.create_task(store.save([Save({"a": b"1", "b": b"1"}, facts=(started("one", 1),))]))
        for _ in range(after):
            await asyncio.sleep(0)
        saving.cancel()
        await asyncio.wait({saving})
    await store.save([Save({"a": b"2"})])
    records, (waiting, _) = await store.load(), await store.waiting()
    assert records["a"] == b"2"
    assert ("b" in records) is (waiting > 0)


async def test_a_file_of_something_else_is_refused(path: Path) -> None:
    path.write_text("this is no database, and long enough to be seen as none" * 20)
    with pytest.raises(sqlite3.DatabaseError):
        await Store.open(path)


async def test_nothing_acknowledged_is_lost_when_the_process_is_killed(path: Path) -> None:
    for saves in (5, 20, 60):
        with running("-m", "tests.edge.saving_program", str(path)) as saving:
            acknowledged = [int(saving.line_with("")) for _ in range(saves)][-1]
            saving.signal(signal.SIGKILL)
            saving.ended()
        store = await Store.open(path)
        count = int((await store.load())["count"])
        waiting, _ = await store.waiting()
        await store.close()
        assert count >= acknowledged
        assert waiting == count, "record and fact were saved together"
    store = await Store.open(path)
    facts = await delivered(store)
    await store.close()
    assert [fact.session_id for fact in facts if isinstance(fact, SessionStarted)] == [
        f"s{number}" for number in range(1, count + 1)
    ]


async def test_a_file_that_is_no_database_is_named(path: Path) -> None:
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(sqlite3.DatabaseError, match=re.escape(f"{path}: file is not a database")):
        await Store.open(path)


@pytest.mark.parametrize("record", [{"connector/1": b"no JSON"}, {"connector/1": b"\xff"}, {"future/thing": b"{}"}])
def test_a_record_that_cannot_be_read_is_named(record: dict[str, bytes]) -> None:
    (name,) = record
    with pytest.raises(Damaged, match=f"the record '{name}'"):
        decoded(record)
