"""A page's live part as server-sent events: sent at once, again whenever it has changed, with a beat between."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Iterator
from contextlib import aclosing, contextmanager

from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse

from cloud.db.errors import Unavailable
from cloud.services.bell import Bell
from cloud.services.errors import ServiceError
from cloud.web.guard import SignInNeeded

PACE_S = 0.4
BEAT_S = 15.0
MOST_STREAMS = 50
EVENTS = "text/event-stream"


class Streams:
    """How many streams each user has open: a browser shows a few pages at a time, thousands are an attack."""

    def __init__(self) -> None:
        self._open: Counter[int] = Counter()

    def full(self, user_id: int) -> bool:
        return self._open[user_id] >= MOST_STREAMS

    @contextmanager
    def one(self, user_id: int) -> Iterator[None]:
        """While it is open."""
        self._open[user_id] += 1
        try:
            yield
        finally:
            self._open[user_id] -= 1
            self._open += Counter()  # drops who has none


Fragment = Callable[[], Awaitable[tuple[int, str]]]
"""Who looks, and what the page shows now."""


async def stream(
    bell: Bell, streams: Streams, topics: Collection[str], fragment: Fragment, pace_s: float = PACE_S
) -> StreamingResponse:
    """The stream of one browser, which hears of changes once in `pace_s` at most.

    Raises what the first `fragment` raises, so a refusal has its status, and HTTPException 429 when there are too many.
    """
    user_id, first = await fragment()
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    if streams.full(user_id):
        raise HTTPException(429)
    return StreamingResponse(
        _counted(streams, user_id, _events(bell, topics, first, fragment, pace_s)), 200, headers, EVENTS
    )


async def _counted(streams: Streams, user_id: int, events: AsyncGenerator[str, None]) -> AsyncIterator[str]:
    """The events, unless too many streams began at this very moment."""
    async with aclosing(events):
        if not streams.full(user_id):
            with streams.one(user_id):
                async for each in events:
                    yield each


async def _events(
    bell: Bell, topics: Collection[str], first: str, fragment: Fragment, pace_s: float
) -> AsyncGenerator[str, None]:
    """Ends when the database cannot be read: the browser says so and comes back.

    What is not to be seen any more is `over`: the page, asked for anew, says why.
    """
    yield event("fragment", first)
    last = first
    async with aclosing(_moments(bell, topics, pace_s)) as moments:
        async for _ in moments:
            try:
                _user_id, fresh = await fragment()
            except (SignInNeeded, HTTPException, ServiceError):
                yield event("over", "")
                return
            except Unavailable:
                return
            yield event("beat", "") if fresh == last else event("fragment", fresh)
            last = fresh


async def _moments(bell: Bell, topics: Collection[str], pace_s: float) -> AsyncGenerator[None, None]:
    """Now, soon after each ring but not more often than `pace_s` allows, and at least every BEAT_S."""
    rings = bell.listen(topics)
    ring = asyncio.ensure_future(anext(rings))
    try:
        while True:
            yield
            await asyncio.sleep(pace_s)
            await asyncio.wait({ring}, timeout=BEAT_S)
            if ring.done():
                ring.result()
                ring = asyncio.ensure_future(anext(rings))
    finally:
        ring.cancel()


def event(name: str, data: str) -> str:
    """One server-sent event; every line of `data` is a line of its own, as the format asks."""
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"event: {name}\n{lines}\n"
