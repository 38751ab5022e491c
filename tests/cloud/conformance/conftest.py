"""A bench for each case, all of them at one running central system; the judges look at the end of each.

The charge point of a bench is its own, and so are its tags: no case sees another.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from cloud.db.migrations import migrate
from cloud.ocpp import upkeep
from cloud.services import stations
from cloud.services.bell import Topic
from tests.cloud.conformance.bench import Bench
from tests.cloud.conformance.judges import books, complaints
from tests.cloud.conformance.tool import Tool
from tests.cloud.ocpp.central import PATIENCE_S, Running, running
from tests.cloud.ocpp.conftest import furnish
from tests.ours import OURS

NUMBERS = count(1)


@pytest.fixture(scope="package", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a migrated database for all cases, once for each kind."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        return f"sqlite:///{shutil.copy(template, tmp_path_factory.mktemp('conformance') / 'bollard.db')}"
    postgres = request.getfixturevalue("postgres")
    url: str = postgres.url(postgres.create())
    asyncio.run(migrate(url))
    return url


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def server(database: str) -> AsyncIterator[Running]:
    """A central system with a tariff."""
    async with running(database, command_poll_s=PATIENCE_S * 2) as serving:
        await furnish(serving)
        yield serving


@pytest_asyncio.fixture(loop_scope="session")
async def cold(server: Running) -> AsyncIterator[Bench]:
    """The charge point is switched off."""
    number = next(NUMBERS)
    station, key = await server.write(stations.add, OURS, f"tool-{number}", "", 2)
    built = Bench(server, Tool(server.ws, station.identity, key), station.id, f"04A{number:07}", f"04B{number:07}")
    for tag in (built.tag, built.other):
        await built.knows(tag)
    yield built
    await judge(built)


@pytest_asyncio.fixture(loop_scope="session")
async def bench(cold: Bench) -> Bench:
    """The charge point is connected, accepted and idle."""
    await cold.tool.connect()
    await cold.boots()
    return cold


async def judge(bench: Bench) -> None:
    """However the central system is tempted, it asks for nothing unasked; and then the judges have the word."""
    await upkeep.look(bench.server.central)
    bench.server.central.bell.ring(*Topic)
    await bench.tool.says("Heartbeat")
    await bench.tool.disconnect()
    said = await bench.server.db.read(lambda conn: books(conn, bench.station_id))
    assert bench.tool.wrongs + complaints(bench.tool.lines, said, bench.foreseen) == []
