"""A small OLED display (SSD1306, or SH1106) on I2C: 128 by 64 or 32 points, the text as large as fits.

Sources: SSD1306 data sheet, command table (9) and I2C interface (8.1.5); SH1106 data sheet: 132 columns, of which two
are hidden on either side. Both know the addressing by pages that is used here.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from hardware.i2c import I2cDevice
from hardware.indicators.letters import HEIGHT, LETTERS, WIDTH
from hardware.indicators.text import TextDisplay, pages, plain

COMMANDS, DATA = 0x00, 0x40
COLUMNS = 128
HIDDEN = {"ssd1306": 0, "sh1106": 2}
SCALES = (2, 1)
ON, OFF, CONTRAST, PAGE = 0xAF, 0xAE, 0x81, 0xB0
PINS = {64: 0x12, 32: 0x02}  # how the rows are led out: alternating, or one after the other

Picture = list[bytes]
"""Rows of eight points' height from the top, a byte for each column, the top point in the lowest bit."""


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """The bus, the address (0x3C, some 0x3D), how high the display is, and its controller (1.3 inch: mostly SH1106)."""

    bus: Annotated[int, Meta(ge=0, le=31)] = 1
    address: Annotated[int, Meta(ge=0x03, le=0x77)] = 0x3C
    height: Literal[32, 64] = 64
    controller: Literal["ssd1306", "sh1106"] = "ssd1306"


class Points:
    """The display as a screen of pictures; `I2cFailed`."""

    def __init__(self, settings: Settings) -> None:
        self._height, self._hidden = settings.height, HIDDEN[settings.controller]
        self._device = I2cDevice(settings.bus, settings.address)

    def pages(self, text: str) -> list[Picture]:
        """One page of large letters where it fits, else of small ones, else several of these."""
        return pictures(text, self._height)

    def draw(self, page: Picture, light_percent: int) -> None:
        """Set it up and replace what it shows: about 1.1 kB on the bus, 25 ms at 400 kHz."""
        self._command(
            0xD5, 0x80, 0xA8, self._height - 1, 0xD3, 0x00, 0x40, 0x8D, 0x14, 0x20, 0x02, 0xA1, 0xC8,
            0xDA, PINS[self._height], 0xD9, 0xF1, 0xDB, 0x40, 0xA4, 0xA6,
        )  # fmt: skip
        for number, row in enumerate(page):
            self._command(PAGE | number, self._hidden, 0x10)
            self._device.write(bytes((DATA,)) + row)
        self._command(CONTRAST, light_percent * 255 // 100, ON if light_percent else OFF)

    def close(self) -> None:
        """Let go of the bus."""
        self._device.close()

    def _command(self, *bytes_: int) -> None:
        self._device.write(bytes((COMMANDS, *bytes_)))


def pictures(text: str, height: int) -> list[Picture]:
    """The text on pages of that height, in the largest letters that break no word and need one page; else in small."""
    longest = max(map(len, plain(text).split()), default=0)
    for scale in SCALES:
        columns, rows = COLUMNS // (WIDTH * scale), height // (HEIGHT * scale)
        found = pages(text, columns, rows)
        if len(found) == 1 and longest <= columns:
            break
    return [_picture(lines, scale, height) for lines in found]


def _picture(lines: list[str], scale: int, height: int) -> Picture:
    drawn = [row for line in lines for row in _drawn(line, scale)]
    return [row.ljust(COLUMNS, b"\0") for row in (*drawn, *[b""] * (height // 8 - len(drawn)))]


def _drawn(line: str, scale: int) -> Picture:
    """One line: as many rows as its letters are high."""
    columns = b"".join(LETTERS[letter] for letter in line)
    if scale == 1:
        return [columns]
    wide = [_doubled(column) for column in columns for _ in range(2)]
    return [bytes(column & 0xFF for column in wide), bytes(column >> 8 for column in wide)]


def _doubled(column: int) -> int:
    """Each point twice as high."""
    return sum(0b11 << 2 * y for y in range(8) if column >> y & 1)


def make(settings: Settings) -> TextDisplay[Picture]:
    """The display; nothing is sent before it shows something."""
    return TextDisplay(Points(settings))
