"""What many browsers want to know at once is looked up once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Shared:
    """Belongs to one event loop. Of each key one read runs at most, and one waits for it."""

    def __init__(self) -> None:
        self._running: dict[Hashable, asyncio.Future[Any]] = {}
        self._waiting: dict[Hashable, asyncio.Future[Any]] = {}

    async def get(self, key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        """What a read finds that began after this was asked, so it knows of everything that was committed by then.

        All who ask before it begins share it, and what it raises; it goes on when one of them goes away.
        """
        waiting = self._waiting.get(key)
        if waiting is None:
            waiting = asyncio.ensure_future(self._turn(key, self._running.get(key), read))
            waiting.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._waiting[key] = waiting
        found: T = await asyncio.shield(waiting)
        return found

    async def _turn(self, key: Hashable, before: asyncio.Future[Any] | None, read: Callable[[], Awaitable[T]]) -> T:
        if before is not None:
            await asyncio.wait({before})
        mine = self._running[key] = self._waiting.pop(key)
        try:
            return await read()
        finally:
            if self._running.get(key) is mine:
                del self._running[key]
