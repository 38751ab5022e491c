"""Waiting: for a while, until an alarm that may be moved meanwhile, and with growing patience."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol


class Timer(Protocol):
    """Monotonic seconds and sleep; tests have one whose time they advance."""

    def now_s(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...


class RealTimer:
    """The machine's own time."""

    def now_s(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


async def first_of(wanted: Awaitable[Any], other: Awaitable[Any]) -> bool:
    """Wait until one of them is done, give the other up, and say whether it was the wanted one."""
    tasks = [asyncio.ensure_future(wanted), asyncio.ensure_future(other)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return tasks[0].done()
    finally:
        for task in tasks:
            task.cancel()


async def in_own_task(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` to its end. A TaskGroup that fails while it is cancelled forgets the cancellation (Python 3.11); from
    inside a task of its own it can only forget it for itself."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task})
    finally:
        task.cancel()
        await asyncio.wait({task})
    await task


class Alarm:
    """A point in time to wait for, which may be moved while somebody waits."""

    def __init__(self, timer: Timer, first_s: float = 0.0) -> None:
        self._timer = timer
        self._at_s = timer.now_s() + first_s
        self._moved = asyncio.Event()

    def set_in(self, seconds: float) -> None:
        """Ring so many seconds from now; 0 is at once, infinity never."""
        self._at_s = self._timer.now_s() + seconds
        self._moved.set()

    async def wait(self) -> None:
        """Return once the time has come."""
        while (left_s := self._at_s - self._timer.now_s()) > 0:
            self._moved.clear()
            await first_of(self._timer.sleep(left_s), self._moved.wait())


@dataclass
class Patience:
    """Delays that double up to a limit, each shortened by chance so that a whole fleet does not come back at once."""

    first_s: float = 10.0
    longest_s: float = 300.0
    chance: Callable[[], float] = random.random
    failures: int = field(default=0, init=False)

    def next_s(self) -> float:
        """How long to wait after one more failure."""
        whole_s = min(self.longest_s, self.first_s * 2.0 ** min(self.failures, 30))
        self.failures += 1
        return whole_s * (0.1 + 0.9 * self.chance())

    def reset(self) -> None:
        """It worked."""
        self.failures = 0
