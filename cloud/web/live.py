"""A page's live part as server-sent events: sent at once, again whenever it has changed, with a beat between."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection
from contextlib import aclosing

from starlette.responses import StreamingResponse

from cloud.db.errors import Unavailable
from cloud.services.bell import Bell
from cloud.web.guard import SignInNeeded

PACE_S = 0.4
BEAT_S = 15.0
EVENTS = "text/event-stream"


async def stream(
    bell: Bell, topics: Collection[str], fragment: Callable[[], Awaitable[str]], pace_s: float = PACE_S
) -> StreamingResponse:
    """The stream of one browser, which hears of changes once in `pace_s` at most.

    Raises what the first `fragment` raises, so a refusal has its status.
    """
    first = await fragment()
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(bell, topics, first, fragment, pace_s), 200, headers, EVENTS)


async def _events(
    bell: Bell, topics: Collection[str], first: str, fragment: Callable[[], Awaitable[str]], pace_s: float
) -> AsyncIterator[str]:
    """Ends when the database cannot be read: the browser says so and comes back."""
    yield event("fragment", first)
    last = first
    async with aclosing(_moments(bell, topics, pace_s)) as moments:
        async for _ in moments:
            try:
                fresh = await fragment()
            except SignInNeeded:
                yield event("signed-out", "")
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
