"""The two walks with every part real: tap to bill, and remote start."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection

from cloud.domain.commands import Command, Step
from cloud.services import commands, overview, remote, tags
from cloud.services.bell import Topic
from tests.cloud.ocpp.central import Running
from tests.ours import OURS
from tests.together.house import TAG, House, bills, furnish, house, running


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as built:
        yield built


async def test_a_tap_becomes_a_bill_for_exactly_what_the_meter_counted(home: House, database_url: str) -> None:
    async with running(database_url) as server:
        path = home.write_settings(server, await furnish(server))
        async with home.agent_online(path):
            home.arrive()
            home.tap()
            await home.charge()
            home.tap()
            (bill,) = await bills(server, 1)
    delivery = bill.document.delivery
    assert delivery.energy_wh == home.register_wh() == delivery.meter_stop_wh
    assert delivery.meter_start_wh == 0
    net_minor = round(delivery.energy_wh * 0.039) + 50
    assert abs(bill.gross_minor - round(net_minor * 1.19)) <= 1
    assert not home.world.outlets["lab-1/1"].engaged


async def test_two_connectors_charge_at_once_and_each_gets_its_own_bill(home: House, database_url: str) -> None:
    async with running(database_url) as server:
        path = home.write_settings(server, await furnish(server))
        second = "0455667788"
        await server.write(tags.add, OURS, second)
        async with home.agent_online(path) as agent:
            home.arrive(2)
            home.tap()
            await home.until(lambda: agent.loop.station.connectors[2].session is not None)
            home.arrive(1)
            home.tap(second)
            await home.charge(1)
            await home.charge(2)
            home.tap()
            home.tap(second)
            both = await bills(server, 2)
    energies = {bill.document.parties.connector: bill.document.delivery.energy_wh for bill in both}
    assert energies == {1: home.register_wh(1), 2: home.register_wh(2)}
    cards = {bill.document.parties.connector: bill.document.parties.id_tag for bill in both}
    assert cards == {1: second, 2: TAG}


async def test_a_session_that_ran_without_the_central_system_is_billed_once_it_is_back(
    home: House, database_url: str
) -> None:
    async with running(database_url) as server:
        path = home.write_settings(server, await furnish(server))
        async with home.agent_online(path):
            home.arrive()
            home.tap()
            await home.charge()
            home.tap()
            await bills(server, 1)
    async with home.agent(path) as agent:
        await home.until(lambda: agent.loop.station.connectors[1].vehicle is not None)
        home.tap()
        await home.charge()
        home.tap()
        await home.until(lambda: agent.loop.station.connectors[1].session is None)
        waiting, parked = await agent.store.waiting()
        assert waiting >= 2
        assert parked == 0
    port = server.port
    async with running(database_url) as again:
        text = path.read_text().replace(f":{port}/", f":{again.port}/")
        path.write_text(text)
        async with home.agent_online(path):
            both = await bills(again, 2)
    assert sum(bill.document.delivery.energy_wh for bill in both) == home.register_wh()


async def test_remote_start_and_stop_walk_their_whole_timeline(home: House, database_url: str) -> None:
    async with running(database_url) as server:
        path = home.write_settings(server, await furnish(server))
        async with home.agent_online(path):
            home.arrive()
            (station,) = await server.db.read(overview.stations)
            start = await _ask(server, lambda conn, now: remote.ask_start(conn, station.id, 1, TAG, None, now))
            await _walked(server, start, [Step.ASKED, Step.SENT, Step.ACCEPTED, Step.SESSION_STARTED])
            await home.charge()
            (row,) = await server.db.read(overview.open_sessions)
            stop = await _ask(server, lambda conn, now: commands.ask_stop(conn, row.id, None, now))
            await _walked(server, stop, [Step.ASKED, Step.SENT, Step.ACCEPTED, Step.SESSION_STOPPED])
            (bill,) = await bills(server, 1)
    assert bill.document.delivery.energy_wh == home.register_wh()


async def _ask(server: Running, unit: Callable[[Connection, datetime], Command]) -> Command:
    """What the operator's page does: commit the row, ring the bell."""
    asked = await server.db.write(lambda conn: unit(conn, datetime.now(UTC)))
    server.central.bell.ring(Topic.COMMANDS)
    return asked


async def _walked(server: Running, command: Command, steps: list[Step]) -> None:
    entries = await server.eventually(
        lambda conn: commands.timeline(conn, command.id), lambda entries: entries[-1].step is steps[-1]
    )
    assert [entry.step for entry in entries] == steps
