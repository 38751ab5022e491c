"""What is said on one connection, as it is said: into the journal and into the measures."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Literal

import msgspec

from bollard.wire.errors import Malformed
from bollard.wire.frames import Call, Error, Frame, Result
from cloud.domain.commands import CommandKind
from cloud.domain.messages import ANSWERED, UNASKED, Direction, Kind, Message, kept, kept_raw
from cloud.domain.secrets import without_keys
from cloud.ocpp.budget import Budget
from cloud.ocpp.journal import Journal
from cloud.ocpp.measures import Measures

ENTRIES, ENTRIES_PER_S = 1200, 60
MOST_PENDING = 100

_INWARD = {"in": Direction.IN, "out": Direction.OUT}
_BACK = {Direction.IN: Direction.OUT, Direction.OUT: Direction.IN}
_encode = msgspec.json.Encoder().encode


class Tape:
    """Records one connection; a station that floods is recorded only in part."""

    def __init__(self, journal: Journal, measures: Measures, station_id: int, now: Callable[[], datetime]) -> None:
        self._journal = journal
        self._measures = measures
        self._station_id = station_id
        self._now = now
        self._entries = Budget(ENTRIES, ENTRIES_PER_S)
        self._pending: dict[tuple[Direction, str], tuple[str, float]] = {}

    def opened(self, remote: str) -> None:
        self._put(Direction.IN, Kind.OPENED, text=remote)

    def frame(self, direction: Literal["in", "out"], frame: Frame | Malformed, heard: str) -> None:
        """One frame; `heard` is the text that came last."""
        way = _INWARD[direction]
        match frame:
            case Call(message_id, action, payload):
                self._call(way, str(message_id), action)
                self._put(way, Kind.CALL, action, str(message_id), kept(payload, _encode(payload).decode()))
            case Result(message_id, payload):
                text = kept(payload, _encode(payload).decode())
                self._answer(way, Kind.RESULT, str(message_id), text, ANSWERED)
            case Error(message_id, code, text):
                self._answer(way, Kind.ERROR, str(message_id), kept_raw(f"{code}: {text}"), code)
            case Malformed():
                self._measures.message("", way, "unreadable")
                text = kept_raw(f"{frame.reason}: {heard}" if heard.lstrip().startswith(("[", "{")) else frame.reason)
                self._put(way, Kind.UNREADABLE, text=text, outcome="unreadable")

    def timed_out(self) -> None:
        """The station did not answer our call in time."""
        self._give_up(Direction.OUT, "timed out")

    def closed(self) -> None:
        """The connection ended; what was not answered never will be."""
        self._give_up(Direction.OUT, "connection ended")
        self._give_up(Direction.IN, "not answered")
        self._put(Direction.IN, Kind.CLOSED)

    def _call(self, way: Direction, message_id: str, action: str) -> None:
        self._measures.message(action, way, "call")
        if len(self._pending) < MOST_PENDING:
            self._pending[way, message_id] = (action, time.monotonic())

    def _answer(self, way: Direction, kind: Kind, message_id: str, text: str, outcome: str) -> None:
        action, asked_s = self._pending.pop((_BACK[way], message_id), ("", None))
        if asked_s is None:
            self._measures.message("", way, UNASKED)
            self._put(way, kind, "", message_id, text, UNASKED)
            return
        took_s = time.monotonic() - asked_s
        text = without_keys(text) if action == CommandKind.CHANGE_CONFIGURATION else text
        self._measures.answer(action, way, outcome, took_s)
        self._put(way, kind, action, message_id, text, outcome, round(took_s * 1000, 3))

    def _give_up(self, asked: Direction, why: str) -> None:
        for way, message_id in [key for key in self._pending if key[0] is asked]:
            action, asked_s = self._pending.pop((way, message_id))
            self._measures.message(action, _BACK[way], why)
            took_ms = round((time.monotonic() - asked_s) * 1000, 3)
            self._put(_BACK[way], Kind.SILENCE, action, message_id, "", why, took_ms)

    def _put(
        self,
        way: Direction,
        kind: Kind,
        action: str = "",
        message_id: str = "",
        text: str = "",
        outcome: str = "",
        latency_ms: float | None = None,
    ) -> None:
        if not self._entries.spend(time.monotonic()):
            self._journal.drop("flood")
            return
        entry = Message(self._station_id, self._now(), way, kind, action, message_id, text, outcome, latency_ms)
        self._journal.put(entry)
