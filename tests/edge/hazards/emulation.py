"""Emulated time for asyncio and for every driver that looks at the monotonic clock: it passes only while all wait."""

import asyncio
import selectors
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest

T = TypeVar("T")


class _Instant(selectors.DefaultSelector):
    """Never waits: as long as nothing is ready, time jumps to what is due next."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "everybody waits for something that never comes"
            self.now_s += max(0.0, timeout)
        return ready


class EmulatedLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock is emulated."""

    def __init__(self) -> None:
        self.instant = _Instant()
        super().__init__(self.instant)

    def time(self) -> float:
        return self.instant.now_s


@contextmanager
def _clock(loop: EmulatedLoop) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic_ns", lambda: round(loop.instant.now_s * 1e9))
        yield


def emulated(work: Coroutine[Any, Any, T]) -> T:
    """The result of that work, done in emulated time from 0 on."""
    loop = EmulatedLoop()
    with _clock(loop):
        try:
            return loop.run_until_complete(work)
        finally:
            loop.close()


def now_ms() -> int:
    """The emulated monotonic clock."""
    return time.monotonic_ns() // 1_000_000
