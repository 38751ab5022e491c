"""The doorbell: whoever has committed a change rings, and the browsers' streams wake up."""

import asyncio
from collections.abc import AsyncIterator, Collection
from enum import StrEnum


class Topic(StrEnum):
    """What may have changed."""

    STATIONS = "stations"
    SESSIONS = "sessions"
    COMMANDS = "commands"
    INCIDENTS = "incidents"
    BOOKS = "books"


class _Listener:
    """Topics rung since the listener last looked: a set, so however often it rings, memory stays bounded."""

    def __init__(self, topics: frozenset[str]) -> None:
        self.topics = topics
        self.rung: set[str] = set()
        self.woken = asyncio.Event()

    def take(self) -> set[str]:
        taken, self.rung = self.rung, set()
        self.woken.clear()
        return taken


class Bell:
    """Ring after the commit; belongs to one event loop."""

    def __init__(self) -> None:
        self._listeners: set[_Listener] = set()

    def ring(self, *topics: str) -> None:
        """Wakes everyone who listens to one of these topics; never blocks."""
        for listener in self._listeners:
            if heard := listener.topics.intersection(topics):
                listener.rung |= heard
                listener.woken.set()

    async def listen(self, topics: Collection[str]) -> AsyncIterator[set[str]]:
        """Yields the topics rung since the last time, coalesced; begins to hear when first awaited."""
        listener = _Listener(frozenset(topics))
        self._listeners.add(listener)
        try:
            while True:
                await listener.woken.wait()
                yield listener.take()
        finally:
            self._listeners.discard(listener)
