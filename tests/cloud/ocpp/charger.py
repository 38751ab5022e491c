"""A charge point for tests: a plain WebSocket client that speaks OCPP-J by hand, right or wrong as the test wants."""

import asyncio
import base64
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ssl import SSLContext
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

PATIENCE_S = 20

BOOT = {"chargePointVendor": "Test", "chargePointModel": "T1"}


class Refusal(Exception):
    """The CALLERROR that a call got."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code


class Charger:
    """One open connection; calls that arrive wait in `asked` as (message id, action, payload)."""

    def __init__(self, ws: ClientConnection) -> None:
        self.ws = ws
        self.asked: asyncio.Queue[tuple[str, str, dict[str, Any]]] = asyncio.Queue()
        self.answers: dict[str | int, asyncio.Future[dict[str, Any]]] = {}

    async def call(self, action: str, payload: Any = None, *, message_id: str | None = None) -> dict[str, Any]:
        """Send a call and wait for its answer; raises Refusal, or ConnectionClosed without an answer."""
        message_id = message_id or str(uuid.uuid4())
        answer = self.answers[message_id] = asyncio.get_running_loop().create_future()
        try:
            await self.send([2, message_id, action, {} if payload is None else payload])
        except ConnectionClosed:
            answer.cancel()
            raise
        return await asyncio.wait_for(answer, PATIENCE_S)

    async def send(self, frame: Any) -> None:
        await self.ws.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    async def next_call(self) -> tuple[str, str, dict[str, Any]]:
        return await asyncio.wait_for(self.asked.get(), PATIENCE_S)

    async def answer(self, message_id: str, payload: dict[str, Any]) -> None:
        await self.send([3, message_id, payload])

    async def boot(self) -> None:
        answer = await self.call("BootNotification", BOOT)
        assert answer["status"] == "Accepted"

    async def closed(self) -> int | None:
        """Wait until the server closes; its close code."""
        await asyncio.wait_for(self.ws.wait_closed(), PATIENCE_S)
        return self.ws.close_code

    async def read(self) -> None:
        """Sort what arrives until the connection ends; whatever still waits for an answer then fails."""
        try:
            async for text in self.ws:
                self._sort(json.loads(text))
        except ConnectionClosed:
            pass
        for answer in self.answers.values():
            if not answer.done():
                answer.set_exception(ConnectionClosed(self.ws.protocol.close_rcvd, None))

    def _sort(self, frame: list[Any]) -> None:
        match frame:
            case [2, message_id, action, payload]:
                self.asked.put_nowait((message_id, action, payload))
            case [3, message_id, payload]:
                if not (answer := self.answers.pop(message_id)).done():
                    answer.set_result(payload)
            case [4, message_id, code, text, _details]:
                if not (answer := self.answers.pop(message_id)).done():
                    answer.set_exception(Refusal(code, text))
            case _:
                raise AssertionError(f"the server sent {frame}")


def basic(identity: str, key: bytes) -> dict[str, str]:
    """The Authorization header of OCPP-J 1.6: raw identity, colon, raw key."""
    return {"Authorization": "Basic " + base64.b64encode(identity.encode() + b":" + key).decode()}


@asynccontextmanager
async def charger(
    url: str,
    identity: str,
    key: bytes,
    *,
    subprotocols: tuple[str, ...] = ("ocpp1.6",),
    ssl: SSLContext | None = None,
    ping_interval: float | None = None,
) -> AsyncIterator[Charger]:
    """Connect to the server at `url` (ws:// or wss://), without a boot."""
    async with connect(
        f"{url}/ocpp/{quote(identity, safe='')}",
        subprotocols=[Subprotocol(name) for name in subprotocols] or None,
        additional_headers=basic(identity, key),
        ssl=ssl,
        ping_interval=ping_interval,
        close_timeout=0.3,
    ) as ws:
        connected = Charger(ws)
        reading = asyncio.create_task(connected.read())
        try:
            yield connected
        finally:
            await ws.close()
            await reading
