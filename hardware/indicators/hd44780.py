"""A character display (HD44780) behind a PCF8574 on I2C, the usual backpack: 16x2 or 20x4 letters.

Source: HD44780U data sheet, initialising by instruction with four lines; P0 RS, P1 RW, P2 E, P3 backlight, P4-7 D4-7.
"""

import time
from typing import Annotated, Literal

from msgspec import Meta, Struct

from hardware.i2c import I2cDevice
from hardware.indicators.text import TextDisplay, pages

RS, ENABLE, BACKLIGHT = 0x01, 0x04, 0x08
RESET = (0x30, 0x30, 0x30, 0x20)  # halves: three times eight lines, then four, from whatever state it was in
SET_UP = (0x28, 0x0C, 0x06, 0x01)  # two rows, display on, to the right, clear
SETTLED_S = 0.005  # the first half needs 4.1 ms, clearing 1.52 ms; letters need 37 us, and come no faster at 400 kHz
ROWS = (0x80, 0xC0, 0x94, 0xD4)


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """The bus, the backpack's address (0x27 or 0x3F mostly) and the size of the display."""

    bus: Annotated[int, Meta(ge=0, le=31)] = 1
    address: Annotated[int, Meta(ge=0x03, le=0x77)] = 0x27
    columns: Annotated[int, Meta(ge=8, le=20)] = 16
    rows: Literal[2, 4] = 2


class Letters:
    """The display as a screen of lines; `I2cFailed`. Its light is on or off."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._device = I2cDevice(settings.bus, settings.address)

    def pages(self, text: str) -> list[list[str]]:
        """As many lines to a page as there are rows."""
        return pages(text, self._settings.columns, self._settings.rows)

    def draw(self, page: list[str], light_percent: int) -> None:
        """Set it up, clear it, and write these lines."""
        light = BACKLIGHT if light_percent else 0
        for message in (*(_half(half, light) for half in RESET), *(_byte(command, light) for command in SET_UP)):
            self._device.write(message)
            time.sleep(SETTLED_S)
        for row, line in zip(ROWS, page, strict=False):
            self._device.write(_byte(row, light) + b"".join(_byte(code, light | RS) for code in line.encode("ascii")))

    def close(self) -> None:
        """Let go of the bus."""
        self._device.close()


def _byte(code: int, flags: int) -> bytes:
    """A byte as two halves, the higher one first."""
    return _half(code & 0xF0, flags) + _half(code << 4 & 0xF0, flags)


def _half(lines: int, flags: int) -> bytes:
    """Four lines, taken over when E falls."""
    return bytes((lines | flags, lines | flags | ENABLE, lines | flags))


def make(settings: Settings) -> TextDisplay[list[str]]:
    """The display; nothing is sent before it shows something."""
    return TextDisplay(Letters(settings))
