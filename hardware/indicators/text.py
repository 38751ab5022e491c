"""A display of text: in pages that are turned where it does not fit into one."""

import asyncio
import threading
import unicodedata
from contextlib import suppress
from itertools import cycle
from textwrap import wrap
from typing import Generic, Protocol, TypeVar

from hardware.errors import HardwareError
from hardware.ports import Signal

P = TypeVar("P")
PAGE_S = 2.0


class Screen(Protocol[P]):
    """What a display can do: lay a text out (at least one page), show a page with so much light, be let go of.

    Drawing waits for the bus; it sets the display up anew each time, so that it may also be replugged. `HardwareError`.
    """

    def pages(self, text: str) -> list[P]: ...
    def draw(self, page: P, light_percent: int) -> None: ...
    def close(self) -> None: ...


class TextDisplay(Generic[P]):
    """The port `Indicator` on a screen; without text it shows the signal's name."""

    def __init__(self, screen: Screen[P]) -> None:
        self._screen = screen
        self._drawing = threading.Lock()  # a page being turned in its thread is finished before the next begins
        self._turning: asyncio.Task[None] | None = None

    async def show(self, signal: Signal, text: str, light_percent: int = 100, blinks: int = 0) -> None:
        """Show it until the next one."""
        await self._stop()
        pages = self._screen.pages(text or signal.replace("_", " "))
        await asyncio.to_thread(self._draw, pages[0], light_percent)
        if len(pages) > 1:
            self._turning = asyncio.create_task(self._turn(pages, light_percent))

    async def close(self) -> None:
        """Dark and empty, if it can still be reached."""
        await self._stop()
        with suppress(HardwareError):
            await asyncio.to_thread(self._draw, self._screen.pages("")[0], 0)
        self._screen.close()

    async def _stop(self) -> None:
        if self._turning is not None:
            self._turning.cancel()
            with suppress(asyncio.CancelledError):
                await self._turning
        self._turning = None

    async def _turn(self, pages: list[P], light_percent: int) -> None:
        with suppress(HardwareError):
            for page in cycle((*pages[1:], pages[0])):
                await asyncio.sleep(PAGE_S)
                await asyncio.to_thread(self._draw, page, light_percent)

    def _draw(self, page: P, light_percent: int) -> None:
        with self._drawing:
            self._screen.draw(page, light_percent)


def pages(text: str, columns: int, rows: int) -> list[list[str]]:
    """The text in lines, as many to a page as the display has rows; letters lose the accents that it does not have."""
    lines = wrap(plain(text), columns) or [""]
    return [lines[first : first + rows] for first in range(0, len(lines), rows)]


def plain(text: str) -> str:
    """The text in ASCII."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
