"""A character display (HD44780) behind a PCF8574 on I2C, the usual backpack: 16x2 or 20x4 letters.

Source: HD44780U data sheet, initialising by instruction with four lines; P0 RS, P1 RW, P2 E, P3 backlight, P4-7 D4-7.
"""

import asyncio
import threading
import time
import unicodedata
from contextlib import suppress
from itertools import cycle
from textwrap import wrap
from typing import Annotated, Literal

from msgspec import Meta, Struct

from hardware.errors import HardwareError
from hardware.i2c import I2cDevice
from hardware.ports import Signal

RS, ENABLE, BACKLIGHT = 0x01, 0x04, 0x08
RESET = (0x33, 0x32)  # three times eight lines, then four: from whatever state it was in
SET_UP = (0x28, 0x0C, 0x06, 0x01)  # two rows, display on, to the right, clear
CLEAR_S = 0.005
ROWS = (0x80, 0xC0, 0x94, 0xD4)
PAGE_S = 2.0


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """The bus, the backpack's address (0x27 or 0x3F mostly) and the size of the display."""

    bus: Annotated[int, Meta(ge=0, le=31)] = 1
    address: Annotated[int, Meta(ge=0x03, le=0x77)] = 0x27
    columns: Annotated[int, Meta(ge=8, le=20)] = 16
    rows: Literal[2, 4] = 2


class Display:
    """Shows the text, in pages when it is too long; `I2cFailed`. Set up anew each time, it may also be replugged."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._device = I2cDevice(settings.bus, settings.address)
        self._drawing = threading.Lock()  # a page being turned in its thread is finished before the next begins
        self._turning: asyncio.Task[None] | None = None

    async def show(self, signal: Signal, text: str, light_percent: int = 100, blinks: int = 0) -> None:
        """Show it until the next one; without text, the signal's name. The backlight is on or off."""
        await self._stop()
        light = BACKLIGHT if light_percent else 0
        all_pages = pages(text or signal.replace("_", " "), self._settings.columns, self._settings.rows)
        await asyncio.to_thread(self._draw, all_pages[0], light)
        if len(all_pages) > 1:
            self._turning = asyncio.create_task(self._turn(all_pages, light))

    async def close(self) -> None:
        """Dark and empty, if it can still be reached."""
        await self._stop()
        with suppress(HardwareError):
            await asyncio.to_thread(self._draw, [], 0)
        self._device.close()

    async def _stop(self) -> None:
        if self._turning is not None:
            self._turning.cancel()
            with suppress(asyncio.CancelledError):
                await self._turning
        self._turning = None

    async def _turn(self, all_pages: list[list[str]], light: int) -> None:
        with suppress(HardwareError):
            for page in cycle((*all_pages[1:], all_pages[0])):
                await asyncio.sleep(PAGE_S)
                await asyncio.to_thread(self._draw, page, light)

    def _draw(self, page: list[str], light: int) -> None:
        with self._drawing:
            for command in (*RESET, *SET_UP):
                self._device.write(_sent(command, light))
                time.sleep(CLEAR_S)
            for row, line in zip(ROWS, page, strict=False):
                self._device.write(
                    _sent(row, light) + b"".join(_sent(code, light | RS) for code in line.encode("ascii"))
                )


def pages(text: str, columns: int, rows: int) -> list[list[str]]:
    """The text in lines, as many to a page as the display has rows; letters lose the accents that it does not have."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    lines = wrap(plain, columns) or [""]
    return [lines[first : first + rows] for first in range(0, len(lines), rows)]


def _sent(code: int, flags: int) -> bytes:
    """A byte as two halves, each taken over when E falls."""
    halves = (code & 0xF0 | flags, (code << 4) & 0xF0 | flags)
    return bytes(part for half in halves for part in (half, half | ENABLE, half))


make = Display
