"""Asking stations for things from the command line, and reading what came of it."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from cloud.cli import main
from cloud.db.queries import commands as rows
from cloud.db.queries import local_lists as rows_of_lists
from cloud.domain.commands import CommandKind, Step
from cloud.domain.reports import StartReport
from cloud.services import answers, commands, local_lists, sessions
from tests.cloud.cli.conftest import Refused, Type, run
from tests.cloud.ocpp.central import running
from tests.cloud.ocpp.conftest import furnish

NOW = datetime.now(UTC)
UPLOAD = "ftp://a:b@files.example/log"

# What is typed, and the payload that the station will get.
TYPED: tuple[tuple[str, CommandKind, dict[str, Any]], ...] = (
    ("remote-start lab-1 1 A1", CommandKind.REMOTE_START, {"connectorId": 1, "idTag": "A1"}),
    ("reset lab-1", CommandKind.RESET, {"type": "Soft"}),
    ("reset lab-1 --hard", CommandKind.RESET, {"type": "Hard"}),
    ("unlock lab-1 2", CommandKind.UNLOCK_CONNECTOR, {"connectorId": 2}),
    ("availability lab-1 0 off", CommandKind.CHANGE_AVAILABILITY, {"connectorId": 0, "type": "Inoperative"}),
    ("availability lab-1 1 on", CommandKind.CHANGE_AVAILABILITY, {"connectorId": 1, "type": "Operative"}),
    ("configure lab-1 X 5", CommandKind.CHANGE_CONFIGURATION, {"key": "X", "value": "5"}),
    ("read-configuration lab-1", CommandKind.GET_CONFIGURATION, {}),
    ("read-configuration lab-1 A B", CommandKind.GET_CONFIGURATION, {"key": ["A", "B"]}),
    ("trigger lab-1 Heartbeat", CommandKind.TRIGGER_MESSAGE, {"requestedMessage": "Heartbeat"}),
    (
        "trigger lab-1 MeterValues --connector 2",
        CommandKind.TRIGGER_MESSAGE,
        {"requestedMessage": "MeterValues", "connectorId": 2},
    ),
    ("cancel-reservation lab-1 7", CommandKind.CANCEL_RESERVATION, {"reservationId": 7}),
    ("clear-profile lab-1", CommandKind.CLEAR_CHARGING_PROFILE, {}),
    (
        "clear-profile lab-1 --purpose TxProfile --level 1 --connector 2",
        CommandKind.CLEAR_CHARGING_PROFILE,
        {"connectorId": 2, "chargingProfilePurpose": "TxProfile", "stackLevel": 1},
    ),
    (
        "schedule lab-1 1 --duration 60 --unit W",
        CommandKind.GET_COMPOSITE_SCHEDULE,
        {"connectorId": 1, "duration": 60, "chargingRateUnit": "W"},
    ),
    (f"diagnostics lab-1 {UPLOAD} --retries 0", CommandKind.GET_DIAGNOSTICS, {"location": UPLOAD, "retries": 0}),
    (
        "firmware lab-1 https://f/1 --at 2026-01-01T01:00+01:00",
        CommandKind.UPDATE_FIRMWARE,
        {"location": "https://f/1", "retrieveDate": "2026-01-01T00:00:00.000Z"},
    ),
    (
        "profile lab-1 1 16 3600:10.5",
        CommandKind.SET_CHARGING_PROFILE,
        {
            "connectorId": 1,
            "csChargingProfiles": {
                "chargingProfileId": 1,
                "chargingProfilePurpose": "TxDefaultProfile",
                "chargingProfileKind": "Relative",
                "stackLevel": 0,
                "chargingSchedule": {
                    "chargingRateUnit": "A",
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}, {"startPeriod": 3600, "limit": 10.5}],
                },
            },
        },
    ),
    ('command lab-1 DataTransfer {"vendorId":"V"}', CommandKind.DATA_TRANSFER, {"vendorId": "V"}),
    ("command lab-1 ClearCache", CommandKind.CLEAR_CACHE, {}),
)


def latest(url: str) -> Any:
    (found,) = run(url, lambda db: db.read(lambda conn: rows.latest(conn, 1)))
    return found


@pytest.mark.usefixtures("furnished")
def test_what_is_typed_becomes_a_command(type_: Type, database_url: str) -> None:
    type_("add-tag", "A1")
    for typed, _kind, _payload in TYPED:
        assert "is asked; `bollard cloud command-timeline" in type_(*typed.split())
    found = run(database_url, lambda db: db.read(lambda conn: rows.latest(conn, 100)))[::-1]
    assert [(each.kind, each.parameters) for each in found] == [(kind, payload) for _typed, kind, payload in TYPED]
    assert "a:b" not in type_("commands", "--limit", "50", "--json")
    listed = type_("commands", "lab-1", "--limit", "3")
    assert [line.split()[2] for line in listed.splitlines()] == [
        "ACTION",
        "ClearCache",
        "DataTransfer",
        "SetChargingProfile",
    ]


REFUSED: tuple[tuple[str, str], ...] = (
    ("reset nobody", "there is no station 'nobody'"),
    ("command lab-1 Dance", "'Dance' is no ACTION; it is one of CancelReservation"),
    ("command lab-1 Reset {", "not a JSON object"),
    ("command lab-1 Reset []", "not a JSON object"),
    ("command lab-1 Reset", '"type" is a required property'),
    ("trigger lab-1 Hello", "requestedMessage: it is one of"),
    ("profile lab-1 1 16.15", "limit: the value is not a multiple of 0.1"),
    ("profile lab-1 1 60:16", "the first period starts at 0"),
    ("profile lab-1 1 16 --purpose TxProfile", "no session runs on connector 1"),
    ("profile lab-1 1 16 --id 99999999999", "too large a number"),
    ("remote-start lab-1 1 GHOST", "may not charge there: nobody knows the tag"),
    ('command lab-1 RemoteStartTransaction {"idTag":"GHOST"}', "may not charge there: nobody knows the tag"),
    ("reserve lab-1 1 GHOST", "there is no tag 'GHOST'"),
    ("reserve lab-1 9 A1", "the station has no connector 9"),
    ("reserve lab-1 1 A1 --minutes 0", "it has passed already"),
    ("diagnostics lab-1 gopher://files.example", "begins with one of"),
    ("command-timeline 7", "there is no command 7"),
    ("remote-stop 7", "there is no session 7"),
)


@pytest.mark.usefixtures("furnished")
def test_mistakes_are_told_and_ask_for_nothing(type_: Type) -> None:
    type_("add-tag", "A1")
    for typed, told in REFUSED:
        with pytest.raises(Refused, match=told):
            type_(*typed.split())
    assert type_("commands").strip() == "nothing was asked yet"
    assert type_("reservations").strip() == "nothing is reserved"


@pytest.mark.usefixtures("furnished")
def test_what_stations_keep_is_shown(type_: Type, database_url: str) -> None:
    type_("add-tag", "A1", "--parent", "FAMILY")
    answered(database_url, CommandKind.GET_CONFIGURATION, {}, {"configurationKey": [{"key": "\x1b[2J", "value": "1"}]})
    evil = {"configurationKey": [{"key": "Model", "value": "\x1b[2Jgone", "readonly": True}]}
    answered(database_url, CommandKind.GET_CONFIGURATION, {}, evil)
    assert r"Model  \x1b[2Jgone  read only" in type_("configuration", "lab-1")
    type_("reserve", "lab-1", "2", "a1")
    assert latest(database_url).parameters["parentIdTag"] == "FAMILY"
    assert [line.split()[:4] for line in type_("reservations").splitlines()[1:]] == [["1", "lab-1/2", "A1", "asked"]]
    run(database_url, lambda db: db.write(begin))
    type_("remote-stop", "1")
    assert latest(database_url).kind is CommandKind.REMOTE_STOP
    type_("profile", "lab-1", "1", "10", "--purpose", "TxProfile")
    asked = latest(database_url)
    answered(database_url, asked.kind, asked.parameters, {"status": "Accepted"})
    assert "TxProfile" in type_("profiles", "lab-1")
    assert "from 0 s: 10.0 A" in type_("profiles", "lab-1")
    schedule = {"duration": 60, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.1}]}
    answer = {"status": "Accepted", "scheduleStart": "2026-03-01T12:00:00Z", "chargingSchedule": schedule}
    id = answered(database_url, CommandKind.GET_COMPOSITE_SCHEDULE, {"connectorId": 1, "duration": 60}, answer)
    assert "from 2026-03-01T12:00:00Z on:\nfrom 0 s: 6.1 A\nuntil 60 s\n" in type_("command-timeline", str(id))


@pytest.mark.usefixtures("furnished")
def test_a_local_list_is_switched_and_told_about(type_: Type, database_url: str) -> None:
    assert "not kept in step" in type_("local-list", "lab-1", "show")
    assert "what it holds is not known; not yet in step" in type_("local-list", "lab-1", "on")
    type_("add-tag", "A1")
    assert "a1 may not charge any more" in type_("block-tag", "a1")
    run(database_url, lambda db: db.write(lambda conn: local_lists.step(conn, 1, NOW)))
    asked = latest(database_url)
    keys = [{"key": "LocalAuthListEnabled", "value": "false"}]
    answered(database_url, asked.kind, asked.parameters, {"configurationKey": keys})
    told = {"command_id": None, "held": {"A1": {}}, "version": 3, "revision": 1, "left_out": 2, "trouble": "no \x1b[2J"}
    run(database_url, lambda db: db.write(lambda conn: rows_of_lists.put(conn, 1, told | {"retry_at": NOW})))
    shown = type_("local-list", "lab-1", "show")
    assert "kept, version 3; it holds 1 tags; in step with the tags" in shown
    assert "2 tags are left out" in shown
    assert r"no \x1b[2J; next try" in shown
    assert "not yet in step" in type_("local-list", "lab-1", "sync")
    assert json.loads(type_("local-list", "lab-1", "off", "--json"))["kept"] is False
    assert "A1 may charge again" in type_("block-tag", "A1", "--undo")
    with pytest.raises(Refused, match="there is no tag 'GHOST'"):
        type_("block-tag", "GHOST")


def begin(conn: Any) -> None:
    sessions.started(conn, 1, StartReport(1, "A1", 1000, NOW), NOW)


def answered(url: str, kind: CommandKind, payload: dict[str, Any], answer: dict[str, Any]) -> int:
    """A command that lab-1 was asked and has answered."""

    def unit(conn: Any) -> int:
        command = commands.ask(conn, kind, 1, payload, None, NOW)
        commands.note(conn, command.id, Step.SENT, "", NOW)
        answers.answered(conn, command, Step.DONE, "", answer, NOW)
        return command.id

    return int(run(url, lambda db: db.write(unit)))


async def test_who_waits_is_told_what_came_of_it(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Typed in a process of its own, delivered by the serving one."""
    async with running(database_url, command_poll_s=0.1) as server:
        site = await furnish(server)
        async with site.charger() as connected:
            await connected.boot()
            words = ["unlock", "lab-1", "1", "--wait", "20", "--json", "--database", database_url]
            typing = asyncio.create_task(asyncio.to_thread(main, words))
            message_id, _action, _payload = await connected.next_call()
            await connected.answer(message_id, {"status": "Unlocked"})
            assert await typing == 0
    told = json.loads(capsys.readouterr().out)
    assert [entry["step"] for entry in told["timeline"]] == ["asked", "sent", "done"]
