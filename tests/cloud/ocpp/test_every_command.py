"""Every command over a real socket: payload, the station's answer, what is then seen of it, what is kept."""

import asyncio
from typing import Any

import pytest

from cloud.domain.commands import CommandKind, Step
from cloud.services import commands, configuration, effects
from tests.cloud.ocpp.central import Running
from tests.cloud.ocpp.charger import Charger
from tests.cloud.ocpp.conftest import TAG, Site
from tests.cloud.ocpp.test_commands import ask, timeline
from tests.cloud.ocpp.test_session import ago

Told = tuple[str, dict[str, Any]]
Row = tuple[CommandKind, dict[str, Any], dict[str, Any], list[Told], list[Step]]

ACCEPTED: dict[str, Any] = {"status": "Accepted"}
PERIODS = [{"startPeriod": 0, "limit": 16.1}]
PROFILE = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Absolute",
    "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": PERIODS},
}
RESERVATION = {"connectorId": 2, "expiryDate": "2199-01-01T00:00:00.000Z", "idTag": TAG, "reservationId": 4}
ENTRY = {"idTag": TAG, "idTagInfo": {"status": "Accepted"}}
FILE = {"location": "ftp://files.example/here"}
FIRMWARE = {"location": "https://files.example/firmware", "retrieveDate": "2026-01-01T00:00:00.000Z"}


def status(connector: int, shown: str) -> Told:
    return "StatusNotification", {"connectorId": connector, "status": shown, "errorCode": "NoError"}


def transfer(of: str, *states: str) -> list[Told]:
    return [(f"{of}StatusNotification", {"status": state}) for state in states]


METER = {"connectorId": 1, "meterValue": [{"timestamp": ago(0), "sampledValue": [{"value": "5"}]}]}
BOOT = ("BootNotification", {"chargePointVendor": "Test", "chargePointModel": "T1"})
DONE, SEEN = [Step.DONE], [Step.ACCEPTED, Step.DONE]

ROWS: tuple[Row, ...] = (
    (CommandKind.CANCEL_RESERVATION, {"reservationId": 4}, ACCEPTED, [], DONE),
    (CommandKind.CANCEL_RESERVATION, {"reservationId": 9}, {"status": "Rejected"}, [], [Step.REJECTED]),
    (
        CommandKind.CHANGE_AVAILABILITY,
        {"connectorId": 1, "type": "Inoperative"},
        {"status": "Scheduled"},
        [status(1, "Charging"), status(1, "Unavailable")],
        SEEN,
    ),
    (CommandKind.CHANGE_AVAILABILITY, {"connectorId": 1, "type": "Inoperative"}, ACCEPTED, [], SEEN),
    (CommandKind.CHANGE_CONFIGURATION, {"key": "HeartbeatInterval", "value": "60"}, ACCEPTED, [], DONE),
    (CommandKind.CHANGE_CONFIGURATION, {"key": "LightIntensity", "value": "5"}, {"status": "RebootRequired"}, [], DONE),
    (CommandKind.CHANGE_CONFIGURATION, {"key": "X", "value": "-1"}, {"status": "Rejected"}, [], [Step.REJECTED]),
    (CommandKind.CLEAR_CACHE, {}, ACCEPTED, [], DONE),
    (CommandKind.CLEAR_CHARGING_PROFILE, {"id": 1}, {"status": "Unknown"}, [], [Step.REJECTED]),
    (CommandKind.CLEAR_CHARGING_PROFILE, {}, ACCEPTED, [], DONE),
    (CommandKind.DATA_TRANSFER, {"vendorId": "V", "data": "{}"}, {"status": "Accepted", "data": "x"}, [], DONE),
    (CommandKind.GET_COMPOSITE_SCHEDULE, {"connectorId": 1, "duration": 60}, ACCEPTED, [], DONE),
    (CommandKind.GET_CONFIGURATION, {"key": ["A"]}, {"unknownKey": ["A"]}, [], DONE),
    (CommandKind.GET_DIAGNOSTICS, FILE, {}, [], [Step.FAILED]),
    (
        CommandKind.GET_DIAGNOSTICS,
        FILE,
        {"fileName": "log.zip"},
        transfer("Diagnostics", "Uploading", "Uploaded"),
        [Step.ACCEPTED, Step.PROGRESS, Step.DONE],
    ),
    (CommandKind.GET_LOCAL_LIST_VERSION, {}, {"listVersion": 0}, [], DONE),
    (CommandKind.RESERVE_NOW, RESERVATION, ACCEPTED, [status(2, "Reserved")], SEEN),
    (CommandKind.RESERVE_NOW, RESERVATION, {"status": "Occupied"}, [], [Step.REJECTED]),
    (CommandKind.RESET, {"type": "Soft"}, ACCEPTED, [BOOT], SEEN),
    (
        CommandKind.SEND_LOCAL_LIST,
        {"listVersion": 1, "updateType": "Full", "localAuthorizationList": [ENTRY]},
        ACCEPTED,
        [],
        DONE,
    ),
    (CommandKind.SET_CHARGING_PROFILE, {"connectorId": 1, "csChargingProfiles": PROFILE}, ACCEPTED, [], DONE),
    (CommandKind.TRIGGER_MESSAGE, {"requestedMessage": "Heartbeat"}, ACCEPTED, [("Heartbeat", {})], SEEN),
    (
        CommandKind.TRIGGER_MESSAGE,
        {"requestedMessage": "MeterValues", "connectorId": 1},
        ACCEPTED,
        [("Heartbeat", {}), ("MeterValues", METER)],
        SEEN,
    ),
    (CommandKind.TRIGGER_MESSAGE, {"requestedMessage": "Heartbeat"}, {"status": "Rejected"}, [], [Step.REJECTED]),
    (CommandKind.UNLOCK_CONNECTOR, {"connectorId": 1}, {"status": "Unlocked"}, [], DONE),
    (CommandKind.UNLOCK_CONNECTOR, {"connectorId": 1}, {"status": "UnlockFailed"}, [], [Step.FAILED]),
    (CommandKind.UNLOCK_CONNECTOR, {"connectorId": 9}, {"status": "NotSupported"}, [], [Step.REJECTED]),
    (
        CommandKind.UPDATE_FIRMWARE,
        FIRMWARE,
        {},
        transfer("Firmware", "Downloading", "Downloaded", "Installing", "Installed"),
        [Step.ACCEPTED, *[Step.PROGRESS] * 3, Step.DONE],
    ),
    (
        CommandKind.UPDATE_FIRMWARE,
        FIRMWARE,
        {},
        transfer("Firmware", "Downloading", "DownloadFailed"),
        [Step.ACCEPTED, Step.PROGRESS, Step.FAILED],
    ),
)
PLAYED_ELSEWHERE = {CommandKind.REMOTE_START, CommandKind.REMOTE_STOP}


async def test_every_command_from_asking_to_its_effect(site: Site, lab: Charger) -> None:
    for kind, payload, answer, told, steps in ROWS:
        asked = await ask(site, kind, payload)
        message_id, action, received = await lab.next_call()
        assert (action, received) == (kind, payload)
        await lab.answer(message_id, answer)
        await timeline(site, asked, steps[0])
        for action, report in told:
            await lab.call(action, report)
        assert await timeline(site, asked, steps[-1]) == [Step.ASKED, Step.SENT, *steps], (kind, answer)
        found = await site.server.db.read(lambda conn, id=asked.id: commands.by_id(conn, id))
        assert (found.answer, found.state) == (answer, steps[-1])
    assert {row[0] for row in ROWS} | PLAYED_ELSEWHERE == set(CommandKind)


async def test_an_effect_that_follows_at_once_is_never_missed(site: Site, lab: Charger) -> None:
    """The station waits for nothing: its answer and what follows are on their way together."""
    trigger = (CommandKind.TRIGGER_MESSAGE, {"requestedMessage": "Heartbeat"}, [("Heartbeat", {})])
    for number in range(6):
        type_, shown = ("Inoperative", "Unavailable") if number % 2 else ("Operative", "Available")
        change = (CommandKind.CHANGE_AVAILABILITY, {"connectorId": 1, "type": type_}, [status(1, shown)])
        for kind, payload, ((action, report),) in (trigger, change):
            asked = await ask(site, kind, payload)
            message_id, _action, _payload = await lab.next_call()
            await asyncio.gather(lab.answer(message_id, ACCEPTED), lab.call(action, report))
            assert (await timeline(site, asked, Step.ACCEPTED)).count(Step.DONE) <= 1
            assert (await timeline(site, asked, Step.DONE)).count(Step.DONE) == 1
            found = await site.server.db.read(lambda conn, id=asked.id: commands.by_id(conn, id))
            assert found.state is Step.DONE


async def test_a_report_completes_the_newest_of_its_kind_alone(site: Site, lab: Charger) -> None:
    asked = []
    for _ in range(2):
        asked.append(await ask(site, CommandKind.RESET, {"type": "Soft"}))
        message_id, _action, _payload = await lab.next_call()
        await lab.answer(message_id, ACCEPTED)
        await timeline(site, asked[-1], Step.ACCEPTED)
    await lab.boot()
    assert (await timeline(site, asked[1], Step.DONE))[-1] is Step.DONE
    assert (await timeline(site, asked[0], Step.ACCEPTED))[-1] is Step.ACCEPTED


async def test_no_station_fills_a_timeline(site: Site, lab: Charger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effects, "LONGEST_TIMELINE", 5)
    asked = await ask(site, CommandKind.UPDATE_FIRMWARE, FIRMWARE)
    message_id, _action, _payload = await lab.next_call()
    await lab.answer(message_id, {})
    await timeline(site, asked, Step.ACCEPTED)
    for action, report in transfer("Firmware", *["Downloading", "Idle"] * 10, "Installed"):
        await lab.call(action, report)
    expected = [Step.ASKED, Step.SENT, Step.ACCEPTED, Step.PROGRESS, Step.PROGRESS, Step.DONE]
    assert await timeline(site, asked, Step.DONE) == expected


async def ask_and_answer(site: Site, lab: Charger, kind: CommandKind, payload: dict[str, Any], answer: Any) -> None:
    asked = await ask(site, kind, payload)
    message_id, _action, _payload = await lab.next_call()
    await lab.answer(message_id, answer)
    await timeline(site, asked, Step.DONE)


async def known(server: Running) -> dict[str, str | None]:
    return {entry.key: entry.value for entry in await server.db.read(lambda conn: configuration.known(conn, 1))}


async def test_what_a_station_tells_of_its_configuration_is_kept(site: Site, lab: Charger) -> None:
    def key(name: str, *value: str) -> dict[str, Any]:
        return {"key": name, "readonly": False} | ({"value": value[0]} if value else {})

    everything = {"configurationKey": [key("A", "1"), key("B", "2"), key("b", "3"), key("C")], "unknownKey": []}
    get, change = CommandKind.GET_CONFIGURATION, CommandKind.CHANGE_CONFIGURATION
    await ask_and_answer(site, lab, get, {}, everything)
    assert await known(site.server) == {"A": "1", "b": "3", "C": None}
    await ask_and_answer(site, lab, change, {"key": "a", "value": "9"}, {"status": "Accepted"})
    await ask_and_answer(
        site, lab, get, {"key": ["C", "b"]}, {"configurationKey": [key("C", "4")], "unknownKey": ["B"]}
    )
    assert await known(site.server) == {"a": "9", "C": "4"}
    await ask_and_answer(site, lab, get, {}, {"configurationKey": [key("D", "5")]})
    assert await known(site.server) == {"D": "5"}


NONSENSE: tuple[Any, ...] = (
    {"configurationKey": "all", "unknownKey": 7},
    {"configurationKey": [None, 5, {"key": 5}, {"key": ""}, {"key": "x" * 51}, {"key": "\0"}]},
    {"configurationKey": [{"key": "E", "readonly": "yes", "value": {"a": "\0"}}], "unknownKey": [{}, None]},
    {"status": ["Accepted"], "listVersion": "many"},
)


@pytest.mark.parametrize("kind", [CommandKind.GET_CONFIGURATION, CommandKind.GET_LOCAL_LIST_VERSION])
async def test_nonsense_for_an_answer_harms_nobody(site: Site, lab: Charger, kind: CommandKind) -> None:
    for answer in NONSENSE:
        await ask_and_answer(site, lab, kind, {}, answer)
    assert set(await known(site.server)) <= {"E"}
