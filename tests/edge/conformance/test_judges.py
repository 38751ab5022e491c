"""The judges notice what they are there for, and let a faultless visit pass."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bollard.wire import times
from bollard.wire.frames import Call, Error, Result
from tests.edge.conformance.judges import JUDGES, complaints
from tests.edge.conformance.transcript import Line

BEGAN = datetime(2026, 11, 21, 12, tzinfo=UTC)
ENERGY = "Energy.Active.Import.Register"


class Talk:
    """Writes a transcript, a second a call."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.at = BEGAN

    def calls(self, action: str, answer: Any = None, by_station: bool = True, **payload: Any) -> None:
        """A call and its answer."""
        self.at += timedelta(seconds=1)
        number = str(len(self.lines))
        frame = answer if isinstance(answer, Error) else Result(number, answer or {})
        self.lines.append(Line(self.at, 1, by_station, action, Call(number, action, payload)))
        self.lines.append(Line(self.at, 1, not by_station, action, frame))

    def status(self, state: str, error: str = "NoError", connector: int = 1) -> None:
        """StatusNotification."""
        self.calls("StatusNotification", connectorId=connector, status=state, errorCode=error)

    def start(self) -> None:
        """StartTransaction of transaction 7."""
        stamp = times.render(self.at)
        self.calls("StartTransaction", {"transactionId": 7}, connectorId=1, meterStart=100, timestamp=stamp)

    def values(self, energy_wh: int, transaction: int = 7) -> None:
        """MeterValues."""
        sampled = [{"value": str(energy_wh), "measurand": ENERGY}]
        one = {"timestamp": times.render(self.at), "sampledValue": sampled}
        self.calls("MeterValues", connectorId=1, transactionId=transaction, meterValue=[one])

    def stop(self, meter_wh: int = 120, **more: Any) -> None:
        """StopTransaction."""
        stamp = times.render(self.at)
        self.calls("StopTransaction", **{"transactionId": 7, "meterStop": meter_wh, "timestamp": stamp, **more})


def visit() -> Talk:
    """Boot, arrive, charge, stop remotely, leave."""
    talk = Talk()
    talk.calls("BootNotification", {"status": "Accepted"})
    talk.status("Available", connector=0)
    for state in ("Available", "Preparing", "Charging"):
        talk.status(state)
    talk.start()
    talk.values(110)
    talk.calls("RemoteStopTransaction", {"status": "Accepted"}, by_station=False, transactionId=7)
    talk.stop(reason="Remote")
    talk.status("Finishing")
    talk.status("Available")
    return talk


def swapped(talk: Talk, action: str) -> None:
    """The answer to a call stands after the call that follows it."""
    place = next(n for n, line in enumerate(talk.lines) if line.action == action) + 1
    talk.lines[place], talk.lines[place + 1] = talk.lines[place + 1], talk.lines[place]


def repeated_id(talk: Talk) -> None:
    """The last call has the first one's message id."""
    call, answer = talk.lines[-2:]
    talk.lines[-2:] = [replace(line, frame=replace(line.frame, message_id="0")) for line in (call, answer)]


def unanswered(talk: Talk) -> None:
    """The station is asked something and says nothing."""
    talk.calls("ClearCache", by_station=False)
    talk.lines.pop()


def refused(talk: Talk) -> None:
    """The station answers with an error."""
    talk.calls("ClearCache", Error(str(len(talk.lines)), "InternalError"), by_station=False)


def with_another(talk: Talk, **fields: Any) -> None:
    """The StopTransaction says something else."""
    place = next(n for n, line in enumerate(talk.lines) if line.action == "StopTransaction")
    line = talk.lines[place]
    talk.lines[place] = replace(line, frame=Call(line.frame.message_id, line.action, line.payload | fields))


def early(talk: Talk) -> None:
    """A boot in the midst, and then no acceptance."""
    talk.calls("BootNotification", {"status": "Pending"})
    talk.status("Preparing")


OFFENCES: dict[str, list[Callable[[Talk], None]]] = {
    "one_call_at_a_time": [lambda talk: swapped(talk, "StartTransaction")],
    "every_call_is_answered": [unanswered],
    "message_ids": [repeated_id],
    "no_refusals": [refused],
    "transitions": [
        lambda talk: talk.status("Charging"),
        lambda talk: talk.status("Available"),
        lambda talk: talk.status("Preparing", connector=0),
    ],
    "faults_and_errors": [
        lambda talk: talk.status("Faulted"),
        lambda talk: talk.status("Preparing", "GroundFailure"),
    ],
    "registration": [early],
    "confirmation_first": [lambda talk: swapped(talk, "RemoteStopTransaction")],
    "order_of_transactions": [
        lambda talk: talk.values(130),
        lambda talk: with_another(talk, transactionId=8),
    ],
    "meter_registers": [
        lambda talk: with_another(talk, meterStop=105),
        lambda talk: (talk.start(), talk.values(90)),  # type: ignore[func-returns-value]
    ],
    "dates": [
        lambda talk: with_another(talk, timestamp="1970-01-01T00:00:00Z"),
        lambda talk: with_another(talk, timestamp="2026-11-21T12:00:00Z"),
        lambda talk: with_another(talk, timestamp="2036-01-01T00:00:00Z"),
    ],
}


def test_a_faultless_visit_passes() -> None:
    assert complaints(visit().lines) == []


@pytest.mark.parametrize(("judge", "offence"), [(name, one) for name, some in OFFENCES.items() for one in some])
def test_a_judge_notices(judge: str, offence: Callable[[Talk], None]) -> None:
    talk = visit()
    offence(talk)
    assert judge in {said.partition(":")[0] for said in complaints(talk.lines)}


def test_every_judge_is_judged() -> None:
    assert {judge.__name__ for judge in JUDGES} == OFFENCES.keys()
