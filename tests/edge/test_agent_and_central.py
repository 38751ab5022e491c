"""The whole agent with its world against a central system played by the test: what must be said, and in which order."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bollard.wire.errors import CallError, ErrorCode
from edge.app import Restarted
from edge.store import TOLD_UNKNOWN
from tests.edge.central import ACCEPTED, Central, one_after_the_other
from tests.together.house import OUTLETS, TAG, House, house

KEY = bytes(range(20))
REQUIRED_KEYS = {
    "AuthorizeRemoteTxRequests",
    "ClockAlignedDataInterval",
    "ConnectionTimeOut",
    "ConnectorPhaseRotation",
    "GetConfigurationMaxKeys",
    "HeartbeatInterval",
    "LocalAuthorizeOffline",
    "LocalPreAuthorize",
    "MeterValuesAlignedData",
    "MeterValuesSampledData",
    "MeterValueSampleInterval",
    "NumberOfConnectors",
    "ResetRetries",
    "StopTransactionOnInvalidId",
    "StopTxnAlignedData",
    "StopTxnSampledData",
    "SupportedFeatureProfiles",
    "TransactionMessageAttempts",
    "TransactionMessageRetryInterval",
    "UnlockConnectorOnEVSideDisconnect",
}


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as built:
        yield built


@pytest.fixture
async def central() -> AsyncIterator[Central]:
    async with Central().running() as running:
        yield running


def settings(home: House, central: Central, *keys: str) -> Path:
    """A settings file whose agent comes back soon after a lost connection."""
    path = home.write_settings_for(central.url, KEY)
    text = path.read_text().replace("[guardian]", "retry_s = 0.5\n[guardian]")
    path.write_text(text.replace("[configuration]", "\n".join(["[configuration]", *keys])))
    return path


def spoken(central: Central) -> list[str]:
    """Actions, with the status of each StatusNotification of connector 1; heartbeats and samples are left out."""
    words = []
    for call in central.calls:
        if call.action == "StatusNotification" and call.payload["connectorId"] == 1:
            words.append(call.payload["status"])
        elif call.action in ("Authorize", "StartTransaction", "StopTransaction"):
            words.append(call.action)
    return words


async def begin(home: House, central: Central) -> None:
    await central.expect("StatusNotification", connectorId=2)
    home.arrive()
    await central.expect("StatusNotification", connectorId=1, status="Preparing")
    home.tap()
    await central.expect("StatusNotification", connectorId=1, status="Charging")
    await home.charge()


async def test_plug_in_first(home: House, central: Central) -> None:
    async with home.agent(settings(home, central)):
        await begin(home, central)
        home.tap()
        await central.expect("StatusNotification", connectorId=1, status="Finishing")
        await central.until(lambda: "StopTransaction" in central.actions())
    words = spoken(central)
    assert words[:3] == ["Available", "Preparing", "Authorize"]
    assert set(words[3:5]) == {"StartTransaction", "Charging"}
    assert set(words[5:]) == {"StopTransaction", "Finishing"}


async def test_a_refused_tag_starts_nothing(home: House, central: Central) -> None:
    central.answers["Authorize"] = lambda payload: {"idTagInfo": {"status": "Blocked"}}
    async with home.agent(settings(home, central)) as agent:
        home.arrive()
        await central.expect("StatusNotification", connectorId=1, status="Preparing")
        home.tap()
        await central.expect("Authorize", idTag=TAG)
        await home.until(lambda: not agent.loop.station.questions)
        assert agent.loop.station.connectors[1].session is None
    assert not home.world.outlets[OUTLETS[1]].engaged


async def test_a_session_without_network_is_told_afterwards_in_order(home: House, central: Central) -> None:
    path = settings(home, central)
    async with home.agent(path) as agent:
        await begin(home, central)
        central.refuse_with = 503
        await central.hang_up()
        await home.until(lambda: not agent.loop.station.online)
        await home.charge()
        home.tap()
        await home.until(lambda: agent.loop.station.connectors[1].session is None)
        assert "StopTransaction" not in central.actions()
        central.refuse_with = None
        told = await central.expect("StopTransaction", reason="Local")
    samples = [call.payload for call in central.calls if call.action == "MeterValues"]
    times = [sample["meterValue"][0]["timestamp"] for sample in samples]
    assert times == sorted(set(times))
    assert told["meterStop"] == home.register_wh()
    assert central.actions().count("BootNotification") == 1


@pytest.mark.parametrize(("kind", "reason"), [("Soft", "SoftReset"), ("Hard", "HardReset")])
async def test_a_reset_is_confirmed_first_and_ends_the_session_properly(
    home: House, central: Central, kind: str, reason: str
) -> None:
    path = settings(home, central)
    with pytest.RaisesGroup(Restarted, flatten_subgroups=True):
        async with home.agent(path):
            await begin(home, central)
            assert await central.call("Reset", type=kind) == {"status": "Accepted"}
            await home.until(lambda: False)
    assert not home.world.outlets[OUTLETS[1]].engaged
    async with home.agent(path):
        stop = await central.expect("StopTransaction", reason=reason)
        assert stop["meterStop"] == home.register_wh()
        await central.until(lambda: central.actions().count("BootNotification") == 2)


async def test_a_tag_that_the_start_refuses_is_stopped(home: House, central: Central) -> None:
    central.answers["StartTransaction"] = lambda payload: {"transactionId": 9, "idTagInfo": {"status": "Invalid"}}
    async with home.agent(settings(home, central)):
        await central.expect("StatusNotification", connectorId=2)
        home.arrive()
        home.tap()
        stop = await central.expect("StopTransaction", transactionId=9)
        await central.until(lambda: "Finishing" in spoken(central))
    assert stop["reason"] == "DeAuthorized"
    assert not home.world.outlets[OUTLETS[1]].engaged


async def test_unlocking_is_confirmed_first_and_ends_the_session(home: House, central: Central) -> None:
    async with home.agent(settings(home, central)):
        await begin(home, central)
        assert await central.call("UnlockConnector", connectorId=1) == {"status": "Unlocked"}
        await central.expect("StopTransaction", reason="UnlockCommand")
        assert await central.call("UnlockConnector", connectorId=9) == {"status": "NotSupported"}


async def test_availability_waits_for_the_session_and_outlives_a_restart(home: House, central: Central) -> None:
    path = settings(home, central)
    async with home.agent(path):
        await begin(home, central)
        order = {"connectorId": 1, "type": "Inoperative"}
        assert await central.call("ChangeAvailability", **order) == {"status": "Scheduled"}
        home.tap()
        await central.expect("StatusNotification", connectorId=1, status="Unavailable")
    async with home.agent(path):
        await central.expect("BootNotification")
        await central.expect("StatusNotification", connectorId=1, status="Unavailable")
        assert await central.call("ChangeAvailability", connectorId=1, type="Operative") == {"status": "Accepted"}


async def test_a_start_that_is_refused_for_good_does_not_hold_up_what_follows(home: House, central: Central) -> None:
    refusal = CallError(ErrorCode.INTERNAL_ERROR, "full")
    central.answers["StartTransaction"] = one_after_the_other(refusal, {"transactionId": 5} | ACCEPTED)
    async with home.agent(settings(home, central, "TransactionMessageAttempts = 1")) as agent:
        await begin(home, central)
        home.tap()
        await central.expect("StopTransaction", transactionId=-1)
        await home.until(lambda: agent.loop.station.connectors[1].session is None)
        home.tap()
        await central.expect("StartTransaction")
        await home.charge()
        home.tap()
        await central.expect("StopTransaction", transactionId=5)
        parked = await agent.store.parked()
    assert [entry.parked for entry in parked] == ["InternalError: full", TOLD_UNKNOWN]


async def test_every_required_key_can_be_read(home: House, central: Central) -> None:
    async with home.agent(settings(home, central)):
        await central.expect("BootNotification")
        told = {item["key"]: item for item in (await central.call("GetConfiguration"))["configurationKey"]}
        assert told.keys() >= REQUIRED_KEYS
        assert told["NumberOfConnectors"] == {"key": "NumberOfConnectors", "readonly": True, "value": "2"}
        assert await change(central, "MeterValueSampleInterval", "7") == "Accepted"
        assert await change(central, "MeterValueSampleInterval", "-1") == "Rejected"
        assert await change(central, "NumberOfConnectors", "3") == "Rejected"
        assert await change(central, "Testing", "1") == "NotSupported"
        (item,) = (await central.call("GetConfiguration", key=["metervaluesampleinterval"]))["configurationKey"]
        assert item == {"key": "MeterValueSampleInterval", "readonly": False, "value": "7"}


async def change(central: Central, key: str, value: str) -> str:
    status: str = (await central.call("ChangeConfiguration", key=key, value=value))["status"]
    return status
