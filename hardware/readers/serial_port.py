"""A card reader that says numbers on a serial port as long as a card is there, or once."""

import termios
from typing import Annotated

from msgspec import Meta, Struct
from serial import Serial

from hardware.device_file import SERIAL, amiss
from hardware.errors import ReaderSilent
from hardware.readers.forms import Form
from hardware.readers.heard import Cut, Heard

FAILURES = (OSError, termios.error)
"""What pyserial raises: a port that is pulled out shows as either, and they share no ancestor."""

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


class SerialSource(Heard):
    """What is said at a serial port."""

    def __init__(self, port: Port, cut: Cut) -> None:
        super().__init__(cut)
        self._port = port
        self._serial: Serial | None = None

    def close(self) -> None:
        """Give the port back."""
        super().close()
        port, self._serial = self._serial, None
        if port is not None:
            port.close()

    def read(self) -> bytes:
        """What was said since the last question."""
        try:
            if self._serial is None:
                self._serial = Serial(self._port.serial_port, self._port.baud, timeout=0, exclusive=True)
            return bytes(self._serial.read(4096))
        except FAILURES as error:
            self.close()
            raise unheard(self._port.serial_port) from error
