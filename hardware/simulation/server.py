"""A world's pace and its lines: JSON over TCP, each request answered at the instant at which it arrives."""

import asyncio
import time

import msgspec

from hardware.errors import HardwareError, PortTaken
from hardware.simulation.requests import AnyRequest
from hardware.simulation.wiring import Reply, Wiring
from hardware.world import World

_LONGEST_LINE = 65_536
_REQUESTS = msgspec.json.Decoder(AnyRequest)


class Pace:
    """World time from the monotonic clock, `speed` times faster."""

    def __init__(self, world: World, speed: float) -> None:
        self._world = world
        self._speed = speed
        self._start_ms = _now_ms()
        world.real_ms = self._start_ms

    def catch_up(self) -> None:
        """Let the world's time pass up to now."""
        real_ms = _now_ms()
        self._world.advance(int((real_ms - self._start_ms) * self._speed), real_ms)


class Line(asyncio.Protocol):
    """One connection to a world; what it drives drops when it ends (see `Wiring`)."""

    def __init__(self, wiring: Wiring, pace: Pace) -> None:
        self._wiring = wiring
        self._pace = pace
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody connected."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each line; end a connection that sends endless ones."""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        if self._transport:
            self._transport.writelines(msgspec.json.encode(self.answer(line)) + b"\n" for line in lines)
            if len(self._buffer) > _LONGEST_LINE:
                self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """Drop what this line drove."""
        self._pace.catch_up()
        self._wiring.cut(self)

    def answer(self, line: bytes) -> Reply:
        """The reply to one line."""
        self._pace.catch_up()
        try:
            return Reply(self._wiring.perform(self, _REQUESTS.decode(line)))
        except (HardwareError, msgspec.DecodeError) as error:
            return Reply(error=str(error))


async def listen(wiring: Wiring, pace: Pace, host: str, port: int) -> asyncio.Server:
    """Serve a world's lines; `PortTaken`."""
    try:
        return await asyncio.get_running_loop().create_server(lambda: Line(wiring, pace), host, port)
    except OSError as error:
        raise PortTaken(f"port {port} is taken") from error


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
