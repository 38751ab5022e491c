"""Sessions as stations report them, on both databases."""

import asyncio
from typing import Any

import pytest

from cloud.domain.reports import StartReport
from cloud.domain.sessions import SessionState
from cloud.domain.stations import BootInfo
from cloud.domain.tags import TagStatus
from cloud.services import overview, registration, reviews, sessions, stations, tags
from tests.cloud.conftest import TAG, Business, after
from tests.ours import OURS

BOOT = BootInfo("Bollard", "sim")


async def test_from_start_to_bill(business: Business) -> None:
    start = await business.start()
    assert start.verdict.status is TagStatus.ACCEPTED
    assert 0 < start.transaction_id < 2**31
    await business.meter(start.transaction_id, 30, 3500, power_w=5000)
    running = await business.session(start.session_id)
    assert (running.energy_wh, running.power_w, running.cost_minor) == (2500, 5000, 180)  # (1.00 + 0.50) × 1.2
    answer = await business.stop(start.transaction_id, 60, 6000, id_tag=TAG)
    assert answer.verdict is not None and answer.verdict.accepted
    assert answer.bill is not None
    assert (answer.bill.number, answer.bill.gross_minor) == ("2026-0001", 300)
    ended = await business.session(start.session_id)
    assert (ended.state, ended.energy_wh, ended.bill) == (SessionState.FINISHED, 5000, "2026-0001")
    assert await business.ask(overview.bill, "2026-0001") == answer.bill
    assert await business.incidents() == []


async def test_a_repeated_start_replays_its_answer_even_when_the_session_has_ended(business: Business) -> None:
    first = await business.start()
    again = await business.start()
    assert (again.transaction_id, again.session_id, again.replayed) == (first.transaction_id, first.session_id, True)
    assert again.verdict.status is TagStatus.ACCEPTED
    await business.stop(first.transaction_id, 60, 2000)
    assert (await business.start()).transaction_id == first.transaction_id
    assert len(await business.ask(overview.ended_sessions)) == 1


async def test_a_replayed_start_tells_the_tags_present_verdict(business: Business) -> None:
    await business.do(tags.add, OURS, "TEMP", after(-60), expires_at=after(30))
    assert (await business.start(id_tag="TEMP")).verdict.status is TagStatus.ACCEPTED
    report = StartReport(1, "temp", 1000, after(0))
    later = await business.do(sessions.started, business.station.id, report, after(31))
    assert (later.replayed, later.verdict.status) == (True, TagStatus.EXPIRED)


@pytest.mark.parametrize("difference", [{"wh": 1001}, {"id_tag": "OTHER"}, {"connector": 2}, {"at": after(1)}])
async def test_a_start_that_differs_is_another_session(business: Business, difference: dict[str, Any]) -> None:
    first = await business.start()
    assert (await business.start(**difference)).session_id != first.session_id


async def test_a_tag_that_charges_elsewhere_is_concurrent_but_its_session_opens(business: Business) -> None:
    await business.start()
    second = await business.start(1, connector=2)
    assert second.verdict.status is TagStatus.CONCURRENT_TX
    assert len(await business.ask(overview.open_sessions)) == 2


async def test_a_station_that_is_lost_locks_no_tag_out(business: Business) -> None:
    await business.start()
    await business.do(stations.went_offline, business.station.id, "first", after(5))
    assert (await (await business.beside("lab-2")).start(6)).verdict.accepted


async def test_a_session_that_was_never_allowed_does_not_occupy_its_tag(business: Business) -> None:
    await business.start()
    await business.start(1, connector=2)
    stopped = next(row for row in await business.ask(overview.open_sessions) if row.connector == 1)
    await business.stop(int(stopped.transaction_id), 2, 1500)
    assert (await business.start(3, wh=1500)).verdict.status is TagStatus.ACCEPTED


async def test_energy_for_an_unknown_tag_is_kept_and_waits_for_a_review(business: Business) -> None:
    start = await business.start(id_tag="STRANGER")
    assert start.verdict.status is TagStatus.INVALID
    assert (await business.stop(start.transaction_id, 60, 2000)).bill is None
    ended = await business.session(start.session_id)
    assert (ended.state, ended.energy_wh) == (SessionState.SUSPECT, 1000)
    assert "nobody knows the tag" in ended.reasons[0]


async def test_a_refused_tag_that_got_nothing_owes_nothing(business: Business) -> None:
    start = await business.start(id_tag="STRANGER")
    assert (await business.session(start.session_id)).cost_minor == 0
    assert (await business.stop(start.transaction_id, 1, 1000)).bill is None
    ended = await business.session(start.session_id)
    assert (ended.state, ended.cost_minor, ended.reasons) == (SessionState.FINISHED, 0, ())


async def test_a_concurrent_session_is_billed_if_energy_flows(business: Business) -> None:
    await business.start()
    second = await business.start(1, connector=2)
    assert second.verdict.status is TagStatus.CONCURRENT_TX
    assert (await business.stop(second.transaction_id, 60, 2000)).bill is not None


async def test_a_start_on_an_occupied_connector_leaves_the_old_session_waiting(business: Business) -> None:
    first = await business.start()
    second = await business.start(10, wh=2000)
    assert second.verdict.status is TagStatus.ACCEPTED
    assert (await business.session(first.session_id)).state is SessionState.RECONCILING
    late = await business.stop(first.transaction_id, 9, 2000)
    assert late.bill is not None and late.bill.document.delivery.energy_wh == 1000


async def test_a_boot_makes_sessions_wait_and_a_later_reading_resumes_them(business: Business) -> None:
    start = await business.start()
    await business.do(registration.booted, business.station.id, BOOT, after(10))
    assert (await business.session(start.session_id)).state is SessionState.RECONCILING
    await business.meter(start.transaction_id, 5, 1200)
    assert (await business.session(start.session_id)).state is SessionState.RECONCILING
    await business.meter(start.transaction_id, 15, 1500)
    assert (await business.session(start.session_id)).state is SessionState.RUNNING


async def test_a_session_without_stop_is_closed_from_its_last_sample_after_the_grace_period(
    business: Business,
) -> None:
    start = await business.start()
    await business.meter(start.transaction_id, 5, 1500)
    await business.do(registration.booted, business.station.id, BOOT, after(10))
    assert await business.do(sessions.close_overdue, after(69)) == []
    (closed,) = await business.do(sessions.close_overdue, after(71))
    assert (closed.state, closed.energy_wh, closed.ended_at) == (SessionState.FINISHED, 500, after(5))
    assert await business.do(sessions.close_overdue, after(200)) == []
    (bill,) = await business.ask(overview.bills)
    assert bill.document.delivery.energy_wh == 500


async def test_a_station_that_is_away_gets_the_grace_period_when_it_is_back(business: Business) -> None:
    start = await business.start()
    await business.do(registration.booted, business.station.id, BOOT, after(10))
    await business.do(stations.went_offline, business.station.id, "first", after(11))
    assert await business.do(sessions.close_overdue, after(300)) == []
    await business.do(stations.came_online, business.station.id, "again", after(300))
    assert await business.do(sessions.close_overdue, after(359)) == []
    assert len(await business.do(sessions.close_overdue, after(361))) == 1
    assert (await business.session(start.session_id)).state is not SessionState.RUNNING


async def test_a_session_of_a_station_that_never_comes_back_ends(business: Business) -> None:
    start = await business.start()
    await business.meter(start.transaction_id, 5, 1500)
    await business.do(stations.seen, business.station.id, after(5))
    await business.do(stations.went_offline, business.station.id, "first", after(6))
    week = 7 * 24 * 60
    assert await business.do(sessions.close_overdue, after(week)) == []
    (closed,) = await business.do(sessions.close_overdue, after(week + 5))
    assert (closed.energy_wh, closed.state) == (500, SessionState.FINISHED)


async def test_copies_that_arrive_at_once_are_one(business: Business) -> None:
    starts = await asyncio.gather(*(business.start() for _ in range(8)))
    assert len({start.transaction_id for start in starts}) == 1
    assert {start.verdict.status for start in starts} == {TagStatus.ACCEPTED}
    await asyncio.gather(*(business.meter(starts[0].transaction_id, 5, 1500) for _ in range(8)))
    stops = await asyncio.gather(*(business.stop(starts[0].transaction_id, 60, 2000) for _ in range(8)))
    assert len([stop.bill for stop in stops if stop.bill]) == 1
    assert len(await business.ask(overview.bills)) == 1


async def test_one_tag_at_two_connectors_at_once_is_accepted_once(business: Business) -> None:
    starts = await asyncio.gather(*(business.start(connector=connector) for connector in (1, 2)))
    assert sorted(start.verdict.status for start in starts) == [TagStatus.ACCEPTED, TagStatus.CONCURRENT_TX]


@pytest.mark.parametrize(("wh", "state"), [(1500, SessionState.FINISHED), (1800, SessionState.SUSPECT)])
async def test_a_stop_after_the_bill_is_kept_and_doubted_if_it_differs(
    business: Business, wh: int, state: SessionState
) -> None:
    start = await business.start()
    await business.meter(start.transaction_id, 5, 1500)
    await business.do(registration.booted, business.station.id, BOOT, after(10))
    await business.do(sessions.close_overdue, after(71))
    await business.stop(start.transaction_id, 72, wh, at=after(8))
    ended = await business.session(start.session_id)
    assert (ended.state, ended.bill) == (state, "2026-0001")
    assert "late_stop: the stop of session 1 arrived after it had been closed" in (await business.incidents())[0]


async def test_a_late_stop_heals_a_session_that_was_closed_without_any_reading(business: Business) -> None:
    start = await business.start()
    await business.do(registration.booted, business.station.id, BOOT, after(10))
    (closed,) = await business.do(sessions.close_overdue, after(71))
    assert closed.state is SessionState.SUSPECT
    late = await business.stop(start.transaction_id, 72, 1800, at=after(8))
    assert late.bill is not None and late.bill.document.delivery.energy_wh == 800
    assert (await business.session(start.session_id)).state is SessionState.FINISHED


async def test_a_repeated_stop_keeps_the_first_data(business: Business) -> None:
    start = await business.start()
    first = await business.stop(start.transaction_id, 60, 2000)
    assert (await business.stop(start.transaction_id, 60, 2000)).bill is None
    assert await business.incidents() == []
    await business.stop(start.transaction_id, 61, 9000)
    assert "repeated_stop" in (await business.incidents())[0]
    assert await business.ask(overview.bills) == [first.bill]
    assert (await business.session(start.session_id)).energy_wh == 1000


async def test_a_reviewed_session_is_billed_or_written_off(business: Business) -> None:
    ended = []
    for minute in (0, 10):
        start = await business.start(minute, doubts=("doubtful",))
        await business.stop(start.transaction_id, minute + 5, 1200)
        ended.append(start.session_id)
    bill = await business.do(reviews.review, ended[0], bill=True, user_id=None, now=after(60))
    assert bill is not None and bill.document.delivery.energy_wh == 200
    assert await business.do(reviews.review, ended[1], bill=False, user_id=None, now=after(60)) is None
    states = [row.state for row in await business.ask(overview.ended_sessions)]
    assert states == [SessionState.WRITTEN_OFF, SessionState.FINISHED]
