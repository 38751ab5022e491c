"""A card reader that says numbers on a serial port as long as a card is there, or once."""

import termios
from collections.abc import Callable, Iterable
from typing import Annotated

from msgspec import Meta, Struct
from serial import Serial

from hardware.device_file import SERIAL, amiss
from hardware.errors import ReaderSilent
from hardware.readers.forms import Form

FAILURES = (OSError, termios.error)
"""What pyserial raises: a port that is pulled out shows as either, and they share no ancestor."""
LONGEST = 256
TORN = b"\0"
"""Stands before what has lost its beginning; no number has such a byte."""

Cut = Callable[[bytes], tuple[list[bytes], bytes]]
"""What was heard -> the card numbers in it, and what may be the beginning of another."""


PortName = Annotated[str, Meta(min_length=1)]


def unheard(port: str) -> ReaderSilent:
    """What to say, and to check, when a reader's port cannot be opened or read."""
    why = amiss(port, SERIAL) or f"{port} cannot be used: check that no other program has it (fuser {port})"
    return ReaderSilent(f"the card reader cannot be heard: {why}")


class Port(Struct, frozen=True, forbid_unknown_fields=True):
    """The serial port, and the form of the idTags that are made of what is heard there."""

    serial_port: PortName
    baud: Annotated[int, Meta(ge=300, le=1_000_000)] = 9600
    form: Form = "hex"


class SerialSource:
    """Numbers as `cut` finds them in what is heard, but for those that may have been cut off: when the port was opened,
    or by a pause. `begun` is None until it is known that nobody is in the middle of a number."""

    pause_s = 0.05
    misses = 20

    def __init__(self, port: Port, cut: Cut) -> None:
        self._port = port
        self._cut = cut
        self._serial: Serial | None = None
        self._begun: bytes | None = None

    def seen(self) -> Iterable[bytes]:
        """The numbers heard since the last question; `ReaderSilent` while the port cannot be used."""
        heard = self._read()
        if not heard:
            self._begun = TORN if self._begun else b""
            return ()
        numbers, begun = self._cut((TORN if self._begun is None else self._begun) + heard)
        self._begun = begun if len(begun) < LONGEST else TORN
        return numbers

    def close(self) -> None:
        """Give the port back."""
        port, self._serial, self._begun = self._serial, None, None
        if port is not None:
            port.close()

    def _read(self) -> bytes:
        try:
            if self._serial is None:
                self._serial = Serial(self._port.serial_port, self._port.baud, timeout=0, exclusive=True)
            return bytes(self._serial.read(4096))
        except FAILURES as error:
            self.close()
            raise unheard(self._port.serial_port) from error
