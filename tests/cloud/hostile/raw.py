"""A client below WebSocket: bytes out, bytes in, no rule kept unless the test wants it."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import quote

from tests.cloud.ocpp.charger import PATIENCE_S, basic

TEXT, BINARY, CLOSE, PING, CONTINUED = 1, 2, 8, 9, 0
UPGRADE = {
    "Host": "localhost",
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": "ocpp1.6",
}


def request(path: str, headers: dict[str, str]) -> bytes:
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def frame(opcode: int, payload: bytes = b"", *, final: bool = True, masked: bool = True) -> bytes:
    """One WebSocket frame as a client sends it."""
    length, bit = len(payload), 0x80 if masked else 0
    head = bytes([opcode | (0x80 if final else 0)])
    if length < 126:
        head += bytes([length | bit])
    elif length < 65536:
        head += bytes([126 | bit]) + struct.pack("!H", length)
    else:
        head += bytes([127 | bit]) + struct.pack("!Q", length)
    return head + (b"\0\0\0\0" if masked else b"") + payload


@dataclass(frozen=True)
class Wire:
    """One TCP connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def rest(self) -> bytes:
        """Everything until the server ends the connection."""
        try:
            return await asyncio.wait_for(self.reader.read(), PATIENCE_S)
        except ConnectionResetError:
            return b""

    async def head(self) -> bytes:
        return await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE_S)

    async def closed_with(self) -> int:
        """The code in the server's close frame."""
        async with asyncio.timeout(PATIENCE_S):
            await self.reader.readuntil(b"\x88")
            code: int = struct.unpack("!xH", await self.reader.readexactly(3))[0]
        return code


@asynccontextmanager
async def wire(port: int) -> AsyncIterator[Wire]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def station(port: int, identity: str, key: bytes) -> AsyncIterator[Wire]:
    """An upgraded connection of a station with the right key."""
    async with wire(port) as raw:
        await raw.send(request(f"/ocpp/{quote(identity, safe='')}", UPGRADE | basic(identity, key)))
        assert b" 101 " in await raw.head()
        yield raw


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])
