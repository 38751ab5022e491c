"""The server ends in good order: what has come in is answered, stations come back, commands end in words."""

import asyncio
import threading
from contextlib import AsyncExitStack

import pytest

from cloud import protocols
from cloud.domain.commands import CommandKind, Step
from cloud.services import commands, overview
from tests.cloud.ocpp.central import PATIENCE_S, running
from tests.cloud.ocpp.charger import Charger
from tests.cloud.ocpp.conftest import Site, furnish
from tests.cloud.ocpp.test_commands import ask
from tests.cloud.ocpp.test_session import start


async def test_calls_that_wait_are_answered_before_the_end(sqlite_url: str) -> None:
    """The database is busy while the server is told to end; four calls wait for it."""
    free = threading.Event()
    async with AsyncExitStack() as left:
        serving = await left.enter_async_context(AsyncExitStack())
        server = await serving.enter_async_context(running(sqlite_url))
        site = await furnish(server)
        connected: Charger = await left.enter_async_context(site.charger())
        await connected.boot()
        busy = asyncio.create_task(server.db.write(lambda _conn: free.wait(PATIENCE_S)))
        calls = [
            asyncio.create_task(connected.call("StartTransaction", start(connectorId=1 + n % 2))) for n in range(4)
        ]
        await asyncio.sleep(0.1)
        ending = asyncio.create_task(serving.aclose())
        await asyncio.sleep(0.1)
        free.set()
        answers = await asyncio.gather(*calls)
        assert all(answer["transactionId"] > 0 for answer in answers)
        assert await connected.closed() == 1012
        assert connected.ws.close_reason == "the central system restarts; come back"
        await asyncio.gather(busy, ending)


async def test_a_command_in_flight_ends_in_words_and_is_not_repeated(database_url: str) -> None:
    async with AsyncExitStack() as left:
        async with running(database_url) as server:
            site = await furnish(server)
            connected = await left.enter_async_context(site.charger())
            await connected.boot()
            asked = await ask(site, CommandKind.RESET, {"type": "Soft"})
            await connected.next_call()
        assert await connected.closed() == 1012
    async with running(database_url) as server, Site(server, site.key).charger() as connected:
        await connected.call("Heartbeat")
        steps = [entry.step for entry in await server.db.read(lambda conn: commands.timeline(conn, asked.id))]
        assert steps[:2] == [Step.ASKED, Step.SENT]
        assert steps[2:] in ([Step.OFFLINE], [Step.UNKNOWN])
        assert connected.asked.empty()


async def test_a_station_that_answers_nothing_does_not_hold_up_the_end(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocols, "CLOSE_ANSWERED_WITHIN_S", 0.1)
    async with AsyncExitStack() as left:
        async with running(sqlite_url) as server:
            site = await furnish(server)
            connected = await left.enter_async_context(site.charger())
            await connected.boot()
            connected.ws.transport.pause_reading()
        connected.ws.transport.abort()
    async with running(sqlite_url) as server:
        assert not (await server.db.read(overview.stations))[0].online
