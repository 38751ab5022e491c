"""Card readers of every kind, and hands that hold cards to them and unplug them."""

import asyncio
import os
import struct
import sys
import tty
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from types import ModuleType
from typing import Protocol

import pytest

from hardware.ports import Part
from hardware.readers import keyboard
from hardware.readers.keyboard import Keyboard
from hardware.readers.mfrc522 import Mfrc522
from hardware.readers.pn532 import Pn532
from hardware.readers.polled import Source
from hardware.readers.serial_port import SerialSource
from hardware.simulation.requests import Tap
from tests.hardware.benches import Bench, here_bench
from tests.hardware.mfrc522.card import Card
from tests.hardware.mfrc522.chip import Chip
from tests.hardware.pn532 import Card as PlainCard
from tests.hardware.pn532 import Pn532 as RawPn532

PAUSE_S = 0.005
PATIENCE_S = 10


class Questions:
    """How often a driver has asked which cards are there: hands wait for that, since a busy machine asks less often."""

    def __init__(self, patch: pytest.MonkeyPatch, source: type[Source]) -> None:
        self._answered = 0
        ask = source.seen

        def seen(one: Source) -> Iterable[bytes]:
            try:
                return ask(one)
            finally:
                self._answered += 1

        patch.setattr(source, "seen", seen)
        patch.setattr(source, "pause_s", PAUSE_S)

    async def more(self, number: int) -> None:
        """Wait for so many whole ones from now on."""
        goal = self._answered + number + 1
        async with asyncio.timeout(PATIENCE_S):
            while self._answered < goal:
                await asyncio.sleep(PAUSE_S)

    async def if_any(self, number: int) -> None:
        """The same, but not where nobody asks yet."""
        if self._answered:
            await self.more(number)


class ReaderBench(Protocol):
    """A reader as people use it; `uids` are cards that it can read."""

    part: Part
    uids: tuple[bytes, ...]

    async def heard(self) -> None: ...
    async def hold(self, uid: bytes) -> None: ...
    def unplug(self) -> None: ...
    def plug(self) -> None: ...


class SimulatedBench:
    """The reader of a simulated outlet."""

    uids = (bytes.fromhex("04A1B2C3D4E5F6"), bytes.fromhex("04A1B2FF"))

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.part = Part("simulated", bench.spot)

    async def heard(self) -> None:
        """Until a reader that listens has asked."""
        await asyncio.sleep(0.1)

    async def hold(self, uid: bytes) -> None:
        """One card, once."""
        self._bench.do(Tap(self._bench.outlet, uid.hex().upper()))


class Mfrc522Bench:
    """An MFRC522 behind the package spidev."""

    uids = (bytes.fromhex("04A1B2C3D4E5F6"), bytes.fromhex("04A1B2FF"), bytes.fromhex("04112233445566778899"))
    part = Part("mfrc522", {"bus": 0, "device": 1})

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.chip = Chip(monotonic)
        self.opened: list[tuple[int, int]] = []
        spidev = ModuleType("spidev")
        spidev.SpiDev = lambda: Device(self)  # type: ignore[attr-defined]
        patch.setitem(sys.modules, "spidev", spidev)
        self._questions = Questions(patch, Mfrc522)

    async def heard(self) -> None:
        """Until it has asked."""
        await self._questions.more(1)

    async def hold(self, uid: bytes) -> None:
        """Long enough for a round or more."""
        self.chip.field = [Card(uid)]
        await self._questions.if_any(2)
        self.chip.field = []
        await self._questions.if_any(Mfrc522.misses)

    def unplug(self) -> None:
        """Its supply is gone."""
        self.chip.floats = 0xFF

    def plug(self) -> None:
        """And comes back."""
        self.chip.floats = None
        self.chip.brown_out()


class Device:
    """What is used of `spidev.SpiDev`."""

    def __init__(self, bench: Mfrc522Bench) -> None:
        self.xfer2 = bench.chip.xfer2
        self.close = bench.chip.close
        self._opened = bench.opened

    def open(self, bus: int, device: int) -> None:
        """The device file."""
        self._opened.append((bus, device))


class SerialBench:
    """A reader at a serial port, which is a pty under a name that stays."""

    def __init__(self, patch: pytest.MonkeyPatch, folder: Path) -> None:
        self._questions = Questions(patch, SerialSource)
        self._port = folder / "ttyUSB0"
        self.part = Part(self.driver, {"serial_port": str(self._port)})
        self.plug()

    driver: str

    def frame(self, uid: bytes) -> bytes:
        """What the reader says of a card."""
        raise NotImplementedError

    def say(self, data: bytes) -> None:
        """Bytes on the line."""
        os.write(self._master, data)

    async def heard(self) -> None:
        """Until all that was said is heard, and the silence after it."""
        await self._questions.more(2)

    async def hold(self, uid: bytes) -> None:
        """The card is said several times, then it is away for a while."""
        for _ in range(3):
            self.say(self.frame(uid))
            await asyncio.sleep(0.02)
        await self._questions.if_any(SerialSource.misses + 1)

    def plug(self) -> None:
        """The adapter is plugged in."""
        self._master, slave = os.openpty()
        tty.setraw(self._master)
        self._port.unlink(missing_ok=True)
        self._port.symlink_to(os.ttyname(slave))
        self._slave = slave

    def unplug(self) -> None:
        """It is pulled out."""
        os.close(self._slave)
        os.close(self._master)
        self._port.unlink(missing_ok=True)


class Rdm6300Bench(SerialBench):
    """125 kHz."""

    driver = "rdm6300"
    uids = (bytes.fromhex("1A003C2F5B"), bytes.fromhex("1A003C2F5C"))

    def frame(self, uid: bytes) -> bytes:
        check = uid[0] ^ uid[1] ^ uid[2] ^ uid[3] ^ uid[4]
        return b"\x02" + uid.hex().upper().encode() + f"{check:02X}".encode() + b"\x03"


class LinesBench(SerialBench):
    """Lines of hex."""

    driver = "serial-lines"
    uids = (bytes.fromhex("04A1B2C3D4E5F6"), bytes.fromhex("04A1B2FF"))

    def frame(self, uid: bytes) -> bytes:
        return uid.hex().encode() + b"\r\n"


class Pn532Bench:
    """A PN532 on a serial port."""

    uids = (bytes.fromhex("04A1B2C3D4E5F6"), bytes.fromhex("08A1B2FF"), bytes.fromhex("04112233445566778899"))

    def __init__(self, patch: pytest.MonkeyPatch, folder: Path) -> None:
        self._questions = Questions(patch, Pn532)
        port = folder / "ttyS0"
        self.part = Part("pn532", {"serial_port": str(port)})
        self.chip = RawPn532(port)
        self.plug, self.unplug = self.chip.plug, self.chip.unplug

    async def heard(self) -> None:
        """Until it has asked."""
        await self._questions.more(1)

    async def hold(self, uid: bytes) -> None:
        """Long enough for a round or more."""
        self.chip.hold(PlainCard(uid))
        await self._questions.if_any(2)
        self.chip.hold()
        await self._questions.if_any(Pn532.misses)


class KeyboardBench:
    """A reader that types, at a device file that is a pipe here, so that the kernel is not asked for the grab."""

    uids = (bytes.fromhex("04A1B2C3D4E5F6"), bytes.fromhex("04A1B2FF"))

    def __init__(self, patch: pytest.MonkeyPatch, folder: Path) -> None:
        self._questions = Questions(patch, Keyboard)
        patch.setattr(keyboard, "ioctl", lambda *asked: self.asked.append(asked[1:]))
        self.asked: list[tuple[int, ...]] = []
        self._file = folder / "event-kbd"
        self.part = Part("keyboard", {"device": str(self._file)})
        self.plug()

    def type(self, *codes: int) -> None:
        """Keys pressed and let go, each with what the kernel says around it."""
        for code in codes:
            for kind, number, value in ((4, 4, code), (1, code, 1), (0, 0, 0), (1, code, 0), (0, 0, 0)):
                os.write(self._keys, struct.pack("qqHHi", 1_700_000_000, 5, kind, number, value))

    async def heard(self) -> None:
        """Until all that was typed is heard, and the silence after it."""
        await self._questions.more(2)

    async def hold(self, uid: bytes) -> None:
        """The card is typed once, then it is away for a while."""
        self.type(*(KEYS[letter] for letter in uid.hex()), ENTER)
        await self._questions.if_any(Keyboard.misses + 1)

    def plug(self) -> None:
        """The reader is plugged in."""
        os.mkfifo(self._file)
        self._keys = os.open(self._file, os.O_RDWR)

    def unplug(self) -> None:
        """It is pulled out: what is open of it gives nothing but an error."""
        self._file.unlink()
        os.close(self._keys)


KEYS = {**dict(zip("1234567890", range(2, 12), strict=True)), "a": 30, "b": 48, "c": 46, "d": 32, "e": 18, "f": 33}
ENTER = 28
REAL = ("mfrc522", "pn532", "rdm6300", "serial-lines", "keyboard")


@contextmanager
def real_bench(kind: str, patch: pytest.MonkeyPatch, folder: Path) -> Iterator[ReaderBench]:
    """A real driver's reader."""
    if kind == "mfrc522":
        yield Mfrc522Bench(patch)
        return
    benches = {"pn532": Pn532Bench, "rdm6300": Rdm6300Bench, "serial-lines": LinesBench, "keyboard": KeyboardBench}
    bench = benches[kind](patch, folder)
    yield bench
    bench.unplug()


@contextmanager
def simulated_here() -> Iterator[SimulatedBench]:
    """In this process."""
    with here_bench() as bench:
        yield SimulatedBench(bench)
