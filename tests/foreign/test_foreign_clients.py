"""Charge points that are not ours, strict: whole sessions, every command, a restart of the server in the middle."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cloud.domain.commands import CommandKind, Step
from cloud.services import overview
from tests.cloud.ocpp.conftest import TAG
from tests.cloud.ocpp.test_commands import ask, timeline
from tests.cloud.ocpp.test_every_command import ROWS
from tests.foreign.chargepoints import CLIENTS, Foreign, Opened
from tests.foreign.host import Host, certificates, host

ORDERS = [
    *{kind: payload for kind, payload, _, _, steps in ROWS if steps[-1] is Step.DONE}.items(),
    (CommandKind.CHANGE_AVAILABILITY, {"connectorId": 1, "type": "Operative"}),
]


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
async def test_sessions_commands_and_a_restart(
    client: Callable[[Host, Path], Opened], database_url: str, tmp_path: Path
) -> None:
    async with host(database_url, certificates(tmp_path)) as served, client(served, tmp_path) as station:
        await served.shows("Available")
        await a_tapped_session(served, station)
        await every_command(served, station)
        await a_remote_session_across_a_restart(served)
        await check_bills(served, await station.delivered_wh())
        assert station.complaints == []
        assert await served.server.db.read(overview.incidents) == []


async def a_tapped_session(served: Host, station: Foreign) -> None:
    await station.tap(TAG)
    await served.server.eventually(overview.open_sessions, lambda rows: bool(rows) and rows[0].power_w is not None)
    await station.tap(TAG)
    await served.shows("Available")


async def every_command(served: Host, station: Foreign) -> None:
    for kind, payload in ORDERS:
        asked = await ask(served.site, kind, payload)
        expected = station.odd.get(kind, Step.DONE)
        assert expected in await timeline(served.site, asked, expected), kind
    await served.shows("Available")


async def a_remote_session_across_a_restart(served: Host) -> None:
    started = await ask(served.site, CommandKind.REMOTE_START, {"connectorId": 1, "idTag": TAG})
    await timeline(served.site, started, Step.SESSION_STARTED)
    metered = await ask(served.site, CommandKind.TRIGGER_MESSAGE, {"requestedMessage": "MeterValues", "connectorId": 1})
    await timeline(served.site, metered, Step.DONE)
    await served.restart()
    await served.server.eventually(overview.stations, lambda rows: rows[0].online)
    (session,) = await served.server.db.read(overview.open_sessions)
    stop = {"transactionId": int(session.transaction_id)}
    stopped = await ask(served.site, CommandKind.REMOTE_STOP, stop)
    await timeline(served.site, stopped, Step.SESSION_STOPPED)
    await served.shows("Available")


async def check_bills(served: Host, delivered_wh: int) -> None:
    bills = await served.server.db.read(overview.bills)
    energies = [bill.document.delivery.energy_wh for bill in bills]
    assert len(energies) == 2 and all(energies)
    assert sum(energies) == delivered_wh
    assert await served.server.db.read(overview.open_sessions) == []
