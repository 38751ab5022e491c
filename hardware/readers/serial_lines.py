"""A reader that writes each card's number as a line on a serial port: USB readers, Wiegand converters, wedges."""

import re

from hardware.readers.forms import Form, number
from hardware.readers.heard import Cut
from hardware.readers.polled import PolledReader
from hardware.readers.serial_port import Port, SerialSource

END = re.compile(rb"[\r\n\x03]+")
AROUND = " \t\x02"
BETWEEN = str.maketrans("", "", " :-")


class Settings(Port, frozen=True, forbid_unknown_fields=True):
    """`writes` is the form in which the reader writes numbers."""

    writes: Form = "hex"


def lines(writes: Form) -> Cut:
    """Lines in this form; one that is no card's number is passed over. A line ends with CR, LF or ETX."""

    def cut(heard: bytes) -> tuple[list[bytes], bytes]:
        *whole, rest = END.split(heard)
        texts = (line.decode("latin-1").strip(AROUND).translate(BETWEEN) for line in whole)
        return [uid for text in texts if (uid := number(text, writes)) is not None], rest

    return cut


def make(settings: Settings) -> PolledReader:
    """The reader; the port is opened when the first tap is awaited."""
    return PolledReader(SerialSource(settings, lines(settings.writes)), settings.form)
