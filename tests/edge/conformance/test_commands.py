"""Cases about keys, faults, triggers and profiles that this charge point does not have."""

from typing import Any

import pytest

from bollard.wire.frames import Error, Result
from hardware.outlet import Fault
from hardware.ports import Signal
from tests.edge.conformance.script import TAG, authorize, status, statuses, values, wanted
from tests.edge.conformance.stand import Stand

READ_WRITE = {
    "AuthorizeRemoteTxRequests",
    "ClockAlignedDataInterval",
    "ConnectionTimeOut",
    "ConnectorPhaseRotation",
    "HeartbeatInterval",
    "LocalAuthorizeOffline",
    "LocalPreAuthorize",
    "MeterValueSampleInterval",
    "MeterValuesAlignedData",
    "MeterValuesSampledData",
    "ResetRetries",
    "StopTransactionOnInvalidId",
    "StopTxnAlignedData",
    "StopTxnSampledData",
    "TransactionMessageAttempts",
    "TransactionMessageRetryInterval",
    "UnlockConnectorOnEVSideDisconnect",
}
READ_ONLY = {"GetConfigurationMaxKeys", "NumberOfConnectors", "SupportedFeatureProfiles"}


async def configuration(bench: Stand, *keys: str) -> dict[str, dict[str, Any]]:
    """GetConfiguration; what is known, by its key."""
    answer = await bench.central.call("GetConfiguration", **({"key": list(keys)} if keys else {}))
    assert not answer.get("unknownKey")
    return {item["key"]: item for item in answer["configurationKey"]}


async def test_019_retrieve_configuration(bench: Stand) -> None:
    profiles = (await configuration(bench, "SupportedFeatureProfiles"))["SupportedFeatureProfiles"]["value"]
    assert set(profiles.split(",")) == {"Core", "RemoteTrigger"}
    told = await configuration(bench)
    assert {key: told[key]["readonly"] for key in READ_WRITE | READ_ONLY} == (
        dict.fromkeys(READ_WRITE, False) | dict.fromkeys(READ_ONLY, True)
    )
    assert all("value" in item for item in told.values())
    most = int(told["GetConfigurationMaxKeys"]["value"])
    keys = [*told, *told][:most]
    assert (await configuration(bench, *keys)).keys() == set(keys)


async def test_021_change_configuration(bench: Stand) -> None:
    await bench.central.configure(MeterValueSampleInterval=7)
    told = await configuration(bench, "MeterValueSampleInterval")
    assert told["MeterValueSampleInterval"]["value"] == "7"


async def test_040_1_unknown_key(bench: Stand) -> None:
    answer = await bench.central.call("ChangeConfiguration", key="Testing", value="1")
    assert answer == {"status": "NotSupported"}


async def test_040_2_invalid_value(bench: Stand) -> None:
    answer = await bench.central.call("ChangeConfiguration", key="MeterValueSampleInterval", value="-1")
    assert answer == {"status": "Rejected"}
    assert (await configuration(bench, "MeterValueSampleInterval"))["MeterValueSampleInterval"]["value"] == "1"


async def test_024_the_lock_does_not_hold(bench: Stand) -> None:
    bench.world.break_("conformance/1", Fault.STUCK_LOCK)
    await bench.prepared()
    bench.taps()
    await bench.central.sees(authorize())
    await bench.central.sees(status(1, "Faulted", errorCode="ConnectorLockFailure"))
    assert not bench.outlet().conductions


async def test_041_a_faulted_connector_starts_nothing(bench: Stand) -> None:
    bench.world.trip("conformance/1", "emergency_stop")
    faulted = [status(number, "Faulted", errorCode="OtherError") for number in (0, 1, 2)]
    await bench.central.sees(*faulted)
    bench.arrives()
    await bench.until(bench.sees_a_car)
    bench.taps()
    answer = await bench.central.call("RemoteStartTransaction", connectorId=1, idTag=TAG)
    assert answer == {"status": "Rejected"}
    await bench.until(lambda: bench.outlet().signal is Signal.REFUSED)
    bench.world.trip("conformance/1", "emergency_stop", tripped=False)
    await bench.central.sees(status(0, "Available"), status(1, "Preparing"), status(2, "Available"))
    assert not bench.outlet().conductions


async def test_054_trigger_message(bench: Stand) -> None:
    await bench.central.configure(MeterValuesSampledData="Energy.Active.Import.Register,Voltage")
    ask = {"requestedMessage": "MeterValues", "connectorId": 1}
    assert await bench.central.call("TriggerMessage", **ask) == {"status": "Accepted"}
    (told,) = await bench.central.sees(values(1))
    sampled = told["meterValue"][0]["sampledValue"]
    assert {(value["measurand"], value["context"]) for value in sampled} == {
        ("Energy.Active.Import.Register", "Trigger"),
        ("Voltage", "Trigger"),
    }
    assert await bench.central.call("TriggerMessage", requestedMessage="Heartbeat") == {"status": "Accepted"}
    await bench.central.sees(wanted("Heartbeat"))
    assert await bench.central.call("TriggerMessage", requestedMessage="StatusNotification") == {"status": "Accepted"}
    await bench.central.sees(*statuses("Available", "Available"))
    ask = {"requestedMessage": "StatusNotification", "connectorId": 2}
    assert await bench.central.call("TriggerMessage", **ask) == {"status": "Accepted"}
    await bench.central.sees(status(2, "Available"))


@pytest.mark.parametrize("message", ["DiagnosticsStatusNotification", "FirmwareStatusNotification", "Nonsense"])
async def test_054_trigger_of_an_absent_message(bench: Stand, message: str) -> None:
    answer = await bench.central.call("TriggerMessage", requestedMessage=message)
    assert answer == {"status": "NotImplemented"}


async def test_054_trigger_of_a_boot_that_was_accepted(bench: Stand) -> None:
    answer = await bench.central.call("TriggerMessage", requestedMessage="BootNotification")
    assert answer == {"status": "Rejected"}


@pytest.mark.parametrize("message", ["MeterValues", "StatusNotification"])
async def test_055_trigger_for_an_unknown_connector(bench: Stand, message: str) -> None:
    answer = await bench.central.call("TriggerMessage", requestedMessage=message, connectorId=3)
    assert answer == {"status": "Rejected"}


async def test_062_data_transfer(bench: Stand) -> None:
    answer = await bench.central.call("DataTransfer", vendorId="com.example", messageId="hello", data="{}")
    assert answer == {"status": "UnknownVendorId"}


RESERVATION = {"connectorId": 1, "expiryDate": "2099-01-01T00:00:00Z", "idTag": TAG, "reservationId": 1}
SCHEDULE = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}]}
PROFILE = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": SCHEDULE,
}
LOCATION = {"location": "ftp://example.com/"}
ABSENT: list[tuple[str, str, dict[str, Any], dict[str, Any] | str]] = [
    ("042_1", "GetLocalListVersion", {}, {"listVersion": -1}),
    ("043_1", "SendLocalList", {"listVersion": 1, "updateType": "Full"}, {"status": "NotSupported"}),
    ("044", "UpdateFirmware", LOCATION | {"retrieveDate": "2099-01-01T00:00:00Z"}, "NotSupported"),
    ("045", "GetDiagnostics", LOCATION, "NotSupported"),
    ("048_4", "ReserveNow", RESERVATION, {"status": "Rejected"}),
    ("052", "CancelReservation", {"reservationId": 1}, {"status": "Rejected"}),
    ("056", "SetChargingProfile", {"connectorId": 1, "csChargingProfiles": PROFILE}, "NotSupported"),
    ("066", "GetCompositeSchedule", {"connectorId": 1, "duration": 60}, "NotSupported"),
    ("067", "ClearChargingProfile", {}, "NotSupported"),
]


@pytest.mark.parametrize(("case", "action", "payload", "told"), ABSENT, ids=[case for case, *_ in ABSENT])
async def test_absent_profiles(
    bench: Stand, case: str, action: str, payload: dict[str, Any], told: dict[str, Any] | str
) -> None:
    answer = await bench.central.call_anyhow(action, payload)
    assert isinstance(answer, Result | Error)
    assert told == (answer.payload if isinstance(answer, Result) else answer.code)
