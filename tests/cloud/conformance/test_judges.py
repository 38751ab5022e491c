"""The judges notice what they are there for, and let a faultless visit pass."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bollard.wire.frames import Call, Error, MessageId, Result
from cloud.domain.commands import Command, CommandKind, Step
from cloud.domain.incidents import Incident
from cloud.domain.sessions import SessionState
from cloud.domain.stations import ConnectorStatus
from cloud.domain.views import ConnectorRow, SessionRow, StationRow
from tests.cloud.conformance.judges import OF_BOOKS, OF_FRAMES, Books, Foreseen, complaints
from tests.edge.conformance.transcript import Line

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TAG = "04A1B2C3"
ACCEPTED: Any = {"status": "Accepted"}
START: dict[str, Any] = {"connectorId": 1, "idTag": TAG, "meterStart": 1000}
STOP: dict[str, Any] = {"transactionId": 7, "meterStop": 1100}
RESET = Command(3, CommandKind.RESET, 1, "tool", {"type": "Soft"}, Step.DONE, NOON, NOON)


def session(**changes: Any) -> SessionRow:
    """Finished and billed, 100 Wh."""
    finished = SessionRow(
        5, 1, "tool", 1, "7", TAG, SessionState.FINISHED, NOON, NOON, 100, None, 4, "EUR", (), "2026-1"
    )
    return replace(finished, **changes)


def station(status: ConnectorStatus = ConnectorStatus.CHARGING, error: str = "NoError") -> StationRow:
    """With one connector."""
    connector = ConnectorRow(1, status, error, None, NOON, None)
    unknown = ConnectorStatus.UNKNOWN
    return StationRow(1, "tool", "", "", True, NOON, None, None, None, unknown, "NoError", (connector,))


@dataclass
class Case:
    """What passed, what is kept, what was meant: first a faultless visit, then whatever a test makes of it."""

    lines: list[Line] = field(default_factory=list)
    books: Books = field(default_factory=lambda: Books(station(), (session(),), (RESET,), ()))
    foreseen: Foreseen = field(default_factory=lambda: Foreseen([RESET]))

    def calls(self, action: str, answer: Any, by_station: bool = True, id: MessageId = "", **payload: Any) -> None:
        """A call and its answer, unless that is None."""
        id = id or str(len(self.lines))
        self.lines.append(Line(NOON, 1, by_station, action, Call(id, action, payload)))
        if answer is not None:
            frame = Error(id, *answer) if isinstance(answer, tuple) else Result(id, answer)
            self.lines.append(Line(NOON, 1, not by_station, action, frame))

    def complaints(self) -> list[str]:
        return complaints(self.lines, self.books, self.foreseen)


def visit() -> Case:
    case = Case()
    case.calls("Authorize", {"idTagInfo": ACCEPTED}, idTag=TAG)
    case.calls("StartTransaction", {"transactionId": 7, "idTagInfo": ACCEPTED}, **START)
    case.calls("StatusNotification", {}, connectorId=1, status="Charging", errorCode="NoError")
    case.calls("StopTransaction", {}, **STOP)
    case.calls("Reset", ACCEPTED, by_station=False, type="Soft")
    return case


def two_at_once(case: Case) -> None:
    case.calls("Reset", None, by_station=False, type="Soft")
    case.calls("Reset", ACCEPTED, by_station=False, type="Soft")


def answered_twice(case: Case) -> None:
    case.lines.append(case.lines[1])


def used_again(case: Case) -> None:
    case.calls("Reset", ACCEPTED, by_station=False, id=case.lines[-1].frame.message_id, type="Soft")


def another_parent(case: Case) -> None:
    case.calls("Authorize", {"idTagInfo": ACCEPTED | {"parentIdTag": "FAMILY"}}, idTag=TAG)


def keeps(**changes: Any) -> Callable[[Case], None]:
    """The books say something else."""

    def change(case: Case) -> None:
        case.books = replace(case.books, **changes)

    return change


ODD = Incident(1, 1, "tool", "clock", "its clock is wrong", "", NOON, NOON, 1)
TAMPERED: list[tuple[str, Callable[[Case], None]]] = [
    ("one_call_at_a_time", two_at_once),
    ("every_call_is_answered", lambda case: case.calls("Heartbeat", None)),
    ("every_call_is_answered", answered_twice),
    ("message_ids", used_again),
    ("message_ids", lambda case: case.calls("Reset", ACCEPTED, by_station=False, id="x" * 37, type="Soft")),
    ("no_refusals", lambda case: case.calls("Heartbeat", ("InternalError", "broken"))),
    ("same_word_on_a_tag", another_parent),
    ("every_session_is_there", keeps(sessions=())),
    ("every_session_is_there", keeps(sessions=(session(connector=2),))),
    ("every_session_is_there", keeps(sessions=(session(), session(transaction_id="8")))),
    ("every_session_ends_well", keeps(sessions=(session(energy_wh=99),))),
    ("every_session_ends_well", keeps(sessions=(session(state=SessionState.SUSPECT, bill=None),))),
    ("every_session_ends_well", keeps(sessions=(session(bill=None),))),
    ("every_status_is_shown", keeps(station=station(ConnectorStatus.AVAILABLE))),
    ("every_status_is_shown", keeps(station=station(error="OtherError"))),
    ("nothing_is_sent_unasked", lambda case: case.calls("GetConfiguration", {}, by_station=False)),
    ("nothing_is_sent_unasked", lambda case: case.foreseen.asked.append(RESET)),
    ("nothing_is_sent_unasked", keeps(commands=(RESET, replace(RESET, id=4)))),
    ("nothing_is_sent_unasked", keeps(commands=(replace(RESET, state=Step.SENT),))),
    ("nothing_was_odd", keeps(incidents=(ODD,))),
]


def test_a_faultless_visit_passes() -> None:
    assert visit().complaints() == []


def test_what_is_foreseen_is_no_fault() -> None:
    case = visit()
    case.foreseen.states[7] = SessionState.SUSPECT
    case.books = replace(case.books, sessions=(session(state=SessionState.SUSPECT, bill=None),))
    assert case.complaints() == []


@pytest.mark.parametrize(("judge", "tamper"), TAMPERED)
def test_a_judge_notices(judge: str, tamper: Callable[[Case], None]) -> None:
    case = visit()
    tamper(case)
    assert any(said.startswith(f"{judge}: ") for said in case.complaints())


def test_every_judge_is_tried() -> None:
    assert {judge.__name__ for judge in (*OF_FRAMES, *OF_BOOKS)} == {name for name, _ in TAMPERED}
