"""A strict central system: every frame must obey its schema, and every call must be foreseen by the test's script."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from websockets.asyncio.server import ServerConnection

from bollard.wire import times
from bollard.wire.errors import CallError, Malformed
from bollard.wire.frames import Call, Frame, Result, decode, encode
from bollard.wire.schemas import check_response
from tests.edge.central import Central, Payload
from tests.edge.conformance.script import OTHER, TAG, Wanted
from tests.edge.conformance.transcript import Line

LARGEST_FRAME_BYTES = 65_536
TOLD_AGAIN = ("SuspendedEV", "SuspendedEVSE", "Faulted")
HEARTBEAT_S = 300
FIRST_TRANSACTION = 101
VALID = {"status": "Accepted"}


@dataclass
class StrictCentral(Central):
    """Knows its tags (all others are Invalid), gives transaction ids, keeps a transcript and what was wrong in it."""

    tags: dict[str, Mapping[str, Any]] = field(default_factory=lambda: {TAG: VALID, OTHER: VALID})
    lines: list[Line] = field(default_factory=list)
    wrongs: list[str] = field(default_factory=list)
    connection: int = 0
    _actions: dict[str, str] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.answers |= {
            "Authorize": lambda payload: {"idTagInfo": self._info(payload["idTag"])},
            "BootNotification": lambda payload: self.registers("Accepted", HEARTBEAT_S),
            "Heartbeat": lambda payload: {"currentTime": _now()},
            "StartTransaction": self._start,
        }

    def registers(self, verdict: str, interval_s: int) -> Payload:
        """BootNotification.conf."""
        return {"status": verdict, "currentTime": _now(), "interval": interval_s}

    async def sees(self, *script: Wanted) -> list[Payload]:
        """The next calls, in any order among themselves; whatever else comes must be background."""
        found: dict[int, Payload] = {}
        while len(found) < len(script):
            left = [place for place in range(len(script)) if place not in found]
            call = await self._next([script[place] for place in left])
            place = next((place for place in left if script[place].fits(call)), None)
            if place is not None:
                found[place] = call.payload
            elif not self._is_background(call):
                raise AssertionError(f"expected {[script[place] for place in left]}, but came {call}")
        return [found[place] for place in range(len(script))]

    def unforeseen(self) -> list[str]:
        """Calls after the last one that the script saw, unless they are background."""
        left, unforeseen = self.calls[self._read :], []
        for call in left:
            self._read += 1
            if not self._is_background(call):
                unforeseen.append(f"nobody expected {call}")
        return unforeseen

    async def configure(self, **keys: object) -> None:
        """ChangeConfiguration of every key, each to be accepted."""
        for key, value in keys.items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            assert await self.call("ChangeConfiguration", key=key, value=text) == {"status": "Accepted"}, key

    async def send(self, frame: Frame) -> None:
        """Send one frame, and note it."""
        self._note(frame, by_station=False)
        await super().send(frame)

    async def send_raw(self, data: str | bytes) -> None:
        """Send a frame that is encoded already, and note it."""
        self._note(decode(data), by_station=False)
        await super().send_raw(data)

    async def _next(self, script: list[Wanted]) -> Call:
        try:
            await self.until(lambda: len(self.calls) > self._read)
        except TimeoutError:
            raise AssertionError(f"{script} never came; the last was {self.calls[-1:]}") from None
        self._read += 1
        return self.calls[self._read - 1]

    def _is_background(self, call: Call) -> bool:
        """Heartbeats, samples, and another reason for the state that stands, may come at any time."""
        if call.action in ("Heartbeat", "MeterValues"):
            return True
        place = next(place for place, other in enumerate(self.calls) if other is call)
        told = [c.payload for c in self.calls[:place] if c.action == call.action == "StatusNotification"]
        last = next((p for p in reversed(told) if p["connectorId"] == call.payload["connectorId"]), None)
        return last is not None and last["status"] == call.payload["status"] in TOLD_AGAIN

    async def _converse(self, socket: ServerConnection) -> None:
        self.connection += 1
        try:
            await super()._converse(socket)
        except (CallError, Malformed) as error:
            self.wrongs.append(f"connection {self.connection} ended by {error!r}")

    async def _hear(self, frame: Frame) -> None:
        self._note(frame, by_station=True)
        if isinstance(frame, Result):
            self._check(frame)
        await super()._hear(frame)

    def _check(self, answer: Result) -> None:
        action = self._actions.get(answer.message_id)
        try:
            check_response(action or "nothing that was asked", answer.payload)
        except (CallError, KeyError) as error:
            self.wrongs.append(f"the answer to {action} is wrong: {error!r}")

    def _note(self, frame: Frame, *, by_station: bool) -> None:
        if len(encode(frame)) > LARGEST_FRAME_BYTES:
            self.wrongs.append(f"a frame of {len(encode(frame))} bytes")
        if isinstance(frame, Call):
            self._actions[frame.message_id] = frame.action
        action = self._actions.get(frame.message_id, "nothing that was asked")
        self.lines.append(Line(datetime.now(UTC), self.connection, by_station, action, frame))

    def _info(self, tag: str) -> Mapping[str, Any]:
        return self.tags.get(tag, {"status": "Invalid"})

    def _start(self, payload: Payload) -> Payload:
        """A start that is told again is the same transaction."""
        number = self._numbers.setdefault(repr(sorted(payload.items())), FIRST_TRANSACTION + len(self._numbers))
        return {"transactionId": number, "idTagInfo": self._info(payload["idTag"])}


def _now() -> str:
    return times.render(datetime.now(UTC))
