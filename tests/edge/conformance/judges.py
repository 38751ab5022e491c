"""What holds in every case, whatever its script: each judge reads the whole transcript and says what was wrong."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

from edge.core.values import Status
from tests.edge.conformance.transcript import (
    TRANSACTION_MESSAGES,
    Line,
    Transcript,
    calls,
    confirmation,
    moments,
    registers_wh,
)
from tests.edge.test_core_transitions import TABLE

LATE = timedelta(seconds=2)
LONGEST_ID = 36
STATION_STATUSES = ("Available", "Unavailable", "Faulted")


def one_call_at_a_time(lines: Transcript) -> Iterator[str]:
    """One CALL outstanding in each direction of a connection."""
    open_calls: dict[tuple[int, bool], str] = {}
    for line in lines:
        direction = line.connection, line.by_station if line.is_call else not line.by_station
        if not line.is_call:
            open_calls.pop(direction, None)
        elif direction in open_calls:
            yield f"{line} was sent before {open_calls[direction]} was answered"
        else:
            open_calls[direction] = line.action


def every_call_is_answered(lines: Transcript) -> Iterator[str]:
    """The station answers every CALL, once, and nothing else."""
    asked = [(line.connection, line.frame.message_id) for line in calls(lines, by_station=False)]
    answered = [(line.connection, line.frame.message_id) for line in lines if line.by_station and not line.is_call]
    yield from (f"{one} was not answered exactly once" for one in {*asked, *answered} if answered.count(one) != 1)
    yield from (f"{one} was answered unasked" for one in set(answered) - set(asked))


def message_ids(lines: Transcript) -> Iterator[str]:
    """At most 36 characters, never used twice on one connection."""
    used = Counter((line.connection, line.frame.message_id) for line in calls(lines))
    yield from (f"message id {one} was used {times} times" for one, times in used.items() if times > 1)
    yield from (f"message id {one} is too long" for one in used if not 0 < len(one[1]) <= LONGEST_ID)


def no_refusals(lines: Transcript) -> Iterator[str]:
    """The station answers what it knows with a status; only absent profiles are refused."""
    for line in lines:
        if line.by_station and line.is_error and line.frame.code != "NotSupported":  # type: ignore[union-attr]
            yield f"{line} with {line.frame}"


def transitions(lines: Transcript) -> Iterator[str]:
    """Statuses move along the table of OCPP 1.6 section 4.9, and nothing is told twice unless it was asked for."""
    told: dict[tuple[int, int], dict[str, object]] = {}
    triggered = any(calls(lines, "TriggerMessage", by_station=False))
    for line in calls(lines, "StatusNotification"):
        connector, new = line.payload["connectorId"], {k: v for k, v in line.payload.items() if k != "timestamp"}
        old = told.get((line.connection, connector), {})
        told[line.connection, connector] = new
        if old == new and not triggered:
            yield f"{line} was told twice"
        if connector == 0 and new["status"] not in STATION_STATUSES:
            yield f"{line} is no status of a station"
        if connector and old and old["status"] != new["status"] and new["status"] not in lawful(str(old["status"])):
            yield f"{line} cannot follow {old['status']}"


def lawful(status: str) -> list[str]:
    """The statuses that may follow."""
    return TABLE[Status(status)].split()


def faults_and_errors(lines: Transcript) -> Iterator[str]:
    """Faulted names its error; connectors that work have none."""
    for line in calls(lines, "StatusNotification"):
        if line.payload["connectorId"] and (line.payload["status"] == "Faulted") == (
            line.payload["errorCode"] == "NoError"
        ):
            yield f"{line}: status and error contradict each other"


def registration(lines: Transcript) -> Iterator[str]:
    """Between a boot and its acceptance the station only boots and answers."""
    accepted = False
    for line in lines:
        if line.action == "BootNotification":
            accepted = not line.is_call and line.payload["status"] == "Accepted"
        elif line.is_call and line.by_station and not accepted:
            yield f"{line} before the station was accepted"


CAUSES: dict[str, Callable[[Line], bool]] = {
    "Reset": lambda said: said.payload.get("reason") in ("SoftReset", "HardReset"),
    "RemoteStartTransaction": lambda said: said.action in ("Authorize", "StartTransaction"),
    "RemoteStopTransaction": lambda said: said.payload.get("reason") == "Remote",
    "UnlockConnector": lambda said: said.payload.get("reason") == "UnlockCommand" or "Finishing" in _state(said),
    "ChangeAvailability": lambda said: "Unavailable" in _state(said),
    "TriggerMessage": lambda said: said.action in ("Heartbeat", "MeterValues", "StatusNotification"),
}


def _state(line: Line) -> str:
    return str(line.payload.get("status", ""))


def confirmation_first(lines: Transcript) -> Iterator[str]:
    """What a request causes follows its confirmation."""
    for number, line in enumerate(lines):
        if line.is_call and not line.by_station and line.action in CAUSES:
            answer = confirmation(lines[number:], line)
            early = lines[number : lines.index(answer)] if answer is not None else lines[number:]
            caused = (said for said in early if said.is_call and said.by_station and CAUSES[line.action](said))
            yield from (f"{said} came before the confirmation of {line.action}" for said in caused)


def order_of_transactions(lines: Transcript) -> Iterator[str]:
    """StartTransaction, its MeterValues, its StopTransaction: with the id that was given, and nothing after the end."""
    running: dict[int, int] = {}
    for line in calls(lines, *TRANSACTION_MESSAGES):
        number = line.payload.get("transactionId")
        if line.action == "StartTransaction":
            answer = confirmation(lines, line)
            running[answer.payload["transactionId"] if answer else -1] = line.payload["connectorId"]
        elif number is not None and number not in running:
            yield f"{line} belongs to no running transaction"
        elif number is not None and line.payload.get("connectorId", running[number]) != running[number]:
            yield f"{line} names another connector"
        if line.action == "StopTransaction":
            running.pop(line.payload["transactionId"], None)


def meter_registers(lines: Transcript) -> Iterator[str]:
    """The register of a connector never runs backwards, and is told in whole Wh."""
    last: dict[int, int] = {}
    connectors = _connectors(lines)
    for line in calls(lines, *TRANSACTION_MESSAGES):
        connector = connectors(line)
        for register_wh in registers_wh(line):
            if register_wh < last.get(connector, 0) and line.action != "StopTransaction":
                yield f"{line}: the register fell from {last[connector]} Wh"
            last[connector] = max(register_wh, last.get(connector, 0))
        if line.action == "StopTransaction" and line.payload["meterStop"] < last[connector]:
            yield f"{line}: the register ends below {last[connector]} Wh"


def dates(lines: Transcript) -> Iterator[str]:
    """Nothing is dated before the case began or in the future, and transaction messages are in order of time."""
    last = {0: lines[0].at - LATE} if lines else {}
    connectors = _connectors(lines)
    for line in calls(lines):
        for at in moments(line):
            if not lines[0].at - LATE <= at <= line.at + LATE:
                yield f"{line} is dated {at}"
        if line.action in ("StartTransaction", "MeterValues"):
            connector, at = connectors(line), moments(line)[0]
            if at < last.get(connector, at):
                yield f"{line} is dated before {last[connector]}"
            last[connector] = at
        elif line.action == "StopTransaction":
            connector, at = connectors(line), moments(line)[-1]
            if at < last.get(connector, at):
                yield f"{line} is dated before {last[connector]}"


def _connectors(lines: Transcript) -> Callable[[Line], int]:
    """Which connector a transaction message is about."""
    of_transaction = {}
    for line in calls(lines, "StartTransaction"):
        answer = confirmation(lines, line)
        if answer is not None:
            of_transaction[answer.payload["transactionId"]] = line.payload["connectorId"]

    def connector(line: Line) -> int:
        named: int | None = line.payload.get("connectorId")
        return named if named is not None else of_transaction.get(line.payload["transactionId"], -1)

    return connector


JUDGES = (
    one_call_at_a_time,
    every_call_is_answered,
    message_ids,
    no_refusals,
    transitions,
    faults_and_errors,
    registration,
    confirmation_first,
    order_of_transactions,
    meter_registers,
    dates,
)


def complaints(lines: Transcript) -> list[str]:
    """Everything that the judges object to."""
    return [f"{judge.__name__}: {said}" for judge in JUDGES for said in judge(lines)]
