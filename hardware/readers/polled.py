"""A card reader that a thread asks again and again which cards are there: one tap for each that comes."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from hardware.errors import ReaderSilent
from hardware.ports import Tap
from hardware.readers.forms import Form, written

RETRY_S = 1.0


class Source(Protocol):
    """What can be asked which cards are there; it may block for some milliseconds, and is never asked from two threads.

    It wants `pause_s` between two questions; a card that was not seen `misses` times in a row has gone.
    """

    pause_s: float
    misses: int

    def seen(self) -> Iterable[bytes]:
        """The numbers of the cards that are there; `ReaderSilent` when it cannot tell, and then it is asked again."""

    def close(self) -> None:
        """Give back what was opened."""


class Presence:
    """Which cards are there, and how often in a row each was missed."""

    def __init__(self, misses: int) -> None:
        self._most = misses
        self._missed: dict[bytes, int] = {}

    def arrived(self, seen: Iterable[bytes]) -> list[bytes]:
        """Those seen that were not there before."""
        here = dict.fromkeys(seen, 0)
        new = [uid for uid in here if uid not in self._missed]
        missed = {uid: times + 1 for uid, times in self._missed.items() if uid not in here}
        self._missed = here | {uid: times for uid, times in missed.items() if times < self._most}
        return new


class PolledReader:
    """The port `TagReader` on a source; a thread of its own does what blocks."""

    def __init__(self, source: Source, form: Form) -> None:
        self._source = source
        self._form = form
        self._presence = Presence(source.misses)
        self._thread = ThreadPoolExecutor(1, type(source).__name__)
        self._trouble: str | None = None

    @property
    def trouble(self) -> str | None:
        """What keeps it from reading cards, with what to check; None while it works."""
        return self._trouble

    async def taps(self) -> AsyncIterator[Tap]:
        """Each card once as it comes, again only after it has gone; a reader that fails is tried for ever."""
        while True:
            for uid in self._presence.arrived(await self._seen()):
                yield Tap(written(uid, self._form), time.monotonic_ns() // 1_000_000)
            await asyncio.sleep(RETRY_S if self._trouble else self._source.pause_s)

    async def close(self) -> None:
        """Wait for the last question and close the source."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._source.close)
        self._thread.shutdown()

    async def _seen(self) -> Iterable[bytes]:
        try:
            seen = await asyncio.get_running_loop().run_in_executor(self._thread, self._source.seen)
        except ReaderSilent as error:
            self._trouble = str(error)
            return ()
        self._trouble = None
        return seen
