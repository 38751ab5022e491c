"""Why a device file cannot be used, in one sentence that says what to check."""

import errno
import os
from typing import NamedTuple

SINCE = "and that the Pi was restarted since"


class Kind(NamedTuple):
    """What to check where there is no such file, and the group whose members may open it."""

    check: str
    group: str


SERIAL = Kind(
    "that its adapter is plugged in, and its name (ls /dev/serial/by-id); for the Pi's own, that config.txt has"
    " enable_uart=1",
    "dialout",
)
I2C = Kind(f"that config.txt has dtparam=i2c_arm=on, {SINCE}", "i2c")
SPI = Kind(f"that config.txt has dtparam=spi=on, {SINCE}", "spi")
KEYS = Kind("that the reader is plugged in, and its name (ls /dev/input/by-id)", "input")
GONE = (errno.ENOENT, errno.ENOTDIR, errno.ENODEV, errno.ENXIO)
FORBIDDEN = (errno.EACCES, errno.EPERM)


def amiss(path: str, kind: Kind) -> str | None:
    """What is wrong with the file; None when it can be opened, so that what hangs on it is to blame."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK))
    except OSError as error:
        if error.errno in GONE:
            return f"{path} is not there: check {kind.check}"
        if error.errno in FORBIDDEN:
            return f"{path} may not be opened by this user: check that it is in the group {kind.group} (groups)"
        return f"{path} cannot be opened ({error.strerror}): check that no other program has it (fuser {path})"
    return None
