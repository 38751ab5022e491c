"""NXP MFRC522 on SPI, through the package spidev. Its reset pin belongs on 3.3 V: the chip is reset by command."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import import_module
from typing import Annotated, Any, Protocol

from msgspec import Meta, Struct

from hardware.device_file import SPI, amiss
from hardware.errors import LibraryMissing, ReaderSilent
from hardware.readers.forms import Form
from hardware.readers.iso14443 import Answer, cards
from hardware.readers.polled import PolledReader

COMMAND, IRQ, ERROR, FIFO, FIFO_LEVEL, CONTROL, BIT_FRAMING, COLLISION = 1, 4, 6, 9, 0xA, 0xC, 0xD, 0xE
MODE, TX_CONTROL, TX_ASK, VERSION = 0x11, 0x14, 0x15, 0x37
TIMER_MODE, TIMER_PRESCALER, TIMER_RELOAD_HIGH, TIMER_RELOAD_LOW = 0x2A, 0x2B, 0x2C, 0x2D
IDLE, TRANSCEIVE, SOFT_RESET = 0x00, 0x0C, 0x0F
START_SEND, FLUSH, ALL_IRQS, RECEIVED, TIMED_OUT = 0x80, 0x80, 0x7F, 0x20, 0x01
COLLIDED, GARBLED, NO_POSITION = 0x08, 0x17, 0x20
ANTENNA = 0x03

# After a reset: a 25 us timer that starts with the end of each frame and stops after 2 ms, 100 % ASK,
# nothing after a collision, and the antenna on.
SETUP = (
    (TIMER_MODE, 0x80), (TIMER_PRESCALER, 0xA9), (TIMER_RELOAD_HIGH, 0), (TIMER_RELOAD_LOW, 80),
    (TX_ASK, 0x40), (MODE, 0x3D), (COLLISION, 0), (TX_CONTROL, 0x80 | ANTENNA),
)  # fmt: skip
RESET_S = 0.05
EXCHANGE_S = 0.003
LOOKS = 4
CHECK_EVERY = 8
RENEW_EVERY = 480


class Spi(Protocol):
    """What is used of `spidev.SpiDev`."""

    def xfer2(self, data: list[int]) -> list[int]: ...
    def close(self) -> None: ...


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where it is wired to (/dev/spidevBUS.DEVICE), and the form of its idTags."""

    bus: Annotated[int, Meta(ge=0)] = 0
    device: Annotated[int, Meta(ge=0)] = 0
    form: Form = "hex"


class Chip:
    """The chip's registers, and one exchange with cards through them."""

    def __init__(self, spi: Spi, sleep: Callable[[float], None] = time.sleep) -> None:
        self._spi = spi
        self._sleep = sleep

    def reset(self) -> None:
        """Begin anew; `ReaderSilent` when nothing answers like this chip."""
        self._write(COMMAND, SOFT_RESET)
        self._sleep(RESET_S)
        for register, value in SETUP:
            self._write(register, value)
        if not self.is_well():
            raise ReaderSilent("does not answer")

    def is_well(self) -> bool:
        """Whether it is there and its antenna on."""
        version, control = self._read(VERSION, TX_CONTROL)
        return version not in (0x00, 0xFF) and control & ANTENNA == ANTENNA

    def exchange(self, frame: bytes, last_bits: int = 0, align: int = 0) -> Answer | None:
        """One frame out, one in, in nine SPI transfers, in eight without an answer; `ReaderSilent` when it hangs."""
        framing = align << 4 | last_bits
        for register, *values in (
            (COMMAND, IDLE), (IRQ, ALL_IRQS), (FIFO_LEVEL, FLUSH), (FIFO, *frame),
            (BIT_FRAMING, framing), (COMMAND, TRANSCEIVE), (BIT_FRAMING, START_SEND | framing),
        ):  # fmt: skip
            self._write(register, *values)
        self._sleep(EXCHANGE_S)
        for _ in range(LOOKS):
            irq, error, level, collision = self._read(IRQ, ERROR, FIFO_LEVEL, COLLISION)
            if irq & (RECEIVED | TIMED_OUT):
                return self._answer(error, level, collision) if irq & RECEIVED else None
            self._sleep(EXCHANGE_S)
        raise ReaderSilent("hangs")

    def close(self) -> None:
        """Switch the antenna off and give the bus back."""
        self._write(TX_CONTROL, 0x80)
        self._spi.close()

    def _answer(self, error: int, level: int, collision: int) -> Answer | None:
        if error & GARBLED or not 0 < level <= 64:
            return None
        data = bytes(self._read(*[FIFO] * level))
        if not error & COLLIDED:
            return Answer(data)
        return None if collision & NO_POSITION else Answer(data, (collision & 0x1F) or 32)

    def _read(self, *registers: int) -> list[int]:
        return self._spi.xfer2([*(0x80 | register << 1 for register in registers), 0])[1:]

    def _write(self, register: int, *values: int) -> None:
        self._spi.xfer2([register << 1, *values])


class Mfrc522:
    """Cards in its field. About once a second it is asked whether it is well, and about once a minute without a card it
    is reset whether or not it says so, since some go deaf without a sign."""

    pause_s = 0.12
    misses = 3

    def __init__(self, where: str, opened: Callable[[], Chip]) -> None:
        self._where = where
        self._opened = opened
        self._chip: Chip | None = None
        self._rounds = self._empty = 0

    def seen(self) -> Iterable[bytes]:
        """The UIDs of the cards in the field; `ReaderSilent`."""
        try:
            found = cards(self._well())
        except (ReaderSilent, OSError) as error:
            self.close()
            why = amiss(self._where, SPI) or f"{self._where} {error}: check its wiring, its 3.3 V and its RST on 3.3 V"
            raise ReaderSilent(f"the MFRC522 cannot be read: {why}") from error
        self._empty += not found
        return found

    def close(self) -> None:
        """Antenna off, bus given back."""
        chip, self._chip = self._chip, None
        if chip is not None:
            with suppress(OSError):
                chip.close()

    def _well(self) -> Chip:
        if self._chip is None:
            self._chip, self._rounds, self._empty = self._opened(), 0, RENEW_EVERY
        self._rounds += 1
        if self._empty >= RENEW_EVERY or (self._rounds % CHECK_EVERY == 0 and not self._chip.is_well()):
            self._chip.reset()
            self._empty = 0
        return self._chip


def make(settings: Settings) -> PolledReader:
    """The reader; nothing is sent before its first tap is awaited. `LibraryMissing`."""
    spidev = _library()

    def opened() -> Chip:
        spi = spidev.SpiDev()
        spi.open(settings.bus, settings.device)
        spi.max_speed_hz = 1_000_000
        return Chip(spi)

    return PolledReader(Mfrc522(f"/dev/spidev{settings.bus}.{settings.device}", opened), settings.form)


def _library() -> Any:
    try:
        return import_module("spidev")
    except ImportError as error:
        raise LibraryMissing(f"the reader mfrc522 needs the package spidev ({error}): type `make pi`") from error
