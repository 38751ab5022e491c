"""Writes that no station waits for: bounded, batched, and dropped rather than allowed to slow anything down."""

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy import Connection

from cloud.db.database import Database
from cloud.services.bell import Bell, Topic

LONGEST_QUEUE = 500
LARGEST_BATCH = 50

Unit = Callable[[Connection], object]
logger = logging.getLogger("bollard.cloud")


class Aside:
    """Units of work in a bounded queue, written together by `run`; `dropped` counts what found no place."""

    def __init__(self, db: Database, bell: Bell) -> None:
        self._db = db
        self._bell = bell
        self._queue: asyncio.Queue[tuple[Unit, Topic]] = asyncio.Queue(LONGEST_QUEUE)
        self.dropped = 0

    @property
    def waiting(self) -> int:
        return self._queue.qsize()

    def put(self, unit: Unit, topic: Topic) -> None:
        """Have `unit` written soon, then ring `topic`."""
        try:
            self._queue.put_nowait((unit, topic))
        except asyncio.QueueFull:
            self.dropped += 1

    async def run(self) -> None:
        """Write until cancelled; what the database cannot take is dropped and counted."""
        while True:
            batch = [await self._queue.get()]
            while len(batch) < LARGEST_BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self._write(batch)

    async def _write(self, batch: list[tuple[Unit, Topic]]) -> None:
        results = await asyncio.gather(*(self._db.write(unit) for unit, _ in batch), return_exceptions=True)
        if errors := [result for result in results if isinstance(result, BaseException)]:
            self.dropped += len(errors)
            logger.error("dropped %d notes: %r", len(errors), errors[0])
        self._bell.ring(*{topic for _, topic in batch})
