"""The I2C bus of a Raspberry Pi as the kernel offers it: plain messages to a device, and from it."""

import fcntl
import os
from contextlib import suppress

from hardware.device_file import I2C, amiss
from hardware.errors import I2cFailed

I2C_SLAVE = 0x0703


class I2cBus:
    """/dev/i2c-BUS with the methods of CircuitPython's `busio.I2C`, without its search for a board; OSError."""

    def __init__(self, bus: int) -> None:
        self.path = f"/dev/i2c-{bus}"
        self._files: dict[int, int] = {}

    def try_lock(self) -> bool:
        """The kernel lets nobody else into a message."""
        return True

    def unlock(self) -> None:
        """See `try_lock`."""

    def writeto(self, address: int, buffer: bytes, *, start: int = 0, end: int | None = None) -> None:
        """One message to a device."""
        os.write(self._opened(address), bytes(buffer)[start:end])

    def readfrom_into(self, address: int, buffer: bytearray, *, start: int = 0, end: int | None = None) -> None:
        """One message from a device, as long as the buffer."""
        length = len(buffer[start:end])
        buffer[start : start + length] = os.read(self._opened(address), length)

    def close(self) -> None:
        """Let go of the bus; the next message takes hold of it anew."""
        for file in self._files.values():
            with suppress(OSError):
                os.close(file)
        self._files.clear()

    def _opened(self, address: int) -> int:
        if address not in self._files:
            self._files[address] = os.open(self.path, os.O_RDWR)
            fcntl.ioctl(self._files[address], I2C_SLAVE, address)
        return self._files[address]


class I2cDevice:
    """A device at an address; `I2cFailed` says what to check. Writing waits for the bus."""

    def __init__(self, bus: int, address: int) -> None:
        self._number, self._address = bus, address
        self._bus = I2cBus(bus)

    def write(self, message: bytes) -> None:
        """One message to the device; after a failure the next one tries anew."""
        try:
            self._bus.writeto(self._address, message)
        except OSError as error:
            self.close()
            check = f"check its supply, SDA and SCL, and its address (i2cdetect -y {self._number})"
            why = amiss(self._bus.path, I2C) or f"it does not answer ({error.strerror}): {check}"
            raise I2cFailed(f"I2C device 0x{self._address:02x}: {why}") from error

    def close(self) -> None:
        """Let go of the bus."""
        self._bus.close()
