"""The message log of the running server: complete, correlated, without secrets, and never in anybody's way."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from cloud.db.database import Database
from cloud.db.errors import Unavailable
from cloud.db.tables import message
from cloud.domain.commands import CommandKind
from cloud.domain.messages import Direction, Kind, Message, Search
from cloud.ocpp import journal, tape
from cloud.ocpp.journal import Journal
from cloud.services import commands, organisations, stations, traces
from cloud.services.bell import Topic
from tests.cloud.ocpp.central import Running, running
from tests.cloud.ocpp.charger import Charger, Refusal
from tests.cloud.ocpp.conftest import TAG, Site, furnish
from tests.cloud.ocpp.logged import ends_with, logged
from tests.cloud.ocpp.test_session import start
from tests.ours import OURS

PASSWORD = "hunter2-of-the-files"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "EVERY_S", 0.02)


def shape(each: Message) -> tuple[str, str, str, str]:
    return each.direction, each.kind, each.action, each.outcome


async def ask(site: Site, kind: CommandKind, payload: dict[str, Any]) -> None:
    """An operator's command, delivered at once."""

    def unit(conn: Connection) -> None:
        station_id = stations.find(conn, OURS, site.identity).id
        commands.ask(conn, kind, station_id, payload, None, datetime.now(UTC))

    await site.server.db.write(unit)
    site.server.central.bell.ring(Topic.COMMANDS)


async def test_a_conversation_is_logged_in_its_order(site: Site) -> None:
    async with site.charger() as lab:
        await lab.boot()
        await lab.call("Authorize", {"idTag": TAG}, message_id="7")
        with pytest.raises(Refusal):
            await lab.call("MakeCoffee", {"milk": True})
        await lab.send("{}")
        await lab.send([3, "nobody-asked", {}])
    found = await logged(site.server, lambda found: bool(found) and found[-1].kind is Kind.CLOSED)
    assert [shape(each) for each in found] == [
        ("in", "opened", "", ""),
        ("in", "call", "BootNotification", ""),
        ("out", "result", "BootNotification", "answered"),
        ("in", "call", "Authorize", ""),
        ("out", "result", "Authorize", "answered"),
        ("in", "call", "MakeCoffee", ""),
        ("out", "error", "MakeCoffee", "NotImplemented"),
        ("in", "unreadable", "", "unreadable"),
        ("in", "result", "", "unasked"),
        ("in", "closed", "", ""),
    ]
    asked, answered = found[3:5]
    assert (asked.message_id, answered.message_id, asked.text) == ("7", "7", f'{{"idTag":"{TAG}"}}')
    assert answered.latency_ms is not None
    assert answered.latency_ms > 0
    assert {each.identity for each in found} == {"lab-1"}


async def test_commands_are_logged_with_what_came_of_them(database_url: str) -> None:
    async with running(database_url, call_timeout_s=0.2) as server:
        site = await furnish(server)
        async with site.charger() as lab:
            await lab.boot()
            await ask(site, CommandKind.CLEAR_CACHE, {})
            message_id, _, _ = await lab.next_call()
            await lab.answer(message_id, {"status": "Accepted"})
            await ask(site, CommandKind.CLEAR_CACHE, {})
            await lab.next_call()
            found = await logged(server, ends_with("ClearCache", "in"), action="clearcache", errors=True)
    assert [shape(each) for each in found] == [("in", "silence", "ClearCache", "timed out")]


async def test_an_answer_that_a_lost_connection_prevents_is_told(site: Site) -> None:
    async with site.charger() as lab:
        await lab.boot()
        await ask(site, CommandKind.CLEAR_CACHE, {})
        await lab.next_call()
    found = await logged(site.server, ends_with("ClearCache", "in"), action="ClearCache")
    assert shape(found[-1]) == ("in", "silence", "ClearCache", "connection ended")


async def test_no_secret_reaches_the_database(site: Site, lab: Charger) -> None:
    await ask(site, CommandKind.GET_DIAGNOSTICS, {"location": f"ftp://user:{PASSWORD}@files.example/"})
    message_id, _, payload = await lab.next_call()
    assert PASSWORD in payload["location"]
    await lab.answer(message_id, {})
    await ask(site, CommandKind.GET_CONFIGURATION, {})
    message_id, _, _ = await lab.next_call()
    told = {"configurationKey": [{"key": "AuthorizationKey", "readonly": False, "value": PASSWORD}]}
    await lab.answer(message_id, told)
    await lab.send(f'[2,"1","DataTransfer",{{"vendorId":"AuthorizationKey={PASSWORD}"')
    await lab.call("DataTransfer", {"vendorId": "v", "data": f"AuthorizationKey={PASSWORD}"})
    found = await logged(site.server, ends_with("DataTransfer"))
    assert [each for each in found if PASSWORD in each.text] == []
    assert len([each for each in found if "****" in each.text]) == 4


async def test_a_station_that_floods_is_logged_in_part_and_answered_in_whole(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tape, "ENTRIES", 20)
    async with site.charger() as lab:
        await lab.boot()
        for _ in range(50):
            assert "currentTime" in await lab.call("Heartbeat")
    assert site.server.central.journal.dropped["flood"] >= 80
    found = await logged(site.server, lambda found: len(found) >= 20)
    assert len(found) < 30


async def test_a_full_queue_drops_and_says_so_while_answers_go_on(
    database_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", "bollard.cloud")
    monkeypatch.setattr(journal, "EVERY_S", 60)
    monkeypatch.setattr(journal, "MOST_WAITING", 5)
    async with running(database_url) as server:
        site = await furnish(server)
        async with site.charger() as lab:
            await lab.boot()
            for _ in range(20):
                await lab.call("Heartbeat")
        assert server.central.journal.dropped["full"] >= 38
    assert [line for line in caplog.messages if "message log" in line] == [
        "the message log is not complete; dropped so far: full 1"
    ]


async def test_what_waits_at_the_end_is_still_written(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "EVERY_S", 60)
    async with running(database_url) as server:
        site = await furnish(server)
        async with site.charger() as lab:
            await lab.boot()
            await lab.call("StartTransaction", start())
    db = await Database.open(database_url)
    found = await db.read(lambda conn: traces.search(conn, Search(), 100))
    await db.close()
    assert [each.action for each in found if each.kind is Kind.RESULT] == ["BootNotification", "StartTransaction"]
    assert found[-1].kind is Kind.CLOSED


async def test_nothing_is_kept_with_no_days(database_url: str) -> None:
    async with running(database_url, message_days=0) as server:
        site = await furnish(server)
        async with site.charger() as lab:
            await lab.boot()
        assert server.central.journal.waiting == 0
    assert server.central.journal.dropped.total() == 0


class Moody(Database):
    """A database that cannot commit while `out`, and refuses rows with a broken time for good."""

    def __init__(self) -> None:
        self.available, self.out = True, False
        self.batches: list[int] = []

    async def write(self, unit: Any) -> Any:
        if self.out:
            raise Unavailable("out")
        self.batches.append(1)
        raise ValueError("broken")


def entry(at: datetime, text: str = "") -> Message:
    return Message(1, at, Direction.IN, Kind.CALL, "Heartbeat", "1", text)


def test_the_queue_is_bounded_in_characters_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MOST_WAITING_CHARACTERS", 100)
    log = Journal(Moody(), days=1)
    for _ in range(5):
        log.put(entry(datetime.now(UTC), "x" * 60))
    assert (log.waiting, log.dropped) == (2, {"full": 3})


async def test_an_outage_keeps_what_waits_and_a_broken_batch_does_not_block() -> None:
    database = Moody()
    log = Journal(database, days=1)
    for _ in range(journal.LARGEST_BATCH + 1):
        log.put(entry(datetime.now(UTC), "x"))
    database.out = True
    await log._write_all()
    assert log.waiting == journal.LARGEST_BATCH + 1
    database.out = False
    await log._write_all()
    assert (log.waiting, len(database.batches)) == (0, 2)
    assert log.dropped == {"refused": journal.LARGEST_BATCH + 1}


@pytest.fixture
async def old(site: Site) -> AsyncIterator[Running]:
    """Ten messages, the n-th n days old, and no other."""

    def fill(conn: Connection) -> None:
        conn.execute(message.delete())
        id = stations.find(conn, OURS, "lab-1").id
        now = datetime.now(UTC) - timedelta(minutes=1)
        traces.keep(conn, [Message(id, now - timedelta(days=n), Direction.IN, Kind.CALL) for n in range(9, -1, -1)])

    await site.server.db.write(fill)
    yield site.server


async def count(server: Running) -> int:
    return await server.db.read(lambda conn: conn.execute(select(func.count()).select_from(message)).scalar_one())


@pytest.mark.parametrize(("days", "rows", "left"), [(4, 100, 4), (100, 3, 3), (0, 100, 0)])
async def test_old_messages_go_in_small_batches(
    old: Running, monkeypatch: pytest.MonkeyPatch, days: int, rows: int, left: int
) -> None:
    monkeypatch.setattr(traces, "SHORTENED_AT_ONCE", 2)
    more = True
    while more:
        before = await count(old)
        more = await old.db.write(lambda conn: traces.shorten(conn, OURS, days, rows, datetime.now(UTC)))
        assert before - await count(old) <= 2
    assert await count(old) == left


async def test_upkeep_shortens_the_log(database_url: str) -> None:
    """What the organisation chose goes before the server's setting."""
    async with running(database_url, message_days=3650, upkeep_interval_s=0.05) as server:
        site = await furnish(server)
        chosen = organisations.Choices(message_days=1)
        await server.db.write(lambda conn: organisations.choose(conn, 1, chosen, datetime.now(UTC)))
        async with site.charger() as lab:
            await lab.boot()
            await logged(server, ends_with("BootNotification"))
            await server.db.write(
                lambda conn: conn.execute(message.update().values(at=datetime(2020, 1, 1, tzinfo=UTC)))
            )
            await logged(server, lambda found: found == [])


async def test_the_log_leaves_the_database_to_others(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes small batches one after the other, however much waits, and rests longer than each took."""
    handed: list[int] = []

    def slowly(conn: Connection, messages: list[Message]) -> None:
        handed.append(len(messages))
        time.sleep(0.01)

    monkeypatch.setattr(traces, "keep", slowly)
    log = Journal(database, days=1)
    for _ in range(450):
        log.put(entry(datetime.now(UTC)))
    began = time.monotonic()
    await log._write_all()
    assert handed == [200, 200, 50]
    assert time.monotonic() - began >= 3 * (1 + journal.REST) * 0.01
