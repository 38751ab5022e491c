"""Commands go when they are old and over, and never while something runs."""

import pytest

from cloud.domain.commands import CommandKind, Step
from cloud.services import commands, overview
from cloud.services.errors import NotFound
from tests.cloud.conftest import TAG, Business, after
from tests.cloud.services.asking import ask, play
from tests.ours import OURS

DAY = 24 * 60


async def shorten(business: Business, days: float) -> bool:
    """As on a day after noon, with 90 days kept."""
    more: bool = await business.do(commands.shorten, OURS, 90, after(days * DAY))
    return more


async def test_old_commands_go_with_their_steps(business: Business) -> None:
    old = await play(business, CommandKind.CLEAR_CACHE, {})
    young = await play(business, CommandKind.CLEAR_CACHE, {}, minute=2 * DAY)
    assert not await shorten(business, 90)
    assert await shorten(business, 91)
    with pytest.raises(NotFound):
        await business.ask(commands.by_id, old.id)
    assert await business.ask(commands.timeline, old.id) == []
    assert len(await business.ask(commands.timeline, young.id)) == 3
    assert not await shorten(business, 91)


async def test_what_still_runs_is_kept(business: Business) -> None:
    await business.do(commands.ask, CommandKind.CLEAR_CACHE, business.station.id, {}, None, after(0), 400 * DAY * 60)
    started = await play(business, CommandKind.REMOTE_START, {"connectorId": 1, "idTag": TAG})
    start = await business.start(1, 1000)
    assert (await business.ask(commands.by_id, started.id)).state is Step.SESSION_STARTED
    assert not await shorten(business, 200)
    await business.stop(start.transaction_id, 60, 2000)
    assert await shorten(business, 200)
    ((left, _steps),) = await business.ask(overview.commands)
    assert left.kind is CommandKind.CLEAR_CACHE


async def test_a_batch_is_small(business: Business, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "SHORTENED_AT_ONCE", 2)
    for _ in range(3):
        await ask(business, CommandKind.CLEAR_CACHE, {})
    await business.do(commands.expire, after(DAY))
    assert [await shorten(business, 100) for _ in range(3)] == [True, True, False]
