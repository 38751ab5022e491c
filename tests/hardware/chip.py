"""The pins of a Raspberry Pi and its I2C bus, for processes that run under chip.c instead of a kernel with a chip."""

import errno
import os
import socket
import struct
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from hardware.gpio import Level, floats_to

SHIM = Path(__file__).parent / "chip.c"
USED, INPUT, OUTPUT, PULLED_UP, PULLED_DOWN = 1 << 0, 1 << 2, 1 << 3, 1 << 8, 1 << 9
PI_4 = "c03114"


def build_shim(folder: Path) -> Path:
    """Compile chip.c; needs gcc."""
    library = folder / "chip.so"
    subprocess.run(["gcc", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, SHIM, "-ldl"], check=True)
    return library


@dataclass
class Pin:
    """One pin: what drives it from inside, from outside and by resistors, and every level it has had."""

    floats: Level
    owner: socket.socket | None = None
    flags: int = 0
    driven: Level | None = None
    outside: Level | None = None
    history: list[tuple[int, Level]] = field(default_factory=list)

    @property
    def level(self) -> Level:
        """What one would measure."""
        bias = {PULLED_UP: Level.HIGH, PULLED_DOWN: Level.LOW}.get(self.flags & (PULLED_UP | PULLED_DOWN))
        return self.driven or self.outside or bias or self.floats


class Chip:
    """Serves processes under chip.c. `kept`: a line that its process let go of stays driven; else it floats."""

    def __init__(self, folder: Path, shim: Path, kept: bool) -> None:
        self.environment = {
            **os.environ,
            "LD_PRELOAD": str(shim),
            "CHIP_SOCKET": str(folder / "chip.sock"),
            "LG_WD": str(folder),
            "RPI_LGPIO_REVISION": PI_4,
            "RPI_LGPIO_CHIP": "0",
        }
        self.devices: set[int] = set()
        self.written: list[tuple[int, bytes]] = []
        self._kept = kept
        self._pins = {number: Pin(floats_to(number)) for number in range(54)}
        self._followers: dict[int, list[Callable[[Level], None]]] = defaultdict(list)
        self._lock = threading.RLock()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(self.environment["CHIP_SOCKET"])
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def level(self, pin: int) -> Level:
        """What one would measure at this pin."""
        with self._lock:
            return self._pins[pin].level

    def history(self, pin: int) -> list[tuple[int, Level]]:
        """Every change of its level, in monotonic ms."""
        with self._lock:
            return list(self._pins[pin].history)

    def pull(self, pin: int, level: Level) -> None:
        """Solder a resistor to it."""
        self._pins[pin].floats = level

    def hold(self, pin: int, level: Level | None) -> None:
        """Connect it outside to a level, or to nothing."""
        with self._changing(pin) as one:
            one.outside = level

    def follow(self, pin: int, follower: Callable[[Level], None]) -> None:
        """Call this with every new level of that pin."""
        self._followers[pin].append(follower)

    def close(self) -> None:
        """Serve no longer."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    @contextmanager
    def _changing(self, number: int) -> Iterator[Pin]:
        with self._lock:
            pin = self._pins[number]
            before = pin.level
            yield pin
            if pin.level is not before:
                pin.history.append((time.monotonic_ns() // 1_000_000, pin.level))
                for follower in self._followers[number]:
                    follower(pin.level)

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        try:
            with line, suppress(ConnectionError):
                self._converse(line)
        finally:
            self._let_go(line)

    def _converse(self, line: socket.socket) -> None:
        address: int | None = None
        while message := line.recv(4096):
            if address is not None:
                self.written.append((address, message))
                continue
            what, pin, value, flags = struct.unpack("<cBBxI", message)
            if what == b"A":
                address = pin
                if address not in self.devices:
                    line.shutdown(socket.SHUT_RD)
            line.sendall(struct.pack("<iI", *self._answer(line, what.decode(), pin, value, flags)))

    def _answer(self, line: socket.socket, what: str, pin: int, value: int, flags: int) -> tuple[int, int]:
        """errno (0: done) and a value."""
        match what:
            case "L":
                return self._request(line, pin, value, flags), 0
            case "I":
                return 0, self._pins[pin].flags
            case "S":
                with self._changing(self._owned(line)) as one:
                    one.driven = _level(value)
                return 0, 0
            case "G":
                return 0, int(self.level(self._owned(line)) is Level.HIGH)
            case _:
                return 0, 0

    def _request(self, line: socket.socket, number: int, value: int, flags: int) -> int:
        with self._changing(number) as pin:
            if pin.owner is not None:
                return errno.EBUSY
            pin.owner, pin.flags = line, flags | USED
            pin.driven = _level(value) if flags & OUTPUT else None
        return 0

    def _owned(self, line: socket.socket) -> int:
        return next(number for number, pin in self._pins.items() if pin.owner is line)

    def _let_go(self, line: socket.socket) -> None:
        for number in [number for number, pin in self._pins.items() if pin.owner is line]:
            with self._changing(number) as pin:
                pin.owner, pin.flags = None, 0
                pin.driven = pin.driven if self._kept else None


def _level(value: int) -> Level:
    return Level.HIGH if value else Level.LOW


@contextmanager
def chip(folder: Path, *, kept: bool) -> Iterator[Chip]:
    """A chip of its own, its socket in that folder."""
    one = Chip(folder, build_shim(folder), kept)
    try:
        yield one
    finally:
        one.close()
