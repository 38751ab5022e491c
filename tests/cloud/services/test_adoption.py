"""Meter values that came before their start was answered find their session; a stranger's stop is told."""

import pytest

from cloud.domain.sessions import SessionState
from cloud.services import tags
from tests.cloud.conftest import NOON, TAG, Business, after
from tests.ours import OURS

STRANGER = "99ZZ99ZZ"


@pytest.mark.parametrize("unknown", [-1, 0, 4711])
async def test_meter_values_that_overtook_their_start_count(business: Business, unknown: int) -> None:
    for minute, wh in ((10, 3000), (20, 5000)):
        assert await business.meter(unknown, minute, wh) is None
    start = await business.start(0, 1000)
    running = await business.session(start.session_id)
    assert (running.state, running.energy_wh) == (SessionState.RUNNING, 4000)
    assert running.cost_minor is not None and running.cost_minor > 0
    answer = await business.stop(start.transaction_id, 30, 6000)
    assert answer.bill is not None
    assert (await business.session(start.session_id)).energy_wh == 5000


async def test_a_session_that_was_told_without_its_number_is_whole(business: Business) -> None:
    """Its start was never answered, so that meter values and stop name -1; the start comes last."""
    await business.meter(-1, 10, 3000)
    await business.stop(-1, 30, 6000, id_tag=TAG)
    await business.meter(-1, 40, 6000)
    start = await business.start(0, 1000)
    ended = await business.session(start.session_id)
    assert (ended.state, ended.energy_wh, ended.ended_at) == (SessionState.SUSPECT, 5000, after(30))
    assert [reason for reason in ended.reasons if "-1" not in reason] == []


async def test_values_between_a_start_and_its_repetition_count_once(business: Business) -> None:
    start = await business.start(0, 1000)
    await business.meter(start.transaction_id, 5, 2000)
    await business.meter(-1, 5, 2000)
    await business.meter(-1, 10, 3000)
    again = await business.start(0, 1000)
    assert (again.session_id, again.replayed) == (start.session_id, True)
    assert (await business.session(start.session_id)).energy_wh == 2000
    assert (await business.stop(start.transaction_id, 30, 6000)).bill is not None


async def test_values_that_may_be_anybodys_are_left_alone(business: Business) -> None:
    before, elsewhere, free, other = (-1, 10, 3000), (-1, 70, 3000), (None, 75, 3000), (4711, 80, 3000)
    for transaction_id, minute, wh in (before, free):
        await business.meter(transaction_id, minute, wh)
    await business.meter(elsewhere[0], elsewhere[1], elsewhere[2], connector=2)
    start = await business.start(60, 1000)
    assert (await business.session(start.session_id)).energy_wh == 0
    await business.stop(start.transaction_id, 65, 1000)
    await business.meter(-1, 100, 3000)
    await business.meter(*other)
    two = await business.start(70, 1000)
    assert (await business.session(two.session_id)).energy_wh == 0
    await business.stop(two.transaction_id, 110, 1500)


async def test_values_of_the_next_session_or_of_another_meter_are_left_alone(business: Business) -> None:
    await business.meter(-1, 10, 500)
    falling = await business.start(5, 1000)
    assert (await business.session(falling.session_id)).energy_wh == 0
    await business.stop(falling.transaction_id, 20, 1000)
    await business.meter(-1, 65, 4000)
    later = await business.start(60, 3000)
    assert (await business.session(later.session_id)).energy_wh == 1000
    earlier = await business.start(30, 1000)
    assert (await business.session(earlier.session_id)).energy_wh == 0


async def test_another_stations_number_is_nobodys_to_adopt(business: Business) -> None:
    other = await business.beside("lab-2")
    theirs = await other.start()
    await business.meter(theirs.transaction_id, 10, 3000)
    start = await business.start(0, 1000)
    assert (await business.session(start.session_id)).energy_wh == 0


async def add(business: Business, id_tag: str, parent: str | None) -> None:
    await business.do(tags.add, OURS, id_tag, NOON, parent=parent)


async def test_a_strangers_stop_counts_and_is_told(business: Business) -> None:
    await add(business, "FRIEND01", "GROUP1")
    start = await business.start(0, 1000, id_tag="FRIEND01")
    answer = await business.stop(start.transaction_id, 30, 6000, id_tag=STRANGER)
    assert answer.bill is not None and answer.bill.document.delivery.energy_wh == 5000
    (incident,) = await business.incidents()
    assert incident.startswith("strangers_stop: session 1 of FRIE**** was stopped with 99ZZ****")
    await business.stop(start.transaction_id, 30, 6000, id_tag=STRANGER)
    assert len(await business.incidents()) == 1


GROUPS: list[tuple[str | None, str, str | None, bool]] = [
    (None, "{0}", None, False),
    ("GROUP1", "MATE{n}", "group1", False),
    ("GROUP1", "MATE{n}", "GROUP2", True),
    (None, "MATE{n}", None, True),
    ("PARENT{n}", "PARENT{n}", None, True),
    ("PARENT{n}", "PARENT{n}", "DRIVER{n}", True),
    ("GROUP1", "nobody{n}", "unknown", True),
]
"""The driver's parent, the tag that stops and its parent, and whether it is a stranger's."""


async def test_a_parent_is_compared_with_parents_only(business: Business, subtests: pytest.Subtests) -> None:
    strangers = 0
    for n, (parent, stopper, stoppers, strange) in enumerate(GROUPS):
        with subtests.test(parent=parent, stopper=stopper, stoppers=stoppers):
            driver, stopper = f"DRIVER{n}", stopper.format(f"driver{n}", n=n)
            await add(business, driver, parent and parent.format(n=n))
            if stopper.upper() != driver and stoppers != "unknown":
                await add(business, stopper, stoppers and stoppers.format(n=n))
            start = await business.start(n * 60, n * 5000, id_tag=driver)
            assert (await business.stop(start.transaction_id, n * 60 + 30, n * 5000 + 4000, id_tag=stopper)).bill
            strangers += strange
            assert len(await business.incidents()) == strangers
