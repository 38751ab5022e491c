"""The central system as a process of its own that can be killed and is back in a moment."""

import asyncio
import multiprocessing
import os
import re
import signal
import sys
from multiprocessing.connection import Connection

from cloud.app import serve
from cloud.settings import Settings, from_environment

PATIENCE_S = 60
READY = r"listening on http://127\.0\.0\.1:(\d+)"
PACE = {"probe_interval_s": 0.1, "command_poll_s": 60, "upkeep_interval_s": 1}

# Forked from a process that has loaded our modules: a second of work once, a few milliseconds for each life.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["cloud.app"])


class Server:
    """`bollard cloud serve` over all its lives, each on a port of its own; `lines` is what it printed."""

    def __init__(self, url: str) -> None:
        self.settings = from_environment({}, database_url=url, host="127.0.0.1", port=0, **PACE)
        self.lines: list[str] = []
        self._port: asyncio.Future[int] | None = None

    @property
    def pid(self) -> int:
        pid = self._process.pid
        assert pid is not None
        return pid

    async def ws(self) -> str:
        """Its address, once it listens."""
        return f"ws://127.0.0.1:{await self.port()}"

    async def port(self) -> int:
        assert self._port is not None
        return await asyncio.wait_for(asyncio.shield(self._port), PATIENCE_S)

    async def start(self) -> None:
        """Begin a life; returns once it serves."""
        await self.begin()
        reader, writer = await asyncio.open_connection("127.0.0.1", await self.port())
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), PATIENCE_S)
        writer.close()
        assert answer.endswith(b"ok"), self.lines[-30:]

    async def begin(self) -> None:
        """Begin a life; returns once it listens, which is before it serves."""
        reader, writer = CONTEXT.Pipe(duplex=False)
        self._port = asyncio.get_running_loop().create_future()
        self._process = CONTEXT.Process(target=_serve, args=(self.settings, writer), daemon=True)
        self._process.start()
        writer.close()
        asyncio.get_running_loop().add_reader(reader.fileno(), self._hear, reader, bytearray())
        await self.port()

    async def stop(self) -> None:
        """SIGTERM: stations are told to come back."""
        self._signal(signal.SIGTERM)
        await self._ended()
        assert self._process.exitcode == 0, f"it ended with {self._process.exitcode}; {self.lines[-30:]}"

    async def kill(self) -> None:
        """SIGKILL: whatever was not committed is gone."""
        self._signal(signal.SIGKILL)
        await self._ended()

    def _signal(self, number: int) -> None:
        if self._process.exitcode is None:
            os.kill(self.pid, number)

    async def _ended(self) -> None:
        await asyncio.to_thread(self._process.join, PATIENCE_S)

    def _hear(self, reader: Connection, unfinished: bytearray) -> None:
        heard = os.read(reader.fileno(), 65536)
        if not heard:
            asyncio.get_running_loop().remove_reader(reader.fileno())
            reader.close()
            return
        unfinished += heard
        *lines, rest = unfinished.decode(errors="replace").split("\n")
        unfinished[:] = rest.encode()
        for line in lines:
            self._heard(line)

    def _heard(self, line: str) -> None:
        self.lines.append(line)
        if self._port and not self._port.done() and (ready := re.search(READY, line)):
            self._port.set_result(int(ready[1]))


def _serve(settings: Settings, said: Connection) -> None:
    """One life, its standard output and error going to who began it."""
    for stream in (1, 2):
        os.dup2(said.fileno(), stream)
    sys.exit(serve(settings))
