"""One end of a connection under test: its frames are collected, its handler answers when the test lets it."""

import asyncio
from typing import Any

from bollard.wire.errors import Malformed
from bollard.wire.frames import Call, Frame, decode, encode
from bollard.wire.peer import Peer

NOW = {"currentTime": "2026-11-21T10:30:19.000Z"}


class Wire:
    """A Peer whose frames are collected, and whose handler answers when the test lets it."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[Frame] = asyncio.Queue()
        self.seen: list[Frame | Malformed] = []
        self.asked: asyncio.Queue[tuple[str, asyncio.Future[dict[str, Any]]]] = asyncio.Queue()
        self.peer = Peer(self.send, self.handle, observe=lambda direction, frame: self.seen.append(frame))

    async def send(self, text: str) -> None:
        self.sent.put_nowait(decode(text))

    async def handle(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self.asked.put_nowait((action, answer))
        return await answer

    async def receive(self, *frames: Frame) -> None:
        for frame in frames:
            await self.peer.receive(encode(frame))

    def beat(self, timeout_s: float = 60) -> asyncio.Task[dict[str, Any]]:
        return asyncio.create_task(self.peer.call("Heartbeat", {}, timeout_s=timeout_s))

    async def next_call(self) -> Call:
        frame = await self.sent.get()
        assert isinstance(frame, Call)
        return frame


async def settle() -> None:
    """Let everything that can run without news from outside run."""
    for _ in range(20):
        await asyncio.sleep(0)
