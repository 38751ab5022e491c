"""sd_notify(3): tells systemd READY=1 and WATCHDOG=1; says nothing where systemd did not ask."""

import os
import socket
from collections.abc import Callable
from contextlib import suppress

Notify = Callable[[bytes], None]


def notifier() -> Notify:
    """A function that sends one message to the socket named in NOTIFY_SOCKET; it never waits and never raises."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return lambda message: None
    notification = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notification.setblocking(False)
    target = "\0" + address[1:] if address.startswith("@") else address

    def notify(message: bytes) -> None:
        with suppress(OSError):
            notification.sendto(message, target)

    return notify
