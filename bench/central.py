"""The bench's central system: accepts everything, and knows when each call came."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

PATIENCE_S = 30
_transactions = count(1)
_ACCEPTED = {"idTagInfo": {"status": "Accepted"}}
_ANSWERS: dict[str, Callable[[], dict[str, Any]]] = {
    "Authorize": lambda: _ACCEPTED,
    "BootNotification": lambda: {"status": "Accepted", "currentTime": _now(), "interval": 300},
    "Heartbeat": lambda: {"currentTime": _now()},
    "StartTransaction": lambda: {"transactionId": next(_transactions)} | _ACCEPTED,
}


@dataclass(frozen=True, slots=True)
class Heard:
    """One call, and the monotonic second at which it came."""

    action: str
    payload: dict[str, Any]
    at_s: float


@dataclass
class Central:
    """Whatever connects is a station; calls wait in `heard` until somebody expects them."""

    url: str = ""
    heard: asyncio.Queue[Heard] = field(default_factory=asyncio.Queue)

    async def expect(self, action: str, **fields: Any) -> Heard:
        """The next call of this action with these fields; calls before it are passed over."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                call = await self.heard.get()
                if call.action == action and fields.items() <= call.payload.items():
                    return call

    async def converse(self, socket: ServerConnection) -> None:
        """Answer one station until it goes."""
        try:
            async for text in socket:
                _, message_id, action, payload = json.loads(text)
                self.heard.put_nowait(Heard(action, payload, time.monotonic()))
                await socket.send(json.dumps([3, message_id, _ANSWERS.get(action, dict)()]))
        except ConnectionClosed:
            return


@asynccontextmanager
async def running() -> AsyncIterator[Central]:
    """A central system on a free port of loopback."""
    central = Central()
    ocpp = [Subprotocol("ocpp1.6")]
    async with serve(central.converse, "127.0.0.1", 0, subprotocols=ocpp, close_timeout=0.1) as server:
        central.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        yield central


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
