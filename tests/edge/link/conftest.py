"""A bench with the real outbox in memory, and a central system that runs."""

from collections.abc import AsyncIterator

import pytest

from tests.edge.central import Central
from tests.edge.link.bench import Bench, WatchedStore


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    store = await WatchedStore.open(":memory:")
    assert isinstance(store, WatchedStore)
    yield Bench(store)
    await store.close()


@pytest.fixture
async def central() -> AsyncIterator[Central]:
    async with Central().running() as running:
        yield running
