"""Schemas: each kind of mistake gets the CALLERROR code that OCPP-J gives it."""

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bollard.wire.errors import CallError, ErrorCode
from bollard.wire.schemas import check_request, check_response
from tests.wire.test_frames import JSON

START = {"connectorId": 1, "idTag": "04A1B2C3", "meterStart": 0, "timestamp": "2026-11-21T10:30:19.000Z"}


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in START.items() if name != key}


def code_for(action: str, payload: object) -> ErrorCode:
    with pytest.raises(CallError) as caught:
        check_request(action, payload)
    return caught.value.code


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ([], ErrorCode.TYPE_CONSTRAINT_VIOLATION),
        (START | {"extra": 1}, ErrorCode.FORMATION_VIOLATION),
        (without("idTag"), ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION),
        (START | {"meterStart": "0"}, ErrorCode.TYPE_CONSTRAINT_VIOLATION),
        (START | {"meterStart": 0.5}, ErrorCode.TYPE_CONSTRAINT_VIOLATION),
        (START | {"idTag": "x" * 21}, ErrorCode.PROPERTY_CONSTRAINT_VIOLATION),
        (START | {"timestamp": "yesterday"}, ErrorCode.PROPERTY_CONSTRAINT_VIOLATION),
    ],
)
def test_each_mistake_has_its_code(payload: object, code: ErrorCode) -> None:
    assert code_for("StartTransaction", payload) is code


def test_more_mistakes_have_their_code() -> None:
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Sleepy"}
    assert code_for("StatusNotification", status) is ErrorCode.PROPERTY_CONSTRAINT_VIOLATION
    assert code_for("MeterValues", {"connectorId": 1, "meterValue": []}) is ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION


@pytest.mark.parametrize("action", ["Nonsense", "heartbeat", "HeartbeatResponse", "../Heartbeat", ""])
def test_an_unknown_action_is_not_implemented(action: str) -> None:
    assert code_for(action, {}) is ErrorCode.NOT_IMPLEMENTED


def test_the_refusal_names_the_place_but_not_the_value() -> None:
    with pytest.raises(CallError) as caught:
        check_request("StartTransaction", START | {"idTag": "SECRET" * 5})
    assert "idTag" in caught.value.text
    assert "SECRET" not in caught.value.text


def test_answers_have_schemas_of_their_own() -> None:
    check_response("Heartbeat", {"currentTime": "2026-11-21T10:30:19Z"})
    with pytest.raises(CallError):
        check_response("Heartbeat", {})


@pytest.mark.parametrize("limit", [0, 6, 16.1, 0.3, 21.4, 1234.5])
def test_one_decimal_is_one_decimal_also_in_binary(limit: float) -> None:
    check_request("SetChargingProfile", profile(limit))


def test_two_decimals_are_one_too_many() -> None:
    assert code_for("SetChargingProfile", profile(16.15)) is ErrorCode.PROPERTY_CONSTRAINT_VIOLATION


def profile(limit: float) -> dict[str, Any]:
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]}
    kind = {"chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative"}
    return {
        "connectorId": 0,
        "csChargingProfiles": {"chargingProfileId": 1, "stackLevel": 0, "chargingSchedule": schedule} | kind,
    }


@pytest.mark.parametrize("action", ["TriggerMessage", "ExtendedTriggerMessage"])
def test_an_unknown_trigger_is_left_to_a_status(action: str) -> None:
    check_request(action, {"requestedMessage": "SomethingNew"})


@given(st.sampled_from(["StartTransaction", "MeterValues", "BootNotification", "SendLocalList"]), JSON)
def test_no_payload_breaks_a_check(action: str, payload: object) -> None:
    try:
        check_request(action, payload)
    except CallError as error:
        assert error.text


def test_checking_does_not_import_the_slow_package() -> None:
    check = "from bollard.wire.schemas import check_request; check_request('Heartbeat', {})"
    program = f"import sys; {check}; print('ocpp' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
