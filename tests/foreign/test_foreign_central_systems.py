"""Our agent against central systems that are not ours, strict: every command, whole sessions, no protocol error."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bollard.wire.errors import ErrorCode
from edge.app import Restarted
from tests.foreign.battery import CHARGING, EVERYTHING, UNSUPPORTED, Command
from tests.foreign.systems import Foreign, Opened, ocpp_csms, ocpp_package, ocpp_rpc
from tests.together.house import PATIENCE_S, TAG, House, house


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as built:
        yield built


@pytest.mark.parametrize("system", [ocpp_rpc, ocpp_csms, ocpp_package])
async def test_every_command_and_whole_sessions(
    system: Callable[[Path], Opened], home: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with system(tmp_path) as central:
        path = home.write_settings_for(central.url, central.key, central.ca_file)
        async with restarted("soft"), home.agent(path) as agent:
            await central.expect("StatusNotification", connectorId=2)
            await obeyed(central, EVERYTHING)
            await a_tapped_session(home, central)
            await a_remote_session(home, central)
            await a_session_that_ends_offline(home, central, lambda: agent.loop.station.online)
            await reset(central, "Soft")
        async with restarted("hard"), home.agent(path):
            await booted(central)
            await reset(central, "Hard")
        async with home.agent(path):
            await booted(central)
    check_sessions(home, central)
    check_for_errors(home, central, caplog)


@asynccontextmanager
async def restarted(kind: str) -> AsyncIterator[None]:
    """The agent inside ends to be started again, by a Reset of this kind."""
    try:
        yield
        pytest.fail("the agent did not end to be started again")
    except* Restarted as ended:
        reason: BaseException = ended
        while isinstance(reason, BaseExceptionGroup):
            (reason,) = reason.exceptions
        assert str(reason) == kind


async def reset(central: Foreign, kind: str) -> None:
    assert await central.ask("Reset", {"type": kind}) == {"status": "Accepted"}
    await asyncio.sleep(PATIENCE_S)


async def booted(central: Foreign) -> None:
    await central.expect("BootNotification")
    await central.expect("StatusNotification", connectorId=2)


async def obeyed(central: Foreign, commands: list[Command]) -> None:
    for action, payload, expected in commands:
        assert (action, payload, await central.ask(action, payload)) == (action, payload, expected)
    keys: Any = await central.ask("GetConfiguration", {})
    assert {"key": "NumberOfConnectors", "readonly": True, "value": "2"} in keys["configurationKey"]


async def a_tapped_session(home: House, central: Foreign) -> None:
    home.arrive()
    home.tap()
    await central.expect("StartTransaction", connectorId=1)
    await obeyed(central, CHARGING)
    await central.until(lambda: contexts(central) == {"Sample.Periodic", "Sample.Clock", "Trigger"})
    await home.charge(at_least_wh=100)
    home.tap()
    await central.expect("StopTransaction", reason="Local")


async def a_remote_session(home: House, central: Foreign) -> None:
    home.arrive(2)
    assert await central.ask("RemoteStartTransaction", {"idTag": "REMOTE", "connectorId": 2}) == {"status": "Accepted"}
    await central.expect("StartTransaction", idTag="REMOTE")
    await home.charge(2, at_least_wh=100)
    await central.until(lambda: transactions(central, 2))
    stop = {"transactionId": transactions(central, 2)[0]}
    assert await central.ask("RemoteStopTransaction", stop) == {"status": "Accepted"}
    await central.expect("StopTransaction", reason="Remote", **stop)


async def a_session_that_ends_offline(home: House, central: Foreign, online: Callable[[], bool]) -> None:
    home.tap()
    await central.expect("StartTransaction", idTag=TAG)
    await home.charge(at_least_wh=100)
    await central.hang_up()
    await home.until(lambda: not online())
    home.tap()
    await central.expect("StopTransaction", reason="Local")
    assert len(central.payloads("BootNotification")) == 1


def check_sessions(home: House, central: Foreign) -> None:
    starts, stops = central.payloads("StartTransaction"), central.payloads("StopTransaction")
    assert [start["idTag"] for start in starts] == [TAG, "REMOTE", TAG]
    assert [stop["reason"] for stop in stops] == ["Local", "Remote", "Local"]
    assert [start["connectorId"] for start in starts] == [1, 2, 1]
    assert stops[0]["meterStop"] == starts[2]["meterStart"]
    assert [stop["meterStop"] for stop in stops[1:]] == [home.register_wh(2), home.register_wh(1)]
    assert all(stop["transactionData"] for stop in stops)


def transactions(central: Foreign, connector: int) -> list[int]:
    """The ids that meter values of this connector bear."""
    values = [one for one in central.payloads("MeterValues") if one["connectorId"] == connector]
    return [one["transactionId"] for one in values if "transactionId" in one]


def contexts(central: Foreign) -> set[str]:
    """Why meter values were sent so far."""
    entries = [entry for payload in central.payloads("MeterValues") for entry in payload["meterValue"]]
    return {value["context"] for entry in entries for value in entry["sampledValue"]}


def check_for_errors(home: House, central: Foreign, caplog: pytest.LogCaptureFixture) -> None:
    """The only CALLERRORs are those to commands that have no status for *unsupported*."""
    assert central.complaints == []
    assert [line for line in home.lines if any(code in line for code in ErrorCode)] == []
    refused = [action for action, _, expected in EVERYTHING if expected == UNSUPPORTED]
    assert len(refused) == 5
    warnings = [record.levelno for record in caplog.records if record.levelno >= logging.WARNING]
    assert warnings in ([], [logging.WARNING] * len(refused))
