"""Charge points that are not ours complete sessions against our central system, in their own strictest mode."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import Action, RegistrationStatus, RemoteStartStopStatus
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from cloud.services import commands, overview
from cloud.services.bell import Topic
from tests.cloud.ocpp.central import running
from tests.cloud.ocpp.charger import basic
from tests.cloud.ocpp.conftest import TAG, Site, furnish
from tests.foreign.node import program


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """PEM files of a certificate authority and of its certificate for localhost."""
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "ca.pem")
    made.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    return tmp_path


@pytest.fixture
async def secure_site(database_url: str, authority: Path) -> AsyncIterator[Site]:
    pem = str(authority / "server.pem")
    async with running(database_url, tls_cert=pem, tls_key=pem) as server:
        yield await furnish(server)


async def remote(site: Site, ask: Any, *arguments: Any) -> None:
    """Ask the station for something, as a page does."""
    now = datetime.now(UTC)
    await site.server.db.write(lambda conn: ask(conn, *arguments, None, now))
    site.server.central.bell.ring(Topic.COMMANDS)


async def remote_start_and_stop(site: Site) -> None:
    await remote(site, commands.ask_start, 1, 1, TAG)
    (session,) = await site.server.eventually(overview.open_sessions, lambda rows: rows and rows[0].power_w)
    await remote(site, commands.ask_stop, session.id)


async def assert_two_bills(site: Site) -> None:
    bills = await site.server.db.read(overview.bills)
    assert [bill.document.delivery.energy_wh for bill in bills] == [2, 2]
    assert await site.server.db.read(overview.open_sessions) == []
    assert await site.server.db.read(overview.incidents) == []


async def test_ocpp_rpc_in_strict_mode(secure_site: Site, authority: Path) -> None:
    options = {
        "endpoint": f"{secure_site.server.ws}/ocpp",
        "identity": secure_site.identity,
        "key": secure_site.key.hex(),
        "ca": str(authority / "ca.pem"),
        "tag": TAG,
    }
    async with program("station.js", options) as station:
        heard = []
        while not heard or heard[-1]["what"] != "done":
            heard.append(await station.hear())
            if heard[-1]["what"] == "ready":
                await remote_start_and_stop(secure_site)
        assert await station.ended() == 0
    expected = ["booted", "authorized", "started", "stopped", "ready", "started", "stopped", "done"]
    assert [line["what"] for line in heard] == expected
    assert heard[1]["status"] == "Accepted"
    await assert_two_bills(secure_site)


class Station(ChargePoint):
    """A charge point made with the `ocpp` package as it comes, its schemas checking both directions."""

    def __init__(self, identity: str, ws: ClientConnection) -> None:
        super().__init__(identity, ws)
        self.asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @on(Action.remote_start_transaction)
    def on_remote_start(self, **asked: Any) -> call_result.RemoteStartTransaction:
        self.asked.put_nowait(asked)
        return call_result.RemoteStartTransaction(RemoteStartStopStatus.accepted)

    @on(Action.remote_stop_transaction)
    def on_remote_stop(self, **asked: Any) -> call_result.RemoteStopTransaction:
        self.asked.put_nowait(asked)
        return call_result.RemoteStopTransaction(RemoteStartStopStatus.accepted)

    async def ask(self, payload: Any) -> Any:
        return await self.call(payload, suppress=False)

    async def charge(self, id_tag: str, meter_start: int) -> int:
        begun = await self.ask(call.StartTransaction(1, id_tag, meter_start, now()))
        power = {"value": "7.2", "measurand": "Power.Active.Import", "unit": "kW"}
        values = [{"timestamp": now(), "sampled_value": [{"value": str(meter_start + 1)}, power]}]
        await self.ask(call.MeterValues(1, values, begun.transaction_id))
        return int(begun.transaction_id)


def now() -> str:
    return datetime.now(UTC).isoformat()


async def test_the_ocpp_package_as_a_charge_point(secure_site: Site, authority: Path) -> None:
    trusting = ssl.create_default_context(cafile=str(authority / "ca.pem"))
    headers = basic(secure_site.identity, secure_site.key)
    url = f"{secure_site.server.ws}/ocpp/{secure_site.identity}"
    async with connect(url, subprotocols=[Subprotocol("ocpp1.6")], additional_headers=headers, ssl=trusting) as ws:
        station = Station(secure_site.identity, ws)
        reading = asyncio.create_task(station.start())
        boot = await station.ask(call.BootNotification("Foreign", "ocpp"))
        assert boot.status == RegistrationStatus.accepted
        assert (await station.ask(call.Authorize(TAG))).id_tag_info == {"status": "Accepted"}
        transaction_id = await station.charge(TAG, 1000)
        await station.ask(call.StopTransaction(1002, now(), transaction_id, id_tag=TAG))
        await remote(secure_site, commands.ask_start, 1, 1, TAG)
        assert await station.asked.get() == {"connector_id": 1, "id_tag": TAG}
        transaction_id = await station.charge(TAG, 1002)
        (session,) = await secure_site.server.db.read(overview.open_sessions)
        await remote(secure_site, commands.ask_stop, session.id)
        assert await station.asked.get() == {"transaction_id": transaction_id}
        await station.ask(call.StopTransaction(1004, now(), transaction_id, reason="Remote"))
        reading.cancel()
    await assert_two_bills(secure_site)
