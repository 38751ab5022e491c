"""The database cannot commit: nothing is answered, stations are sent away, and later each session is billed once."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from cloud.db.errors import Unavailable
from cloud.db.migrations import migrate
from cloud.services import overview, stations
from tests.cloud.ocpp.central import PATIENCE_S, Running, running
from tests.cloud.ocpp.charger import charger
from tests.cloud.ocpp.conftest import Site, furnish
from tests.cloud.ocpp.outages import Outage, disk_full, postgres_stopped
from tests.cloud.ocpp.test_session import ago, energy, start
from tests.ours import OURS
from tests.postgres import cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def breakable(request: pytest.FixtureRequest) -> Iterator[tuple[str, Outage]]:
    """A migrated database of its own and how to make it unable to commit."""
    if request.param == "sqlite":
        url: str = request.getfixturevalue("sqlite_url")
        yield url, disk_full
        return
    with cluster(durable=True) as own:
        url = own.url(own.create())
        asyncio.run(migrate(url))
        yield url, postgres_stopped(own)


async def status(site: Site, path: str) -> int:
    async with httpx.AsyncClient() as client:
        return (await client.get(site.server.http + path, timeout=PATIENCE_S)).status_code


async def knock(site: Site) -> int:
    """The HTTP status that a good station's handshake gets."""
    try:
        async with site.charger():
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


async def over(site: Site) -> None:
    """Wait until stations are let in again."""
    await site.server.eventually(overview.stations, lambda _: not site.server.central.outage.lasting)


async def test_nothing_is_acknowledged_that_is_not_committed(breakable: tuple[str, Outage]) -> None:
    url, outage = breakable
    async with running(url, probe_interval_s=0.1) as server:
        site = await furnish(server)
        async with site.charger() as connected:
            await connected.boot()
            transaction_id = (await connected.call("StartTransaction", start()))["transactionId"]
            values = {"connectorId": 1, "transactionId": transaction_id, "meterValue": [energy(2000, 30)]}
            stop = {"transactionId": transaction_id, "meterStop": 3000, "timestamp": ago(1)}
            with outage():
                with pytest.raises(ConnectionClosed):
                    await connected.call("MeterValues", values)
                assert await connected.closed() == 1013
                assert await knock(site) == 503
                assert await status(site, "/readyz") == 503
                assert await status(site, "/healthz") == 200
        await over(site)
        async with site.charger() as again:
            assert await again.call("MeterValues", values) == {}
            assert await again.call("StopTransaction", stop) == {}
        assert await status(site, "/readyz") == 200
        (bill,) = await server.db.read(overview.bills)
        assert bill.document.delivery.energy_wh == 2000


async def test_a_start_and_a_stop_lost_in_outages_are_billed_once(breakable: tuple[str, Outage]) -> None:
    url, outage = breakable
    async with running(url, probe_interval_s=0.1) as server:
        site = await furnish(server)
        async with site.charger() as connected:
            await connected.boot()
            begin = start()
            with outage(), pytest.raises(ConnectionClosed):
                await connected.call("StartTransaction", begin)
        await over(site)
        async with site.charger() as connected:
            transaction_id = (await connected.call("StartTransaction", begin))["transactionId"]
            stop = {"transactionId": transaction_id, "meterStop": 3000, "timestamp": ago(1)}
            with outage(), pytest.raises(ConnectionClosed):
                await connected.call("StopTransaction", stop)
            assert await connected.closed() == 1013
        await over(site)
        async with site.charger() as connected:
            for _ in range(2):
                assert await connected.call("StopTransaction", stop) == {}
        (bill,) = await server.db.read(overview.bills)
        assert bill.document.delivery.energy_wh == 2000
        assert await server.db.read(overview.open_sessions) == []


async def test_every_station_is_sent_away_not_only_the_one_that_noticed(breakable: tuple[str, Outage]) -> None:
    url, outage = breakable
    async with running(url, probe_interval_s=0.1) as server:
        site = await furnish(server)
        _station, key = await server.write(stations.add, OURS, "lab-2", "other", 1)
        async with site.charger() as one, charger(server.ws, "lab-2", key) as other:
            await one.boot()
            with outage():
                with pytest.raises(ConnectionClosed):
                    await one.call("Heartbeat")
                assert [await one.closed(), await other.closed()] == [1013, 1013]
        await over(site)
        assert [row.online for row in await server.db.read(overview.stations)] == [False, False]


async def test_a_crowd_that_waits_is_no_outage(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All its units together take longer than one may: all are done, nobody is sent away."""
    monkeypatch.setattr("cloud.db.postgresql.UNIT_TIMEOUT_S", 2.0)
    async with running(postgres_url) as server:
        crowd = [
            server.central.write(lambda conn: conn.exec_driver_sql("SELECT pg_sleep(0.025)")) for _ in range(1_200)
        ]
        await asyncio.gather(*crowd)
        assert not server.central.outage.lasting


async def quiet(server: Running) -> None:
    """Wait until what the last calls have set going is done."""
    for _ in range(10):
        await server.write(lambda _conn, _now: None)


async def test_an_outage_that_a_page_met_sends_the_stations_away_too(sqlite_url: str) -> None:
    async with running(sqlite_url, probe_interval_s=0.1, command_poll_s=60, upkeep_interval_s=60) as server:
        site = await furnish(server)
        async with site.charger() as connected:
            await connected.boot()
            await quiet(server)
            with disk_full():
                with pytest.raises(Unavailable):
                    await server.write(stations.add, OURS, "lab-2", "from a page", 1)
                assert await connected.closed() == 1013
        await over(site)


@pytest.mark.parametrize("first", ["command_poll_s", "upkeep_interval_s"])
async def test_what_runs_beside_may_be_the_first_to_meet_an_outage(
    first: str, caplog: pytest.LogCaptureFixture
) -> None:
    pace = {"command_poll_s": 60, "upkeep_interval_s": 60} | {first: 0.1}
    with cluster(durable=True) as own:
        url = own.url(own.create())
        await migrate(url)
        async with running(url, probe_interval_s=0.5, **pace) as server:
            site = await furnish(server)
            async with site.charger() as connected:
                await connected.boot()
                await quiet(server)
                with postgres_stopped(own)():
                    assert await connected.closed() == 1013
            await over(site)
    assert "started again" not in caplog.text


async def test_a_handshake_may_be_the_first_to_meet_an_outage() -> None:
    with cluster(durable=True) as own:
        url = own.url(own.create())
        await migrate(url)
        async with running(url, probe_interval_s=0.1) as server:
            site = await furnish(server)
            with postgres_stopped(own)():
                assert await knock(site) == 503
            await over(site)
