"""The I2C bus of a Raspberry Pi as the kernel offers it: one device, plain writes."""

import fcntl
import os
from contextlib import suppress

from hardware.errors import I2cFailed

I2C_SLAVE = 0x0703


class I2cDevice:
    """A device at an address of /dev/i2c-BUS; `I2cFailed` says what to check. Writing waits for the bus."""

    def __init__(self, bus: int, address: int) -> None:
        self._bus, self._address = bus, address
        self._file: int | None = None

    def write(self, message: bytes) -> None:
        """One message to the device; after a failure the next one tries anew."""
        try:
            os.write(self._opened(), message)
        except OSError as error:
            self.close()
            check = f"is it wired and powered, is that its address (i2cdetect -y {self._bus}), is I2C switched on?"
            raise I2cFailed(f"I2C device 0x{self._address:02x} does not answer ({error.strerror}): {check}") from error

    def close(self) -> None:
        """Let go of the bus."""
        if self._file is not None:
            with suppress(OSError):
                os.close(self._file)
        self._file = None

    def _opened(self) -> int:
        if self._file is None:
            self._file = os.open(f"/dev/i2c-{self._bus}", os.O_RDWR)
            fcntl.ioctl(self._file, I2C_SLAVE, self._address)
        return self._file
