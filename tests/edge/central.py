"""A central system of our own for tests: a real WebSocket server on loopback that plays what it is told to."""

import asyncio
import http
import ssl
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from bollard.wire.errors import CallError, ErrorCode
from bollard.wire.frames import Call, Error, Frame, Result, decode, encode
from bollard.wire.schemas import check_request

NOW = "2026-11-21T12:00:00.000Z"
PATIENCE_S = 20

Payload = dict[str, Any]
Answer = Payload | CallError | None
Script = Callable[[Payload], Answer]

ACCEPTED = {"idTagInfo": {"status": "Accepted"}}
HABITS: Mapping[str, Script] = {
    "Authorize": lambda payload: ACCEPTED,
    "BootNotification": lambda payload: {"status": "Accepted", "currentTime": NOW, "interval": 300},
    "DataTransfer": lambda payload: {"status": "UnknownVendorId"},
    "Heartbeat": lambda payload: {"currentTime": NOW},
    "MeterValues": lambda payload: {},
    "StartTransaction": lambda payload: {"transactionId": 1} | ACCEPTED,
    "StatusNotification": lambda payload: {},
    "StopTransaction": lambda payload: {},
}


@dataclass
class Central:
    """Answers by `answers` (None: silence, CallError: a refusal), keeps every frame, and asks what the test asks."""

    answers: dict[str, Script] = field(default_factory=lambda: dict(HABITS))
    refuse_with: int | None = None
    elsewhere: str | None = None
    retry_after: str | None = None
    subprotocol: str | None = "ocpp1.6"
    key: bytes | None = None
    calls: list[Call] = field(default_factory=list)
    frames: list[tuple[str, Frame]] = field(default_factory=list)
    handshakes: list[Request] = field(default_factory=list)
    ended: list[int | None] = field(default_factory=list)
    port: int = 0
    scheme: str = "ws"
    _socket: ServerConnection | None = None
    _server: Server | None = None
    _read: int = 0
    _pending: dict[str, asyncio.Future[Frame]] = field(default_factory=dict)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        """What a station is given; its identity is appended."""
        return f"{self.scheme}://127.0.0.1:{self.port}/ocpp"

    @asynccontextmanager
    async def running(self, tls: ssl.SSLContext | None = None) -> AsyncIterator["Central"]:
        """Listen on a free port of loopback, the same one when run again."""
        self.scheme = "wss" if tls else "ws"
        async with serve(
            self._converse,
            "127.0.0.1",
            self.port,
            ssl=tls,
            process_request=self._admit,
            select_subprotocol=lambda connection, offered: self._choose(offered),
            compression=None,
            ping_interval=None,
            close_timeout=0.1,
        ) as server:
            self.port = next(iter(server.sockets)).getsockname()[1]
            yield self

    # --- what the station did

    async def expect(self, action: str, **fields: Any) -> Payload:
        """The next call of this action with these fields; calls before it are passed over."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            while True:
                for place, call in enumerate(self.calls[self._read :], start=self._read):
                    if call.action == action and fields.items() <= call.payload.items():
                        self._read = place + 1
                        return call.payload
                await self._news.wait()

    async def connected(self, times: int = 1) -> None:
        """Wait until the station has come so often, counting refused attempts."""
        await self.until(lambda: len(self.handshakes) >= times)

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is true that changes with a frame or a connection."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(true)

    def actions(self) -> list[str]:
        """The actions that the station called, in order."""
        return [call.action for call in self.calls]

    # --- what the test wants done

    async def call(self, action: str, **payload: Any) -> Payload:
        """Ask the station; raises CallError when it refuses."""
        check_request(action, payload)
        answer = await self.call_anyhow(action, payload)
        if isinstance(answer, Error):
            raise CallError(ErrorCode(answer.code), answer.text)
        assert isinstance(answer, Result)
        return answer.payload

    def asking(self, action: str, **payload: Any) -> asyncio.Task[Payload]:
        """The same, while the test does something else."""
        return asyncio.create_task(self.call(action, **payload))

    async def call_anyhow(self, action: str, payload: Any, within_s: float = PATIENCE_S) -> Frame:
        """Ask the station something, right or wrong, and return its answering frame; TimeoutError if there is none."""
        call = Call(str(uuid4()), action, payload)
        self.frames.append(("out", call))
        return await self.answer_to(call.message_id, encode(call), within_s)

    async def answer_to(self, message_id: str, data: str | bytes, within_s: float = PATIENCE_S) -> Frame:
        """Send anything that has this message id, and return its answer; TimeoutError if there is none."""
        self._pending[message_id] = asyncio.get_running_loop().create_future()
        await self.send_raw(data)
        return await asyncio.wait_for(self._pending[message_id], within_s)

    async def send(self, frame: Frame) -> None:
        """Send one frame."""
        assert self._socket is not None
        self.frames.append(("out", frame))
        await self._socket.send(encode(frame))

    async def send_raw(self, data: str | bytes) -> None:
        """Send anything at all: text as a text frame, bytes as a binary one."""
        assert self._socket is not None
        await self._socket.send(data)

    async def hang_up(self) -> None:
        """Close the connection."""
        assert self._socket is not None
        await self._socket.close()

    # --- the server

    async def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        self.handshakes.append(request)
        await self._tell()
        if self.refuse_with is not None:
            response = connection.respond(http.HTTPStatus(self.refuse_with), "no\n")
            if self.elsewhere is not None:
                response.headers["Location"] = self.elsewhere
            if self.retry_after is not None:
                response.headers["Retry-After"] = self.retry_after
            return response
        if self.key is not None and self.key != self.credentials(request)[1]:
            return connection.respond(http.HTTPStatus.UNAUTHORIZED, "who?\n")
        return None

    def credentials(self, request: Request) -> tuple[bytes, bytes]:
        """Identity and key of the Basic authorization."""
        identity, _, key = b64decode(request.headers["Authorization"].removeprefix("Basic ")).partition(b":")
        return identity, key

    def identity(self, request: Request) -> str:
        """The identity in the URL."""
        return unquote(request.path.rpartition("/")[2])

    def _choose(self, offered: Any) -> Subprotocol | None:
        return Subprotocol(self.subprotocol) if self.subprotocol is not None else None

    async def _converse(self, socket: ServerConnection) -> None:
        self._socket = socket
        try:
            async for text in socket:
                await self._hear(decode(text))
        except ConnectionClosed:
            pass
        self.ended.append(socket.close_code)
        await self._tell()

    async def _hear(self, frame: Frame) -> None:
        self.frames.append(("in", frame))
        if not isinstance(frame, Call):
            if waiting := self._pending.pop(frame.message_id, None):
                waiting.set_result(frame)
            return
        check_request(frame.action, frame.payload)
        self.calls.append(frame)
        await self._tell()
        answer = self.answers[frame.action](frame.payload)
        if isinstance(answer, CallError):
            await self.send(Error(frame.message_id, answer.code, answer.text))
        elif answer is not None:
            await self.send(Result(frame.message_id, answer))

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


def one_after_the_other(*answers: Answer) -> Script:
    """Answers in turn; the last one stays."""
    left = list(answers)
    return lambda payload: left.pop(0) if len(left) > 1 else left[0]
