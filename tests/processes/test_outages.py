"""A database that cannot commit: nothing is answered, all stations come back, each session is billed once."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.cloud.ocpp.charger import charger
from tests.postgres import Cluster, cluster
from tests.processes import outages
from tests.processes.bench import Bench, bench, id_tag
from tests.processes.books import settled

STATIONS = 2
BEFORE_WH, AFTER_WH = 600, 1_800

Outage = Callable[[Bench], AbstractContextManager[None]]


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    """A PostgreSQL of this test's own, since it will be stopped."""
    with cluster() as made:
        yield made


@pytest.fixture(params=["no room on disk", "postgresql stopped", "postgresql frozen"])
def trouble(request: pytest.FixtureRequest) -> tuple[str, Outage]:
    """The database's URL ("" is SQLite) and the outage that it will meet."""
    if request.param == "no room on disk":
        return "", lambda on_stage: outages.no_room_on_disk(on_stage.cloud)
    own: Cluster = request.getfixturevalue("own_cluster")
    outage = outages.stopped if request.param == "postgresql stopped" else outages.frozen
    return own.url(own.create()), lambda on_stage: outage(own)


@pytest.mark.timeout(300)
async def test_sessions_outlast_the_database(tmp_path: Path, trouble: tuple[str, Outage]) -> None:
    url, outage = trouble
    async with bench(tmp_path, STATIONS, url) as on_stage:
        people = [on_stage.person(number) for number in range(1, STATIONS + 1)]
        for person in people:
            person.arrive()
        await asyncio.gather(*(person.begin() for person in people))
        await asyncio.gather(*(person.has(BEFORE_WH) for person in people))
        with outage(on_stage):
            await asyncio.gather(on_stage.cloud.says("cannot commit"), *(person.leave(AFTER_WH) for person in people))
        await on_stage.cloud.says("commits again")
        read = await settled(on_stage.url, on_stage.delivered_wh(), STATIONS)
        read.check(on_stage.delivered_wh())
        assert len(read.sessions) == STATIONS


@pytest.mark.timeout(240)
async def test_nothing_is_answered_until_it_commits(tmp_path: Path, trouble: tuple[str, Outage]) -> None:
    url, outage = trouble
    begin = datetime.now(UTC) - timedelta(hours=1)
    start = {"connectorId": 1, "idTag": id_tag(1), "meterStart": 0, "timestamp": begin.isoformat()}
    stop = {"meterStop": 5_000, "timestamp": (begin + timedelta(minutes=30)).isoformat()}
    async with bench(tmp_path, 1, url, agents=False) as on_stage:
        plug_in = partial(charger, *on_stage.door(1), ssl=ssl.create_default_context(cafile=on_stage.pem.authority))
        with ExitStack() as troubled:
            async with plug_in() as station:
                await station.boot()
                troubled.enter_context(outage(on_stage))
                with pytest.raises(ConnectionClosed):
                    await station.call("StartTransaction", start)
            with pytest.raises(InvalidStatus, match="503"):
                async with plug_in():
                    pass
        await on_stage.cloud.says("commits again")
        async with plug_in() as station:
            first = await station.call("StartTransaction", start)
            again = await station.call("StartTransaction", start)
            assert first["transactionId"] == again["transactionId"]
            await station.call("StopTransaction", stop | {"transactionId": first["transactionId"]})
        read = await settled(on_stage.url, {"lab-1/1": 5_000}, 1)
        read.check({"lab-1/1": 5_000})
        assert len(read.sessions) == 1
