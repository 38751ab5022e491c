"""The log of messages, off the answering path: a bounded queue, and a writer that leaves the database to others."""

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import Connection

from cloud.db.database import Database
from cloud.db.errors import Unavailable
from cloud.domain.messages import Message
from cloud.ocpp.budget import Budget
from cloud.services import traces

MOST_WAITING = 10_000
MOST_WAITING_CHARACTERS = 8 * 1024 * 1024
LARGEST_BATCH = 200
EVERY_S = 1.0
REST = 4  # times as long as a batch took, the writer leaves the database to others
LAST_WORDS_S = 2.0
TOLD, TOLD_PER_S = 1, 60

logger = logging.getLogger("bollard.cloud")


class Journal:
    """Messages that wait to be kept; `dropped` counts, by reason, those that will not be."""

    def __init__(self, db: Database, days: int) -> None:
        self._db = db
        self._kept = days > 0
        self._waiting: deque[Message] = deque()
        self._characters = 0
        self._told = Budget(TOLD, TOLD_PER_S)
        self.dropped: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def put(self, message: Message) -> None:
        """Have a message kept soon, if there is room."""
        if not self._kept:
            return
        if len(self._waiting) >= MOST_WAITING or self._characters >= MOST_WAITING_CHARACTERS:
            self.drop("full")
            return
        self._waiting.append(message)
        self._characters += len(message.text)

    def drop(self, reason: str, count: int = 1) -> None:
        """Count messages that are not kept, and say so now and then."""
        self.dropped[reason] += count
        if self._told.spend(time.monotonic()):
            counts = ", ".join(f"{reason} {count}" for reason, count in self.dropped.items())
            logger.warning("the message log is not complete; dropped so far: %s", counts)

    async def run(self) -> None:
        """Write what waits, every second, until cancelled; then what still waits, as far as a short time allows."""
        try:
            while True:
                await asyncio.sleep(EVERY_S)
                await self._write_all()
        finally:
            await self._last_words()

    async def _write_all(self) -> None:
        while self._waiting and self._db.available:
            began = time.monotonic()
            if not await self._write(self._batch()):
                return
            await asyncio.sleep(REST * (time.monotonic() - began))

    async def _write(self, batch: Sequence[Message]) -> bool:
        """Whether it was committed or can never be; while the database cannot commit, the batch waits on."""

        def unit(conn: Connection) -> None:
            traces.keep(conn, batch)

        (failed,) = await asyncio.gather(self._db.write(unit), return_exceptions=True)
        if isinstance(failed, Unavailable):
            self._waiting.extendleft(reversed(batch))
            self._characters += sum(len(message.text) for message in batch)
            return False
        if failed is not None:
            self.drop("refused", len(batch))
            logger.error("messages could not be logged: %r", failed)
        return True

    def _batch(self) -> list[Message]:
        batch = [self._waiting.popleft() for _ in range(min(LARGEST_BATCH, len(self._waiting)))]
        self._characters -= sum(len(message.text) for message in batch)
        return batch

    async def _last_words(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S):
                while self._waiting and self._db.available and await self._write(self._batch()):
                    pass
        if self._waiting:
            self.drop("shutdown", len(self._waiting))
