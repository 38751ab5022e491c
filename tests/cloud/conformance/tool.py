"""The charge point that the compliance tests play: it says what a case says, answers when told to, and notes all."""

import asyncio
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from bollard.wire.errors import CallError, ErrorCode, Malformed
from bollard.wire.frames import Call, Error, Frame, MessageId, Result, decode, encode
from bollard.wire.schemas import check_request, check_response
from tests.cloud.ocpp.charger import PATIENCE_S, basic
from tests.edge.conformance.transcript import Line

Payload = dict[str, Any]


@dataclass
class Tool:
    """One charge point: `lines` is what passed, `wrongs` what was no proper frame in it."""

    url: str
    identity: str
    key: bytes
    lines: list[Line] = field(default_factory=list)
    wrongs: list[str] = field(default_factory=list)
    connection: int = 0
    asked: asyncio.Queue[Call] = field(default_factory=asyncio.Queue)
    socket: ClientConnection | None = None
    _answers: dict[MessageId, asyncio.Future[Frame]] = field(default_factory=dict)
    _actions: dict[MessageId, str] = field(default_factory=dict)
    _unanswered: Call | None = None
    _reading: asyncio.Task[None] | None = None

    # --- the line

    async def connect(self, *subprotocols: str, headers: dict[str, str] | None = None) -> None:
        """With its key, unless other headers are given. Raises InvalidStatus when it is not let in."""
        self.socket = await connect(
            f"{self.url}/ocpp/{quote(self.identity, safe='')}",
            subprotocols=[Subprotocol(name) for name in subprotocols or ("ocpp1.6",)],
            additional_headers=basic(self.identity, self.key) if headers is None else headers,
            ping_interval=None,
            close_timeout=0.3,
        )
        self.connection += 1
        self._reading = asyncio.create_task(self._read(self.socket))

    async def disconnect(self) -> None:
        """In good order."""
        if self.socket is not None and self._reading is not None:
            await self.socket.close()
            await self._reading
            self.socket = None

    async def drops_out(self) -> None:
        """Without a word: power or network are gone."""
        assert self.socket is not None
        self.socket.transport.abort()
        await self.disconnect()

    # --- what it says

    async def says(self, action: str, **payload: Any) -> Payload:
        """A call; its confirmation. Raises CallError when the central system refuses it."""
        check_request(action, payload)
        call = Call(str(uuid.uuid4()), action, payload)
        self._answers[call.message_id] = asyncio.get_running_loop().create_future()
        await self._send(call)
        answer = await asyncio.wait_for(self._answers[call.message_id], PATIENCE_S)
        if isinstance(answer, Result):
            return answer.payload
        assert isinstance(answer, Error)
        raise CallError(ErrorCode(answer.code), answer.text)

    async def sees(self, action: str) -> Payload:
        """The next thing that the central system asks, which must be this."""
        call = await asyncio.wait_for(self.asked.get(), PATIENCE_S)
        assert call.action == action, f"{action} was expected, but came {call}"
        self._unanswered = call
        return call.payload

    async def answers(self, payload: Payload) -> None:
        """To what was seen last."""
        assert self._unanswered is not None
        check_response(self._unanswered.action, payload)
        await self._send(Result(self._unanswered.message_id, payload))

    async def refuses(self, code: str) -> None:
        """What was seen last, with a CALLERROR."""
        assert self._unanswered is not None
        await self._send(Error(self._unanswered.message_id, code))

    # --- what it hears

    async def _read(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for data in socket:
                self._hear(data)

    def _hear(self, data: str | bytes) -> None:
        if isinstance(data, bytes):
            self.wrongs.append(f"a binary frame: {data!r}")
            return
        try:
            frame = decode(data)
            self._note(frame, by_station=False)
            self._check(frame)
        except (Malformed, CallError) as error:
            self.wrongs.append(f"{error!r} in {data}")
            return
        if isinstance(frame, Call):
            self.asked.put_nowait(frame)
        else:
            self._answers[frame.message_id].set_result(frame)

    def _check(self, frame: Frame) -> None:
        """By the schema. Raises CallError, Malformed."""
        if isinstance(frame, Call):
            check_request(frame.action, frame.payload)
        elif frame.message_id not in self._answers or self._answers[frame.message_id].done():
            raise Malformed("an answer to nothing that waits for one")
        elif isinstance(frame, Result):
            check_response(self._actions[frame.message_id], frame.payload)

    async def _send(self, frame: Frame) -> None:
        assert self.socket is not None
        self._note(frame, by_station=True)
        await self.socket.send(encode(frame))

    def _note(self, frame: Frame, *, by_station: bool) -> None:
        if isinstance(frame, Call):
            self._actions[frame.message_id] = frame.action
        action = self._actions.setdefault(frame.message_id, "nothing that was asked")
        self.lines.append(Line(datetime.now(UTC), self.connection, by_station, action, frame))
