"""A line to a server that can swallow everything without breaking, as a dead mobile connection does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Hole:
    """Carries bytes both ways between `port` and the server behind it, until told to `swallow` them."""

    behind: int
    port: int = 0
    swallow: bool = False
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Hole"]:
        """Listen on a free port of loopback."""
        server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for writer in self._writers:
                writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.behind)
        self._writers += [writer, server_writer]
        await asyncio.gather(self._carry(reader, server_writer), self._carry(server_reader, writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                if not self.swallow:
                    writer.write(data)
            if not self.swallow:
                writer.close()
        except ConnectionError:
            writer.transport.abort()
