"""Our agent completes sessions against central systems that are not ours, in their own strictest mode."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
from ocpp_csms import CentralSystem
from ocpp_csms.models import (
    BootEvent,
    ChargePointEvent,
    MeterValuesEvent,
    StatusEvent,
    TransactionStartedEvent,
    TransactionStoppedEvent,
)

from tests.foreign.node import Program, program
from tests.together.house import PATIENCE_S, TAG, House, house

KEY = bytes(range(128, 148))
READABLE_KEY = b"sixteen-and-more"


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as built:
        yield built


class Strict:
    """The central system of ocpp-rpc: what it was asked, in order; a complaint of its validation fails the test."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def expect(self, method: str, **params: Any) -> dict[str, Any]:
        """Listen until the station asks this."""
        while True:
            heard = await self._program.hear()
            assert heard["what"] == "asked", heard
            self.asked.append((heard["method"], heard["params"]))
            if heard["method"] == method and params.items() <= heard["params"].items():
                return self.asked[-1][1]

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask the station; questions of its own may come in between."""
        await self._program.tell({"method": method, "params": params})
        while True:
            heard = await self._program.hear()
            if heard["what"] == "answered":
                answer: dict[str, Any] = heard["answer"]
                return answer
            assert heard["what"] == "asked", heard
            self.asked.append((heard["method"], heard["params"]))

    def params(self, method: str) -> list[dict[str, Any]]:
        return [params for asked, params in self.asked if asked == method]


async def test_ocpp_rpc_in_strict_mode_sees_two_sessions(home: House, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    options = {"cert": str(tmp_path / "server.pem"), "identity": "lab-1", "key": KEY.hex()}
    async with program("central.js", options) as running:
        port = (await running.hear())["port"]
        path = home.write_settings_for(f"wss://127.0.0.1:{port}/ocpp", KEY, tmp_path / "ca.pem")
        async with home.agent(path):
            central = Strict(running)
            await central.expect("StatusNotification", connectorId=2)
            await a_tapped_session(home, central)
            await a_remote_session(home, central)
    starts, stops = central.params("StartTransaction"), central.params("StopTransaction")
    assert [start["idTag"] for start in starts] == [TAG, "REMOTE"]
    assert [stop["reason"] for stop in stops] == ["Local", "Remote"]
    assert stops[0]["meterStop"] == starts[1]["meterStart"]
    assert stops[1]["meterStop"] == home.register_wh()
    own = [sample for sample in central.params("MeterValues") if sample["connectorId"] == 1]
    assert {sample["transactionId"] for sample in own} == {1, 2}


async def a_tapped_session(home: House, central: Strict) -> None:
    home.arrive()
    home.tap()
    await central.expect("StartTransaction", connectorId=1)
    await central.expect("MeterValues", transactionId=1)
    await home.charge()
    home.tap()
    await central.expect("StopTransaction", transactionId=1)


async def a_remote_session(home: House, central: Strict) -> None:
    assert await central.call("RemoteStartTransaction", idTag="REMOTE", connectorId=1) == {"status": "Accepted"}
    await central.expect("StartTransaction", idTag="REMOTE")
    await home.charge()
    settings = await central.call("GetConfiguration")
    assert {"key": "NumberOfConnectors", "readonly": True, "value": "2"} in settings["configurationKey"]
    for trigger in ("StatusNotification", "MeterValues", "Heartbeat"):
        assert await central.call("TriggerMessage", requestedMessage=trigger) == {"status": "Accepted"}
    assert await central.call("RemoteStopTransaction", transactionId=2) == {"status": "Accepted"}
    await central.expect("StopTransaction", transactionId=2)


class Watched:
    """The events of ocpp-csms, and a way to wait for one."""

    def __init__(self, central: CentralSystem) -> None:
        self.events: list[ChargePointEvent] = []
        self._news = asyncio.Event()
        central.add_listener(self._note)

    def _note(self, event: ChargePointEvent) -> None:
        self.events.append(event)
        self._news.set()

    async def expect(self, kind: type[Any], true: Callable[[Any], bool] = lambda event: True) -> Any:
        """Wait for an event of this kind of which something is true."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found = [event for event in self.events if isinstance(event, kind) and true(event)]
                if found:
                    return found[0]
                self._news.clear()
                await self._news.wait()


async def test_ocpp_csms_sees_a_tapped_and_a_remote_session(home: House) -> None:
    async def let_in(identity: str, password: str | None) -> bool:
        return (identity, password) == ("lab-1", READABLE_KEY.decode())

    async with CentralSystem(host="127.0.0.1", port=0, authenticate=let_in) as central:
        watched = Watched(central)
        async with home.agent(home.write_settings_for(f"ws://127.0.0.1:{central.port}", READABLE_KEY)):
            await watched.expect(BootEvent)
            await watched.expect(StatusEvent, lambda event: event.connector.connector_id == 2)
            await sessions(home, central, watched)
    begun = [event.transaction for event in watched.events if isinstance(event, TransactionStartedEvent)]
    ended = [event.transaction for event in watched.events if isinstance(event, TransactionStoppedEvent)]
    assert [one.transaction_id for one in begun] == [one.transaction_id for one in ended]
    assert [one.id_tag for one in begun] == [TAG, "REMOTE"]
    assert ended[0].meter_stop == begun[1].meter_start
    assert ended[1].meter_stop == home.register_wh()


async def sessions(home: House, central: CentralSystem, watched: Watched) -> None:
    home.arrive()
    home.tap()
    await watched.expect(MeterValuesEvent)
    await home.charge()
    home.tap()
    first = await watched.expect(TransactionStoppedEvent)
    station = central.charge_points["lab-1"]
    assert await station.async_remote_start_transaction("REMOTE", 1) == "Accepted"
    second = await watched.expect(
        TransactionStartedEvent, lambda event: event.transaction.transaction_id != first.transaction.transaction_id
    )
    await home.charge()
    assert await station.async_remote_stop_transaction(second.transaction.transaction_id) == "Accepted"
    await watched.expect(
        TransactionStoppedEvent, lambda event: event.transaction.transaction_id == second.transaction.transaction_id
    )
