"""The small parts by themselves: budget, log lines, notes written aside, work that is kept up."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection

from cloud.app import kept_up
from cloud.db.database import Database
from cloud.ocpp.aside import LONGEST_QUEUE, Aside
from cloud.ocpp.budget import Budget
from cloud.ocpp.log import harmless
from cloud.services import incidents, overview
from cloud.services.bell import Bell, Topic
from tests.ours import OURS


def test_a_budget_is_spent_and_fills_again() -> None:
    budget = Budget(2, per_s=10)
    assert [budget.spend(100.0) for _ in range(3)] == [True, True, False]
    assert [budget.spend(105.0) for _ in range(2)] == [True, False]


def test_a_budget_never_exceeds_its_limit() -> None:
    budget = Budget(2, per_s=10)
    assert [budget.spend(1e9) for _ in range(3)] == [True, True, False]


def test_foreign_text_cannot_forge_a_log_line() -> None:
    assert harmless("a\nbill 2026-0001\x1b[2J") == "a\\nbill 2026-0001\\x1b[2J"
    assert harmless("a\u202eb").isprintable()
    assert len(harmless("x" * 1000)) == 80


async def test_a_note_that_cannot_be_written_takes_no_other_with_it(database: Database) -> None:
    def good(conn: Connection) -> None:
        incidents.record_of(conn, OURS, "lab-1", "kind", "a summary", "raw", datetime.now(UTC))

    def bad(_conn: Connection) -> None:
        raise ValueError("unwritable")

    aside = Aside(database, bell := Bell())
    rings = bell.listen({Topic.INCIDENTS})
    rung = asyncio.ensure_future(anext(rings))
    await asyncio.sleep(0)
    for unit in (bad, good, bad):
        aside.put(unit, Topic.INCIDENTS)
    writing = asyncio.create_task(aside.run())
    await asyncio.wait_for(rung, 20)
    writing.cancel()
    assert [incident.summary for incident in await database.read(overview.incidents)] == ["a summary"]
    assert aside.dropped == 2


async def test_notes_are_dropped_rather_than_heaped_up(database: Database) -> None:
    aside = Aside(database, Bell())
    for _ in range(LONGEST_QUEUE + 3):
        aside.put(lambda conn: None, Topic.INCIDENTS)
    assert aside.dropped == 3


async def test_work_that_fails_begins_again(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("cloud.app.START_AGAIN_S", 0)
    begun: list[str] = []
    again = asyncio.Event()

    async def work() -> None:
        begun.append("begun")
        if len(begun) == 1:
            raise ValueError("broken once")
        again.set()
        await asyncio.Event().wait()

    keeping = asyncio.create_task(kept_up(work))
    await asyncio.wait_for(again.wait(), 20)
    keeping.cancel()
    await asyncio.wait({keeping})
    assert "broken once" in caplog.text
