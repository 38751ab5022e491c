"""Which sockets count: online while connected, the newest one wins, whatever order their ends come in."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection as DbConnection
from sqlalchemy import select

from bollard.wire.errors import NoAnswer
from cloud.db.rows import Cut
from cloud.db.tables import connection
from cloud.domain.stations import RegistrationStatus
from cloud.domain.webhooks import Event
from cloud.ocpp.caller import Caller
from cloud.ocpp.connections import REPLACED, Connection, Connections
from cloud.ocpp.inbound import answer
from cloud.services import overview, stations, webhooks
from tests.cloud.ocpp.central import PATIENCE_S, Running, running
from tests.cloud.ocpp.conftest import Site, furnish
from tests.cloud.ocpp.test_session import start
from tests.ours import OURS


async def test_online_is_known_while_connected(site: Site) -> None:
    async with site.charger() as connected:
        await connected.boot()
        (row,) = await site.server.db.read(overview.stations)
        assert row.online
    await site.server.eventually(overview.stations, lambda rows: not rows[0].online)


async def test_after_a_crash_nobody_is_online_until_they_return(database_url: str) -> None:
    async with running(database_url) as server:
        await furnish(server)
        await server.db.write(
            lambda conn: stations.came_online(conn, 1, "epoch of a crashed process", server.central.now())
        )
    async with running(database_url) as server:
        (row,) = await server.db.read(overview.stations)
        assert not row.online


async def test_after_a_restart_only_who_was_told_as_offline_is_told_as_online(database_url: str) -> None:
    def told(conn: DbConnection) -> list[str]:
        return [each.event.removeprefix("station.") for each in webhooks.deliveries(conn, 1, Cut(9))][::-1]

    async def heard(server: Running, site: Site, *expected: str) -> None:
        async with Site(server, site.key).charger() as connected:
            await connected.call("Heartbeat")
            assert await server.db.read(told) == [*expected]

    async with AsyncExitStack() as left:
        async with running(database_url) as server:
            site = await furnish(server)
            events = {Event.STATION_ONLINE, Event.STATION_OFFLINE}
            add = partial(webhooks.add, organisation_id=1, url="https://hooks.test/", events=events, user_id=None)
            await server.db.write(partial(add, now=server.central.now()))
            await (connected := await left.enter_async_context(site.charger())).boot()
        assert await connected.closed() == 1012
    async with running(database_url) as server:
        await heard(server, site, "online")
        await server.eventually(told, lambda events: events == ["online", "offline"])
        await heard(server, site, "online", "offline", "online")


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


async def test_an_arrival_that_was_held_up_does_not_displace_the_newest_socket(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Transactions of PostgreSQL may overtake each other: here that of the older socket comes last."""
    write, held_up, go_on, overtaken = site.server.db.write, asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def late_at_first(unit: Callable[[DbConnection], Any]) -> Any:
        if held_up.is_set():
            return await write(unit)
        held_up.set()
        await go_on.wait()
        try:
            return await write(unit)
        finally:
            overtaken.set()

    monkeypatch.setattr(site.server.db, "write", late_at_first)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(site.charger())
        await asyncio.wait_for(held_up.wait(), PATIENCE_S)
        newest = await stack.enter_async_context(site.charger())
        await newest.boot()
        go_on.set()
        await asyncio.wait_for(overtaken.wait(), PATIENCE_S)
        current = site.server.central.connections.of(1)
        shown = await site.server.db.read(lambda conn: conn.execute(select(connection.c.epoch)).scalar_one())
        assert current is not None and shown == current.epoch


async def test_many_sockets_of_one_station_leave_one(site: Site) -> None:
    async with AsyncExitStack() as stack:
        crowd = [await stack.enter_async_context(site.charger()) for _ in range(6)]
        await crowd[-1].boot()
        assert [await old.closed() for old in crowd[:-1]] == [1008] * 5
        await crowd[-1].call("Heartbeat")


async def test_leaving_compares_connections_not_stations() -> None:
    closed: list[int] = []

    async def close(code: int, _reason: str) -> None:
        closed.append(code)

    connections = Connections()
    old, new = (Connection(1, epoch, close, registration=RegistrationStatus.ACCEPTED) for epoch in ("a", "b"))
    connections.enter(old)
    connections.enter(new)
    await asyncio.sleep(0)
    assert (old.leaving, new.leaving, closed) == (True, False, [REPLACED])
    assert not connections.leave(old)
    assert connections.of(1) is new
    assert connections.leave(new)
    assert connections.of(1) is None


async def test_what_still_arrives_on_a_socket_that_is_being_closed_is_not_done(site: Site) -> None:
    """It came before the close, waited for its turn, and its station will send it again elsewhere."""

    async def close(_code: int, _reason: str) -> None:
        return

    station = await site.server.db.read(lambda conn: stations.find(conn, OURS, site.identity))
    connection = Connection(station.id, "epoch", close, registration=RegistrationStatus.ACCEPTED, leaving=True)
    with pytest.raises(NoAnswer):
        await answer(Caller(site.server.central, station, connection), "StartTransaction", start())
    assert await site.server.db.read(overview.open_sessions) == []
