"""Waiting for what the message log gets a little later."""

import asyncio
from collections.abc import Callable

from cloud.domain.messages import Message, Search
from cloud.services import traces
from tests.cloud.ocpp.central import PATIENCE_S, Running

Wanted = Callable[[list[Message]], bool]


async def logged(server: Running, wanted: Wanted, **search: object) -> list[Message]:
    """The messages that fit a search, once they are as wanted."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = await server.db.read(lambda conn: traces.search(conn, Search(**search), 10_000))  # type: ignore[arg-type]
            if wanted(found):
                return found
            await asyncio.sleep(0.02)


def ends_with(action: str, direction: str = "out") -> Wanted:
    """The last message is the answer to that action."""
    return lambda found: bool(found) and (found[-1].action, found[-1].direction) == (action, direction)
