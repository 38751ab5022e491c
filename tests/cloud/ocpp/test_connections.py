"""Which sockets count: online while connected, the newest one wins, whatever order their ends come in."""

from contextlib import AsyncExitStack

from cloud.services import overview
from tests.cloud.ocpp.conftest import Site


async def test_online_is_known_while_connected(site: Site) -> None:
    async with site.charger() as connected:
        await connected.boot()
        (row,) = await site.server.db.read(overview.stations)
        assert row.online
    await site.server.eventually(overview.stations, lambda rows: not rows[0].online)


async def test_the_newest_socket_wins(site: Site) -> None:
    async with AsyncExitStack() as stack:
        old = await stack.enter_async_context(site.charger())
        await old.boot()
        new = await stack.enter_async_context(site.charger())
        await new.call("Heartbeat")
        assert await old.closed() == 1008
        await new.call("Heartbeat")
        (row,) = await site.server.db.read(overview.stations)
        assert row.online


async def test_many_sockets_of_one_station_leave_one(site: Site) -> None:
    async with AsyncExitStack() as stack:
        crowd = [await stack.enter_async_context(site.charger()) for _ in range(6)]
        await crowd[-1].boot()
        assert [await old.closed() for old in crowd[:-1]] == [1008] * 5
        await crowd[-1].call("Heartbeat")
