"""RDM6300 and its like on a serial port: EM4100 cards of 125 kHz, five bytes; 9600 baud, 8N1."""

import re

from hardware.readers.polled import PolledReader
from hardware.readers.serial_port import Port as Settings
from hardware.readers.serial_port import SerialSource

FRAME = re.compile(rb"\x02([0-9A-Fa-f]{10})([0-9A-Fa-f]{2})(?:\r\n)?\x03")
START = b"\x02"


def cut(heard: bytes) -> tuple[list[bytes], bytes]:
    """Numbers whose check byte (the exclusive or of the five) is right, and what follows the last start byte."""
    frames = list(FRAME.finditer(heard))
    rest = heard[frames[-1].end() if frames else 0 :]
    pairs = [(bytes.fromhex(frame[1].decode()), int(frame[2], 16)) for frame in frames]
    begun = rest.rfind(START)
    return [uid for uid, check in pairs if _check(uid) == check], rest[begun:] if begun >= 0 else b""


def _check(uid: bytes) -> int:
    return uid[0] ^ uid[1] ^ uid[2] ^ uid[3] ^ uid[4]


def make(settings: Settings) -> PolledReader:
    """The reader; the port is opened when the first tap is awaited."""
    return PolledReader(SerialSource(settings, cut), settings.form)
