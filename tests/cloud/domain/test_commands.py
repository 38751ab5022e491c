"""The timeline of a command, and the table of all commands."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bollard.wire.errors import CallError, ErrorCode
from bollard.wire.schemas import check_request
from cloud.domain.catalogue import COMMANDS, awaiting, judged
from cloud.domain.commands import FOLLOWS, MAY_SEE_EFFECT, WAITING, Command, CommandKind, Step, advance, without_secrets
from cloud.domain.effects import Report
from tests.cloud.conftest import NOON

STORIES = {
    "asked sent accepted session_started": "session_started",
    "asked sent session_started accepted": "session_started",
    "asked sent rejected": "rejected",
    "asked sent silent": "silent",
    "asked sent silent session_started": "session_started",
    "asked expired": "expired",
    "asked expired sent": "expired",
    "asked sent accepted expired": "expired",
    "asked offline": "offline",
    "asked sent accepted session_stopped": "session_stopped",
    "asked accepted": "asked",
    "asked sent unknown": "unknown",
    "asked sent unknown accepted": "unknown",
    "asked sent unknown done": "done",
    "asked sent accepted progress done": "done",
    "asked sent accepted progress expired": "expired",
    "asked sent accepted failed": "failed",
    "asked sent accepted failed done": "done",
    "asked sent done accepted": "done",
    "asked sent done rejected": "rejected",
    "asked unknown": "asked",
}


@pytest.mark.parametrize("story", STORIES)
def test_where_a_story_ends(story: str) -> None:
    state, *steps = map(Step, story.split())
    for step in steps:
        state = advance(state, step)
    assert state == STORIES[story]


def test_every_step_says_what_may_follow() -> None:
    assert set(FOLLOWS) == set(Step)


@given(st.lists(st.sampled_from(Step), max_size=12))
def test_no_story_goes_back_nor_ends_without_having_been_sent(steps: list[Step]) -> None:
    """Asked is never reached again; progress is no state; what was never sent was never done."""
    states = [Step.ASKED]
    for step in steps:
        states.append(advance(states[-1], step))
    moves = [state for before, state in pairwise(states) if state is not before]
    assert not {Step.ASKED, Step.PROGRESS} & set(moves)
    assert len(moves) == len(set(moves))
    for state in set(moves) - {Step.SENT, Step.OFFLINE, Step.EXPIRED}:
        assert Step.SENT in moves[: moves.index(state)] or moves[0] in {Step.OFFLINE, Step.EXPIRED}


def test_what_waits_can_end() -> None:
    assert all(Step.EXPIRED in FOLLOWS[state] for state in WAITING)
    assert Step.ASKED not in MAY_SEE_EFFECT


def test_every_command_is_in_the_table_and_in_ocpp() -> None:
    assert set(COMMANDS) == set(CommandKind)
    for kind, command in COMMANDS.items():
        with pytest.raises(CallError) as odd:
            check_request(kind, {"no such field": 1})
        assert odd.value.code is not ErrorCode.NOT_IMPLEMENTED
        asked = Command(1, kind, 1, "", {"key": "AuthorizationKey"}, Step.SENT, NOON, NOON)
        accepting = judged(asked, {"status": "Accepted", "fileName": "f"}) is Step.ACCEPTED
        assert accepting is bool(command.reports) is bool(command.awaits), kind


EFFECTS: tuple[tuple[CommandKind, dict[str, Any], Report, Step | None], ...] = (
    (CommandKind.REMOTE_START, {"idTag": "a1"}, Report("", 2, id_tag="A1"), Step.SESSION_STARTED),
    (CommandKind.REMOTE_START, {"idTag": "a1", "connectorId": 1}, Report("", 2, id_tag="A1"), None),
    (CommandKind.REMOTE_START, {"idTag": "a1"}, Report("", 2, id_tag="A2"), None),
    (CommandKind.REMOTE_STOP, {"transactionId": 7}, Report("", transaction_id="7"), Step.SESSION_STOPPED),
    (CommandKind.REMOTE_STOP, {"transactionId": 7}, Report("", transaction_id="8"), None),
    (CommandKind.RESET, {"type": "Hard"}, Report("BootNotification"), Step.DONE),
    (CommandKind.UPDATE_FIRMWARE, {}, Report("", status="Downloading"), Step.PROGRESS),
    (CommandKind.UPDATE_FIRMWARE, {}, Report("", status="InstallationFailed"), Step.FAILED),
    (CommandKind.UPDATE_FIRMWARE, {}, Report("", status="Installed"), Step.DONE),
    (CommandKind.GET_DIAGNOSTICS, {}, Report("", status="UploadFailed"), Step.FAILED),
    (CommandKind.GET_DIAGNOSTICS, {}, Report("", status="Uploaded"), Step.DONE),
    (CommandKind.RESERVE_NOW, {"connectorId": 1}, Report("", 1, "Reserved"), Step.DONE),
    (CommandKind.RESERVE_NOW, {"connectorId": 0}, Report("", 2, "Reserved"), Step.DONE),
    (CommandKind.RESERVE_NOW, {"connectorId": 1}, Report("", 2, "Reserved"), None),
    (CommandKind.RESERVE_NOW, {"connectorId": 1}, Report("", 1, "Available"), None),
    (CommandKind.RESERVE_NOW, {"reservationId": 5}, Report("StartTransaction", reservation_id=5), Step.DONE),
    (CommandKind.RESERVE_NOW, {"reservationId": 5}, Report("StartTransaction", reservation_id=6), None),
    (CommandKind.TRIGGER_MESSAGE, {"requestedMessage": "Heartbeat"}, Report("Heartbeat"), Step.DONE),
    (CommandKind.TRIGGER_MESSAGE, {"requestedMessage": "Heartbeat"}, Report("MeterValues", 1), None),
    (CommandKind.TRIGGER_MESSAGE, {"requestedMessage": "M", "connectorId": 2}, Report("M", 1), None),
    (CommandKind.TRIGGER_MESSAGE, {"requestedMessage": "M", "connectorId": 2}, Report("M", 2), Step.DONE),
)
AVAILABILITY: tuple[tuple[str, int, int, str, bool], ...] = (
    ("Inoperative", 1, 1, "Unavailable", True),
    ("Inoperative", 1, 1, "Charging", False),
    ("Inoperative", 1, 2, "Unavailable", False),
    ("Inoperative", 0, 2, "Unavailable", True),
    ("Operative", 1, 1, "Available", True),
    ("Operative", 1, 1, "Faulted", False),
    ("Operative", 1, 1, "Unavailable", False),
)


def test_what_reports_mean_to_commands() -> None:
    for kind, asked, report, step in EFFECTS:
        assert COMMANDS[kind].effect(asked, report) is step, (kind, report)
    for type_, asked_for, connector, status, seen in AVAILABILITY:
        effect = COMMANDS[CommandKind.CHANGE_AVAILABILITY].effect
        step = effect({"type": type_, "connectorId": asked_for}, Report("StatusNotification", connector, status))
        assert (step is Step.DONE) is seen, (type_, asked_for, connector, status)


def test_reports_find_the_commands_that_wait_for_them() -> None:
    assert awaiting("StartTransaction") == {CommandKind.REMOTE_START, CommandKind.RESERVE_NOW}
    assert CommandKind.RESET in awaiting("BootNotification")
    assert awaiting("Authorize") == frozenset()


def test_secrets_are_hidden() -> None:
    assert without_secrets({"key": "authorizationkey", "value": "00"}) == {"key": "authorizationkey", "value": "****"}
    assert without_secrets({"key": "HeartbeatInterval", "value": "9"})["value"] == "9"
    assert without_secrets({"location": "ftp://a:b@c/d"}) == {"location": "ftp://****@c/d"}
    assert without_secrets({"location": "https://c/d?sig=e"}) == {"location": "https://c/d?****"}
    assert without_secrets({"location": "https://c/d"}) == {"location": "https://c/d"}
    assert without_secrets({"localAuthorizationList": [{"idTag": "A"}]}) == {"localAuthorizationList": "1 tags"}
