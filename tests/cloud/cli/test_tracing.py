"""`messages` and `trace`: what an operator reads of the log."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from cloud.domain.messages import Direction, Kind, Message
from cloud.domain.reports import StartReport
from cloud.services import overview, sessions, stations, traces
from tests.cloud.cli.conftest import Refused, Type, run
from tests.ours import OURS

TAG = "04A1B2C3D4"
NOW = datetime.now(UTC)


def said(station: int, minutes_ago: float, *what: str, latency_ms: float | None = None) -> Message:
    way, kind, action, message_id, text, outcome = what
    at = NOW - timedelta(minutes=minutes_ago)
    return Message(station, at, Direction(way), Kind(kind), action, message_id, text, outcome, latency_ms)


def fill(conn: Connection) -> None:
    """A session with a tag, long after a stop of a session that was never started; another station's heartbeat."""
    one, two = (stations.find(conn, OURS, identity).id for identity in ("lab-1", "lab-2"))
    report = StartReport(1, TAG, 1000, NOW - timedelta(minutes=30))
    id = sessions.started(conn, one, report, NOW - timedelta(minutes=30)).transaction_id
    stop = '{"transactionId":424242,"meterStop":10}'
    log = [
        said(one, 300, "in", "opened", "", "", "192.0.2.7", ""),
        said(one, 299, "in", "call", "StopTransaction", "a", stop, ""),
        said(one, 299, "out", "result", "StopTransaction", "a", "{}", "answered", latency_ms=3.2),
        said(two, 200, "in", "call", "Heartbeat", "b", "{}", ""),
        said(two, 200, "out", "error", "Heartbeat", "b", "SecurityError: first boot", "SecurityError", latency_ms=1),
        said(one, 30, "in", "call", "StartTransaction", "c", f'{{"connectorId":1,"idTag":"{TAG}"}}', ""),
        said(one, 30, "out", "result", "StartTransaction", "c", f'{{"transactionId":{id}}}', "answered", latency_ms=12),
        said(one, 10, "in", "call", "MeterValues", "d", f'{{"transactionId":{id},"x":"\\u001b[2J"}}', ""),
        said(one, 10, "in", "call", "DataTransfer", "e", f'{{"transactionId":{id}7}}', ""),
    ]
    traces.keep(conn, log)


@pytest.fixture
def filled(furnished: None, type_: Type, database_url: str) -> None:
    type_("add-station", "lab-2", "--connectors", "1")
    run(database_url, lambda db: db.write(fill))


def lines(printed: str) -> list[str]:
    return printed.splitlines()[1:]


def test_messages_are_searched(filled: None, type_: Type) -> None:
    assert len(lines(type_("messages"))) == 9
    assert len(lines(type_("messages", "--station", "lab-2"))) == 2
    assert len(lines(type_("messages", "--action", "stoptransaction"))) == 2
    assert len(lines(type_("messages", "--since", "45m"))) == 4
    assert len(lines(type_("messages", "--contains", "424242"))) == 1
    assert len(lines(type_("messages", "--contains", "b"))) >= 2
    assert len(lines(type_("messages", "--contains", "%"))) == 0
    assert len(lines(type_("messages", "--limit", "1"))) == 1
    (error,) = lines(type_("messages", "--errors"))
    assert "lab-2" in error
    assert "SecurityError" in error


def test_times_are_the_operators(filled: None, type_: Type) -> None:
    """The clock in Tokyo is nine hours ahead."""
    tokyo = (NOW - timedelta(minutes=299) + timedelta(hours=9)).strftime("%Y-%m-%d %H:%M")
    assert lines(type_("messages", "--action", "StopTransaction"))[0].startswith(tokyo)
    assert len(lines(type_("messages", "--since", tokyo.replace(" ", "T")))) == 8
    with pytest.raises(Refused, match="neither a moment"):
        type_("messages", "--since", "yesterday")


def test_tags_are_masked_unless_asked_for(filled: None, type_: Type) -> None:
    for words in (("messages",), ("messages", "--json"), ("trace", "lab-1"), ("trace", "lab-1", "--json")):
        assert TAG not in type_(*words)
        assert TAG in type_(*words, "--show-tags")


def test_a_trace_reads_like_a_conversation(filled: None, type_: Type) -> None:
    told = type_("trace", "lab-1")
    assert "---  connected  192.0.2.7" in told
    assert '-->  StopTransaction  {"transactionId":424242' in told
    assert "<--  StopTransaction answer  (3 ms)  {}" in told
    assert "The charger sent a stop for session 424242, which it never started here." in told
    assert "\x1b" not in told
    assert json.loads(type_("trace", "lab-1", "--json"))["findings"][0]["do"]


def test_a_trace_of_a_session_is_about_that_session(filled: None, type_: Type, database_url: str) -> None:
    (session,) = run(database_url, lambda db: db.read(overview.open_sessions))
    told = type_("trace", "lab-1", "--session", str(session.id))
    assert "StartTransaction" in told
    assert "MeterValues" in told
    assert "424242" not in told
    assert "Nothing stands out." not in told
    with pytest.raises(Refused, match="lab-2 has no session"):
        type_("trace", "lab-2", "--session", str(session.id))


def test_an_empty_log_says_why(furnished: None, type_: Type) -> None:
    assert "BOLLARD_MESSAGE_DAYS" in type_("messages")
    told = type_("trace", "lab-1")
    assert "BOLLARD_MESSAGE_DAYS" in told
    assert "Nothing stands out." not in told
    with pytest.raises(Refused, match="no station"):
        type_("trace", "nowhere")
