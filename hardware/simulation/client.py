"""The line of a simulated part to its world: a loopback socket, or a world in this process; synchronous and small."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

import msgspec
from msgspec import Struct

from hardware.errors import BadPartSettings, WorldLost, WorldRefused
from hardware.simulation.requests import Request
from hardware.simulation.wiring import Reply, Wiring
from hardware.world import World

T = TypeVar("T")
_HERE: dict[str, Wiring] = {}


class Spot(Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of every simulated part: a world ("host:port", or "here:NAME" for tests) and an outlet in it."""

    world: str
    outlet: str


class WorldLink(Protocol):
    """Requests to a world. `WorldLost` when it does not answer (the next request tries anew), `WorldRefused`."""

    def ask(self, request: Request, kind: type[T]) -> T: ...
    def tell(self, request: Request) -> None: ...
    def close(self) -> None: ...


def connect(world: str) -> WorldLink:
    """A line to the world of that name; nothing is sent before the first request."""
    scheme, _, name = world.rpartition(":")
    if scheme == "here":
        return HereLink(name)
    if not scheme or not name.isdecimal():
        raise BadPartSettings(f"world {world!r}: expected host:port, for example 127.0.0.1:7700")
    return SocketLink(scheme, int(name))


@contextmanager
def here(name: str, world: World, *, kept: bool = False) -> Iterator[str]:
    """Let parts with the setting world = "here:NAME" find this world; yields that setting's value."""
    _HERE[name] = Wiring(world, kept)
    try:
        yield f"here:{name}"
    finally:
        del _HERE[name]


class HereLink:
    """A line to a world in this process."""

    def __init__(self, name: str) -> None:
        self._name = name

    def ask(self, request: Request, kind: type[T]) -> T:
        """The result of that request."""
        result: T = self._wiring().perform(self, request)
        return result

    def tell(self, request: Request) -> None:
        """A request without a result."""
        self._wiring().perform(self, request)

    def close(self) -> None:
        """Cut the line."""
        if self._name in _HERE:
            _HERE[self._name].cut(self)

    def _wiring(self) -> Wiring:
        if self._name not in _HERE:
            raise WorldLost(f"no world named {self._name!r} is open in this process")
        return _HERE[self._name]


class SocketLink:
    """A line to a world's process: JSON lines over TCP."""

    def __init__(self, host: str, port: int, timeout_s: float = 0.5) -> None:
        self._address = (host, port)
        self._timeout_s = timeout_s
        self._socket: socket.socket | None = None
        self._buffer = b""

    def ask(self, request: Request, kind: type[T]) -> T:
        """The result of that request."""
        return msgspec.convert(self._exchange(request), kind)

    def tell(self, request: Request) -> None:
        """A request without a result."""
        self._exchange(request)

    def close(self) -> None:
        """Cut the line."""
        if self._socket:
            self._socket.close()
        self._socket = None
        self._buffer = b""

    def _exchange(self, request: Request) -> object:
        try:
            reply = msgspec.json.decode(self._answer(msgspec.json.encode(request) + b"\n"), type=Reply)
        except (OSError, msgspec.DecodeError) as error:
            self.close()
            host, port = self._address
            why = getattr(error, "strerror", None) or error
            raise WorldLost(
                f"the simulated world at {host}:{port} does not answer ({why}): check that `bollard world` runs there"
            ) from error
        if reply.error is not None:
            raise WorldRefused(reply.error)
        return reply.result

    def _answer(self, line: bytes) -> bytes:
        connection = self._socket = self._socket or self._connected()
        connection.sendall(line)
        while b"\n" not in self._buffer:
            received = connection.recv(65_536)
            if not received:
                raise ConnectionResetError("it closed the connection")
            self._buffer += received
        answer, _, self._buffer = self._buffer.partition(b"\n")
        return answer

    def _connected(self) -> socket.socket:
        connection = socket.create_connection(self._address, self._timeout_s)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection
