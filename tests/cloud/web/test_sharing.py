"""Many who ask at once are answered by few reads, none of which is older than the question."""

import asyncio

from cloud.web.sharing import Shared


class Source:
    """Something that changes, and whose reading takes until it is let go."""

    def __init__(self) -> None:
        self.value, self.reads = 0, 0
        self.gate = asyncio.Event()

    async def read(self) -> int:
        self.reads += 1
        found = self.value
        await self.gate.wait()
        if found < 0:
            raise LookupError(found)
        return found


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_who_asks_during_a_read_shares_the_next_one() -> None:
    shared, source = Shared(), Source()
    early = [asyncio.create_task(shared.get("key", source.read)) for _ in range(50)]
    await settled()
    source.value = 1
    late = [asyncio.create_task(shared.get("key", source.read)) for _ in range(50)]
    other = asyncio.create_task(shared.get("another key", source.read))
    await settled()
    early[0].cancel()
    late[0].cancel()
    source.gate.set()
    assert await asyncio.gather(*early[1:]) == [0] * 49
    assert await asyncio.gather(*late[1:]) == [1] * 49
    assert (await other, source.reads) == (1, 3)
    assert (shared._running, shared._waiting) == ({}, {})


async def test_what_a_read_raises_is_told_to_all_and_the_next_one_is_a_new_one() -> None:
    shared, source = Shared(), Source()
    source.gate.set()
    source.value = -1
    for found in await asyncio.gather(*(shared.get(1, source.read) for _ in range(3)), return_exceptions=True):
        assert isinstance(found, LookupError)
    source.value = 5
    assert await shared.get(1, source.read) == 5
