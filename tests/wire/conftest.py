"""One end of a connection."""

import pytest

from tests.wire.one_end import Wire


@pytest.fixture
async def wire() -> Wire:
    return Wire()
