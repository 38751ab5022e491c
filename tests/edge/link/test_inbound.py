"""What the central system asks: each action becomes its event, its answer goes first, and nonsense is refused."""

from typing import Any

import pytest

from bollard.wire.errors import CallError, ErrorCode
from bollard.wire.frames import Call, Error, Result
from edge.core import events as ev
from edge.core.events import Event
from edge.core.values import Status, TagStatus
from tests.edge.central import ACCEPTED, Central, one_after_the_other
from tests.edge.link.bench import Bench, metered
from tests.wire.one_end import settle

PROFILE = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfileKind": "Relative",
    "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}]},
}


@pytest.mark.parametrize(
    ("action", "payload", "kind", "fields"),
    [
        ("RemoteStartTransaction", {"idTag": "T"}, ev.RemoteStartAsked, {"id_tag": "T", "connector": None}),
        (
            "RemoteStartTransaction",
            {"idTag": "T", "connectorId": 2, "chargingProfile": PROFILE | {"chargingProfilePurpose": "TxProfile"}},
            ev.RemoteStartAsked,
            {"connector": 2},
        ),
        ("RemoteStopTransaction", {"transactionId": 7}, ev.RemoteStopAsked, {"transaction_id": 7}),
        (
            "ChangeAvailability",
            {"connectorId": 0, "type": "Inoperative"},
            ev.AvailabilityAsked,
            {"connector": 0, "operative": False},
        ),
        ("UnlockConnector", {"connectorId": 1}, ev.UnlockAsked, {"connector": 1}),
        ("Reset", {"type": "Hard"}, ev.ResetAsked, {"hard": True}),
        ("Reset", {"type": "Soft"}, ev.ResetAsked, {"hard": False}),
        ("ChangeConfiguration", {"key": "K", "value": "V"}, ev.ConfigurationAsked, {"key": "K", "value": "V"}),
        ("ClearCache", {}, ev.CacheClearAsked, {}),
        (
            "TriggerMessage",
            {"requestedMessage": "MeterValues", "connectorId": 1},
            ev.MeterValuesAsked,
            {"connector": 1},
        ),
        ("TriggerMessage", {"requestedMessage": "MeterValues"}, ev.MeterValuesAsked, {"connector": None}),
    ],
)
async def test_each_question_reaches_the_core_and_its_word_is_the_answer(
    bench: Bench, central: Central, action: str, payload: dict[str, Any], kind: type[Event], fields: dict[str, Any]
) -> None:
    bench.statuses[kind] = "Rejected"
    async with bench.linked(central):
        await bench.saw(ev.WentOnline)
        assert await central.call(action, **payload) == {"status": "Rejected"}
        event = bench.all(kind)[-1]
        assert {name: getattr(event, name) for name in fields} == fields


async def test_the_answer_precedes_what_it_leads_to(bench: Bench, central: Central) -> None:
    async with bench.linked(central):
        await bench.saw(ev.WentOnline)
        await central.expect("StatusNotification", connectorId=2)
        before = len(central.frames)
        for message in ("Heartbeat", "StatusNotification"):
            await central.call("TriggerMessage", requestedMessage=message, connectorId=1)
            await central.expect(message)
    spoken = [frame for direction, frame in central.frames[before:] if direction == "in"]
    assert [type(frame) for frame in spoken] == [Result, Call, Result, Call]


async def test_the_answer_precedes_even_what_the_decision_says_first(bench: Bench, central: Central) -> None:
    """The core's effects arrive together: a status and the reply."""
    async with bench.linked(central):
        await central.expect("StatusNotification", connectorId=2)
        bench.saving.clear()
        asking = central.asking("RemoteStartTransaction", idTag="T", connectorId=1)
        await bench.saw(ev.RemoteStartAsked)
        bench.report(1, Status.PREPARING)
        await bench.record(metered(None, 1))
        bench.saving.set()
        assert await asking == {"status": "Accepted"}
        await central.expect("StatusNotification", connectorId=1)
    kinds = [type(frame) for direction, frame in central.frames if direction == "in"]
    assert kinds.index(Result) == 4, "boot and three statuses came before; the answer came next"


@pytest.mark.parametrize("purpose", ["TxDefaultProfile", "ChargePointMaxProfile"])
async def test_a_remote_start_with_a_wrong_profile_is_rejected(bench: Bench, central: Central, purpose: str) -> None:
    profile = PROFILE | {"chargingProfilePurpose": purpose}
    async with bench.linked(central):
        await bench.saw(ev.WentOnline)
        answer = await central.call("RemoteStartTransaction", idTag="T", connectorId=1, chargingProfile=profile)
        assert answer == {"status": "Rejected"}
    assert not bench.all(ev.RemoteStartAsked)


@pytest.mark.parametrize(
    ("action", "payload", "answer"),
    [
        ("DataTransfer", {"vendorId": "v"}, {"status": "UnknownVendorId"}),
        ("GetLocalListVersion", {}, {"listVersion": -1}),
        ("CancelReservation", {"reservationId": 1}, {"status": "Rejected"}),
        ("SendLocalList", {"listVersion": 1, "updateType": "Full"}, {"status": "NotSupported"}),
        ("TriggerMessage", {"requestedMessage": "FirmwareStatusNotification"}, {"status": "NotImplemented"}),
        ("TriggerMessage", {"requestedMessage": "Breakfast"}, {"status": "NotImplemented"}),
    ],
)
async def test_what_this_station_does_not_have_is_said_by_a_status(
    bench: Bench, central: Central, action: str, payload: dict[str, Any], answer: dict[str, Any]
) -> None:
    async with bench.linked(central):
        await bench.saw(ev.WentOnline)
        assert await central.call(action, **payload) == answer


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("Breakfast", {}, "NotImplemented"),
        ("GetDiagnostics", {"location": "ftp://x"}, "NotSupported"),
        ("Heartbeat", {}, "NotSupported"),
        ("Reset", {}, "OccurenceConstraintViolation"),
        ("Reset", {"type": 5}, "TypeConstraintViolation"),
        ("Reset", {"type": "Gentle"}, "PropertyConstraintViolation"),
        ("ClearCache", {"more": 1}, "FormationViolation"),
        ("ClearCache", [], "TypeConstraintViolation"),
    ],
)
async def test_nonsense_is_refused_with_its_code(
    bench: Bench, central: Central, action: str, payload: Any, code: str
) -> None:
    async with bench.linked(central):
        await bench.saw(ev.WentOnline)
        answer = await central.call_anyhow(action, payload)
        assert isinstance(answer, Error)
        assert answer.code == code


async def test_the_configuration_can_be_read(bench: Bench, central: Central) -> None:
    async with bench.linked(central):
        await bench.saw(ev.WentOnline)
        answer = await central.call("GetConfiguration", key=["heartbeatinterval", "NumberOfConnectors", "X"])
    assert answer["configurationKey"] == [
        {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
        {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
    ]
    assert answer["unknownKey"] == ["X"]


async def test_as_many_keys_as_get_configuration_max_keys_are_told_and_not_one_more(
    bench: Bench, central: Central
) -> None:
    names = [f"Nonsense{place}" for place in range(51)]
    async with bench.linked(central):
        await bench.saw(ev.WentOnline)
        (most,) = (await central.call("GetConfiguration", key=["GetConfigurationMaxKeys"]))["configurationKey"]
        assert most["value"] == "50"
        assert len((await central.call("GetConfiguration", key=names[:50]))["unknownKey"]) == 50
        answer = await central.call_anyhow("GetConfiguration", {"key": names})
    assert isinstance(answer, Error)
    assert answer.code == ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION
    assert answer.text == "at most 50 keys can be asked for at a time"


async def test_a_tag_is_judged_by_the_central_system(bench: Bench, central: Central) -> None:
    central.answers["Authorize"] = one_after_the_other({"idTagInfo": {"status": "Blocked"}}, ACCEPTED)
    async with bench.linked(central):
        await bench.saw(ev.WentOnline)
        bench.authorize("A")
        bench.authorize("B")
        await bench.saw(ev.TagAnswered, 2)
    answers = [(event.id_tag, event.info and event.info.status) for event in bench.all(ev.TagAnswered)]
    assert answers == [("A", TagStatus.BLOCKED), ("B", TagStatus.ACCEPTED)]


async def test_a_tag_nobody_can_judge_gets_no_verdict(bench: Bench, central: Central) -> None:
    central.answers["Authorize"] = lambda payload: None
    async with bench.linked(central):
        bench.authorize("OFFLINE")
        await bench.saw(ev.TagAnswered)
        await bench.saw(ev.WentOnline)
        bench.authorize("ASKED")
        bench.authorize("WAITING")
        await central.expect("Authorize", idTag="ASKED")
        await central.hang_up()
        await bench.saw(ev.TagAnswered, 3)
    assert [(event.id_tag, event.info) for event in bench.all(ev.TagAnswered)] == [
        ("OFFLINE", None),
        ("ASKED", None),
        ("WAITING", None),
    ]


async def test_a_refused_question_gets_no_verdict(bench: Bench, central: Central) -> None:
    central.answers["Authorize"] = lambda payload: CallError(ErrorCode.INTERNAL_ERROR)
    async with bench.linked(central):
        await bench.saw(ev.WentOnline)
        bench.authorize("A")
        assert (await bench.saw(ev.TagAnswered)).info is None


async def test_what_was_asked_on_a_lost_connection_is_not_done_afterwards(bench: Bench, central: Central) -> None:
    async with bench.linked(central):
        await central.expect("StatusNotification", connectorId=2)
        bench.saving.clear()
        unanswered = [central.asking("ClearCache"), central.asking("Reset", type="Soft")]
        await bench.saw(ev.CacheClearAsked)
        await central.hang_up()
        await bench.saw(ev.WentOffline)
        await settle()
        bench.saving.set()
        await bench.timer.pass_by(10)
        await bench.saw(ev.WentOnline, 2)
        assert not bench.all(ev.ResetAsked)
    for task in unanswered:
        task.cancel()
