"""Stands for the cases: one that has booted, one that is still switched off."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.edge.conformance.stand import Stand, stand


@pytest.fixture
async def cold(tmp_path: Path) -> AsyncIterator[Stand]:
    """A station that is switched off."""
    async with stand(tmp_path) as built:
        yield built


@pytest.fixture
async def bench(cold: Stand) -> Stand:
    """A station that is idle and accepted."""
    await cold.switch_on()
    await cold.booted()
    return cold
