"""What is wrong with a command though its schema allows it."""

from datetime import timedelta
from typing import Any

import pytest

from bollard.wire.schemas import check_request
from bollard.wire.times import render
from cloud.domain.catalogue import COMMANDS
from cloud.domain.commands import CommandKind
from tests.cloud.conftest import NOON, TAG

LATER, EARLIER = render(NOON + timedelta(minutes=1)), render(NOON - timedelta(minutes=1))


def profile(*starts: int, purpose: str = "TxDefaultProfile", **more: Any) -> dict[str, Any]:
    periods = [{"startPeriod": start, "limit": 6.1} for start in starts or (0,)]
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": periods}
    common = {"chargingProfileId": 1, "stackLevel": 0, "chargingProfileKind": "Absolute"}
    return {**common, "chargingProfilePurpose": purpose, "chargingSchedule": schedule, **more}


def setting(connector: int, profile: dict[str, Any]) -> dict[str, Any]:
    return {"connectorId": connector, "csChargingProfiles": profile}


def reservation(until: str) -> dict[str, Any]:
    return {"connectorId": 1, "expiryDate": until, "idTag": TAG, "reservationId": 1}


def tags(version: int, update: str, *entries: dict[str, Any]) -> dict[str, Any]:
    return {"listVersion": version, "updateType": update, "localAuthorizationList": list(entries)}


MAX, TX = "ChargePointMaxProfile", "TxProfile"
CASES: tuple[tuple[CommandKind, dict[str, Any], str | None], ...] = (
    (CommandKind.REMOTE_START, {"idTag": TAG}, None),
    (CommandKind.REMOTE_START, {"idTag": TAG, "connectorId": 0}, "numbered from 1"),
    (CommandKind.REMOTE_START, {"idTag": TAG, "chargingProfile": profile(purpose=TX)}, None),
    (CommandKind.REMOTE_START, {"idTag": TAG, "chargingProfile": profile()}, "takes a TxProfile"),
    (CommandKind.REMOTE_START, {"idTag": TAG, "chargingProfile": profile(purpose=TX, transactionId=1)}, "without"),
    (CommandKind.REMOTE_START, {"idTag": TAG, "chargingProfile": profile(1, purpose=TX)}, "starts at 0"),
    (CommandKind.RESERVE_NOW, reservation(LATER), None),
    (CommandKind.RESERVE_NOW, reservation(EARLIER), "passed already"),
    (CommandKind.RESERVE_NOW, reservation("2026-03-01T12:01:00"), None),
    (CommandKind.TRIGGER_MESSAGE, {"requestedMessage": "MeterValues", "connectorId": 1}, None),
    (CommandKind.TRIGGER_MESSAGE, {"requestedMessage": "StartTransaction"}, "it is one of"),
    (CommandKind.SEND_LOCAL_LIST, tags(1, "Full"), None),
    (CommandKind.SEND_LOCAL_LIST, tags(0, "Full"), "1 or more"),
    (CommandKind.SEND_LOCAL_LIST, tags(1, "Full", {"idTag": TAG}), "every tag has its idTagInfo"),
    (CommandKind.SEND_LOCAL_LIST, tags(1, "Differential", {"idTag": TAG}), None),
    (CommandKind.UPDATE_FIRMWARE, {"location": "ftp://f/1", "retrieveDate": LATER}, None),
    (CommandKind.UPDATE_FIRMWARE, {"location": "gopher://f/1", "retrieveDate": LATER}, "begins with one of"),
    (CommandKind.UPDATE_FIRMWARE, {"location": "ftp://f", "retrieveDate": "2026-03-20T00:00:00Z"}, "at most 6 days"),
    (CommandKind.GET_DIAGNOSTICS, {"location": "file:///etc"}, "begins with one of"),
    (CommandKind.SET_CHARGING_PROFILE, setting(1, profile(0, 60, 120)), None),
    (CommandKind.SET_CHARGING_PROFILE, setting(1, profile(0, 60, 60)), "after the one before"),
    (CommandKind.SET_CHARGING_PROFILE, setting(0, profile(5)), "starts at 0"),
    (CommandKind.SET_CHARGING_PROFILE, setting(1, profile(purpose=MAX)), "for connector 0"),
    (CommandKind.SET_CHARGING_PROFILE, setting(0, profile(purpose=MAX)), None),
    (CommandKind.SET_CHARGING_PROFILE, setting(1, profile(purpose=TX)), "its transactionId"),
    (CommandKind.SET_CHARGING_PROFILE, setting(1, profile(purpose=TX, transactionId=1)), None),
    (CommandKind.SET_CHARGING_PROFILE, setting(1, profile(chargingProfileKind="Recurring")), "recurrencyKind"),
    (CommandKind.SET_CHARGING_PROFILE, setting(1, profile(recurrencyKind="Daily")), "recurrencyKind"),
    (
        CommandKind.SET_CHARGING_PROFILE,
        setting(1, profile(chargingProfileKind="Recurring", recurrencyKind="Daily")),
        None,
    ),
)


@pytest.mark.parametrize(("kind", "payload", "objection"), CASES)
def test_objections(kind: CommandKind, payload: dict[str, Any], objection: str | None) -> None:
    if payload.get("requestedMessage") != "StartTransaction":
        check_request(kind, payload)
    told = COMMANDS[kind].check(payload, NOON)
    assert told == objection or (told is not None and objection is not None and objection in told)
