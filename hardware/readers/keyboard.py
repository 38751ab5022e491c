"""A reader that plays a keyboard: it types each card's number and Enter. It is taken from everybody else, so that no
number ends in a login prompt.

Source: the kernel's linux/input.h (input_event, EVIOCGRAB) and input-event-codes.h.
"""

import os
import struct
from fcntl import ioctl
from typing import Annotated

from msgspec import Meta, Struct

from hardware.device_file import KEYS, amiss
from hardware.errors import ReaderSilent
from hardware.readers.forms import Form
from hardware.readers.heard import Heard
from hardware.readers.polled import PolledReader
from hardware.readers.serial_lines import lines

EVENT = struct.Struct("@llHHi")
GRAB = 0x4004_4590
KEY, PRESSED = 1, 1
MOST_EVENTS = 256
LETTERS = {
    **dict(zip(range(2, 12), b"1234567890", strict=True)),
    **dict(zip((79, 80, 81, 75, 76, 77, 71, 72, 73, 82), b"1234567890", strict=True)),
    **dict(zip((30, 48, 46, 32, 18, 33), b"ABCDEF", strict=True)),
    28: ord("\n"),
    96: ord("\n"),
}
"""Key -> what it types where the reader is set to a US keyboard; no other key is in a number."""


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Its device file, best /dev/input/by-id/usb-...-event-kbd, the form in which it types, and that of its idTags."""

    device: Annotated[str, Meta(pattern="^/")]
    writes: Form = "hex"
    form: Form = "hex"


class Keyboard(Heard):
    """What is typed at one keyboard."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(lines(settings.writes))
        self._device = settings.device
        self._file: int | None = None

    def read(self) -> bytes:
        """The letters typed since the last question; `ReaderSilent`."""
        try:
            if self._file is None:
                self._file = os.open(self._device, os.O_RDONLY | os.O_NONBLOCK)
                ioctl(self._file, GRAB, 1)
            events = os.read(self._file, MOST_EVENTS * EVENT.size)
            if not events:
                raise OSError("it is gone")
            return _typed(events)
        except BlockingIOError:
            return b""
        except OSError as error:
            self.close()
            taken = f"{self._device} is no keyboard, or taken: check its name (ls /dev/input/by-id)"
            why = amiss(self._device, KEYS) or taken
            raise ReaderSilent(f"the card reader cannot be heard: {why}") from error

    def close(self) -> None:
        """Give the keyboard back."""
        super().close()
        file, self._file = self._file, None
        if file is not None:
            os.close(file)


def _typed(events: bytes) -> bytes:
    pressed = (code for *_, kind, code, value in EVENT.iter_unpack(events) if (kind, value) == (KEY, PRESSED))
    return bytes(LETTERS[code] for code in pressed if code in LETTERS)


def make(settings: Settings) -> PolledReader:
    """The reader; the device is opened when the first tap is awaited."""
    return PolledReader(Keyboard(settings), settings.form)
