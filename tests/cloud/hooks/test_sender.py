"""Retries with growing pauses, an end to what never works, a log that does not grow for ever; real receivers."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from cloud.domain.stations import ConnectorStatus, StatusReport
from cloud.domain.webhooks import TRIED_FOR, Event
from cloud.hooks.posting import Network
from cloud.hooks.sender import Sender
from cloud.services import overview, stations, webhooks
from cloud.services.bell import Bell
from cloud.services.errors import NotFound, NotNow
from tests.cloud.conftest import NOON, Business, after
from tests.cloud.hooks.receiver import OK, receiving
from tests.cloud.hooks.stage import Post, bodies, posting

NO = b"HTTP/1.1 503 Later\r\n\r\n"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: the outbox has tests on both."""
    return sqlite_url


async def test_what_fails_is_tried_again_with_growing_pauses(business: Business) -> None:
    async with receiving(None, NO, NO, OK) as receiver:
        post = await posting(business, receiver)
        await business.start()
        pauses, states = [], []
        while len(receiver.received) < 3:
            (delivery,) = await post.log()
            pauses.append((delivery.due_at - post.now).total_seconds())
            post.now = delivery.due_at
            assert await post.sender.look() == 1
            assert await post.sender.look() == 0
            hook = await post.known()
            states.append((hook.failures, hook.delivered_at, hook.next_try_at))
        began = delivery.created_at
        assert states == [
            (1, None, began + timedelta(seconds=10)), (2, None, began + timedelta(seconds=30)), (0, post.now, None)
        ]  # fmt: skip
        assert pauses == [0, 10, 20]
        (delivery,) = await post.log()
        assert (delivery.state, delivery.status, delivery.attempts, delivery.error) == ("delivered", 204, 3, None)
        assert len({got.headers["webhook-id"] for got in receiver.received}) == 1
        assert hook.failing_since is None


async def test_what_never_arrives_is_given_up_and_shown(business: Business) -> None:
    async with receiving(None, NO) as receiver:
        post = await posting(business, receiver, frozenset({Event.SESSION_STARTED}))
        await business.start()
        tries = await run_out(post)
        (delivery,) = await post.log()
        assert (delivery.state, delivery.status, delivery.error) == ("failed", 503, "it answered 503")
        assert tries == delivery.attempts and post.now <= NOON + TRIED_FOR
        assert (await post.known()).disabled_at is None
        post.now = NOON + timedelta(days=3)
        await business.start(60 * 24 * 3, connector=2)
        await business.start(60 * 24 * 3 + 1, id_tag="04A1B2C4", connector=2)
        await post.sender.look()
        hook = await post.known()
        assert hook.disabled_at == post.now and "it answered 503" in (hook.disabled_why or "")
        assert {each.state for each in await post.log()} == {"failed"}
        (incident,) = [each for each in await business.ask(overview.incidents) if each.kind == "webhook"]
        assert (incident.identity, "webhook 1 is disabled" in incident.summary) == ("127.0.0.1", True)
        heard = len(receiver.received)
        await business.start(60 * 24 * 4)
        assert await post.sender.look() == 0 and len(receiver.received) == heard
        receiver.answers = [OK]
        with pytest.raises(NotNow):
            await business.do(webhooks.send_again, 1, hook.id, delivery.id, None, post.now)
        await business.do(webhooks.change, 1, hook.id, None, post.now, enabled=True)
        await business.do(webhooks.test, 1, hook.id, post.now)
        assert await post.sender.look() == 1
        assert bodies(receiver)[-1]["type"] == "test"


async def test_a_call_is_sent_again_by_hand(business: Business) -> None:
    async with receiving(None, NO, NO, OK) as receiver:
        post = await posting(business, receiver, frozenset({Event.SESSION_STARTED}))
        await business.start()
        await post.sender.look()
        (known,) = await post.log()
        await business.do(webhooks.send_again, 1, post.hook.id, known.id, None, post.now)
        assert await post.sender.look() == 1
        post.now = NOON + timedelta(days=2)
        for wanted in ("failed", "delivered", "delivered"):
            receiver.answers = [NO if wanted == "failed" else OK]
            await business.do(webhooks.send_again, 1, post.hook.id, known.id, None, post.now)
            assert (await post.sender.look(), await post.sender.look()) == (1, 0)
            assert (await post.log())[0].state == wanted
        assert len({got.headers["webhook-id"] for got in receiver.received}) == 1
        with pytest.raises(NotFound):
            await business.do(webhooks.send_again, 1, post.hook.id, 99, None, post.now)


async def run_out(post: Post) -> int:
    """Lets the clock run until nothing is due any more; how often was tried."""
    tries = 0
    while waiting := [each for each in await post.log() if each.state == "waiting"]:
        post.now = waiting[0].due_at
        tries += await post.sender.look()
    return tries


async def test_one_deaf_receiver_does_not_hold_up_another(business: Business) -> None:
    async with receiving(None, None) as deaf, receiving() as other:
        first = await posting(business, deaf, frozenset({Event.FAULT}))
        await posting(business, other, frozenset({Event.FAULT}))
        for minute in range(12):
            await fault(business, after(minute))
        first.sender = Sender(business.db, Bell(), Network(frozenset({"127.0.0.1"}), within_s=1), lambda: after(20))
        for _ in range(3):
            await first.sender.look()
        assert len(other.received) == 12


async def fault(business: Business, at: datetime) -> None:
    report: Callable[[ConnectorStatus], StatusReport] = lambda status: StatusReport(1, status, "OtherError", at=at)  # noqa: E731
    for status in (ConnectorStatus.FAULTED, ConnectorStatus.AVAILABLE):
        await business.do(stations.status_changed, business.station.id, report(status), at)


async def test_the_log_is_kept_for_two_weeks(business: Business) -> None:
    async with receiving() as receiver:
        post = await posting(business, receiver)
        await business.start()
        await post.sender.look()
        post.now = NOON + timedelta(days=13)
        await post.sender.tidy()
        assert len(await post.log()) == 1
        post.now = NOON + timedelta(days=15)
        await post.sender.tidy()
        assert await post.log() == []
