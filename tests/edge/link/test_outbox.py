"""The outbox: strictly in order, identical on every retry, attempts counted fairly, nothing ever lost."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bollard.wire.errors import CallError, ErrorCode
from bollard.wire.frames import Call
from edge.core import events as ev
from edge.core.values import WRITTEN, Moment, TagStatus
from tests.edge.central import ACCEPTED, HABITS, Central, one_after_the_other
from tests.edge.link.bench import WALL, Bench, metered, started, stopped

REFUSAL = CallError(ErrorCode.INTERNAL_ERROR, "not today")
TOLD = ("StartTransaction", "MeterValues", "StopTransaction")


def told(central: Central) -> list[Call]:
    """The transaction messages that arrived, retries included."""
    return [call for call in central.calls if call.action in TOLD]


async def test_a_session_is_told_in_order_under_the_central_system_s_number(bench: Bench, central: Central) -> None:
    central.answers["StartTransaction"] = lambda payload: {"transactionId": 77, "idTagInfo": {"status": "Blocked"}}
    central.answers["StopTransaction"] = lambda payload: {"idTagInfo": {"status": "Expired"}}
    await bench.record(started("s", 1), metered("s", 2), metered(None, 3, connector=2), stopped("s", 4))
    async with bench.linked(central):
        await bench.settled()
    start, sample, idle, stop = told(central)
    assert start.payload["timestamp"] == "2026-11-21T10:00:01.000Z"
    assert sample.payload["transactionId"] == stop.payload["transactionId"] == 77
    assert "transactionId" not in idle.payload
    answered = bench.all(ev.StartAnswered)[0]
    assert (answered.session_id, answered.transaction_id, answered.info.status) == ("s", 77, TagStatus.BLOCKED)
    ended = bench.all(ev.StopAnswered)[0].info
    assert ended is not None
    assert ended.status is TagStatus.EXPIRED


async def test_the_next_fact_waits_until_the_answer_to_the_last_is_saved(bench: Bench, central: Central) -> None:
    bench.saving.clear()
    await bench.record(started("s", 1), metered("s", 2))
    async with bench.linked(central):
        await bench.saw(ev.StartAnswered)
        await bench.record(metered("s", 3))
        assert len(told(central)) == 1
        bench.saving.set()
        await bench.settled()
    assert [call.payload.get("transactionId") for call in told(central)] == [None, 1, 1]


async def test_with_nothing_to_tell_nobody_looks(bench: Bench, central: Central) -> None:
    await bench.record(metered(None, 1))
    async with bench.linked(central):
        await bench.settled()
        for _ in range(5):
            await bench.store.waiting()
        looked = bench.store.looked
        for _ in range(5):
            await bench.store.waiting()
        assert bench.store.looked == looked


@pytest.mark.parametrize("failure", [REFUSAL, None])
async def test_a_retry_is_identical_under_a_new_message_id(
    bench: Bench, central: Central, failure: CallError | None
) -> None:
    bench.configure(MessageTimeout=1, TransactionMessageRetryInterval=50)
    central.answers["StartTransaction"] = one_after_the_other(failure, HABITS["StartTransaction"]({}))
    await bench.record(started("s", 1))
    async with bench.linked(central):
        await bench.timer.until_asleep(50)
        bench.clock.mono_ms += 50_000
        bench.timer.advance(50)
        await bench.settled()
    first, second = told(central)
    assert first.payload == second.payload
    assert first.message_id != second.message_id


async def test_delays_grow_and_after_the_last_attempt_the_fact_is_parked(bench: Bench, central: Central) -> None:
    bench.configure(TransactionMessageAttempts=3, TransactionMessageRetryInterval=61)
    central.answers["MeterValues"] = one_after_the_other(REFUSAL, REFUSAL, REFUSAL, {})
    await bench.record(metered(None, 1), metered(None, 2))
    async with bench.linked(central):
        await bench.timer.pass_by(61)
        await bench.timer.pass_by(122)
        await bench.settled(parked=1)
    assert len(told(central)) == 4
    parked = (await bench.store.parked())[0]
    assert parked.fact == metered(None, 1)
    assert parked.parked == "InternalError: not today"


async def test_a_parked_fact_can_be_sent_again(bench: Bench, central: Central) -> None:
    bench.configure(TransactionMessageAttempts=1)
    central.answers["MeterValues"] = one_after_the_other(REFUSAL, {})
    await bench.record(metered(None, 1))
    async with bench.linked(central):
        await bench.settled(parked=1)
        await bench.store.retry(1)
        await bench.settled()
    first, second = told(central)
    assert first.payload == second.payload


async def test_an_undeliverable_start_leaves_its_session_with_minus_one(bench: Bench, central: Central) -> None:
    bench.configure(TransactionMessageAttempts=1)
    central.answers["StartTransaction"] = one_after_the_other(
        REFUSAL, {"transactionId": 9} | {"idTagInfo": {"status": "Accepted"}}
    )
    await bench.record(started("a", 1), metered("a", 2), stopped("a", 3), started("b", 4), stopped("b", 5))
    async with bench.linked(central):
        await bench.settled(parked=2)
    assert [call.payload.get("transactionId") for call in told(central)] == [None, -1, -1, None, 9]


@pytest.mark.parametrize("which", [1, 3])
async def test_an_undeliverable_start_is_tried_again_together_with_its_stop(
    bench: Bench, central: Central, which: int
) -> None:
    bench.configure(TransactionMessageAttempts=1)
    central.answers["StartTransaction"] = one_after_the_other(REFUSAL, REFUSAL, {"transactionId": 9} | ACCEPTED)
    await bench.record(started("a", 1), metered("a", 2), stopped("a", 3), metered(None, 4))
    async with bench.linked(central):
        for _ in range(2):
            await bench.settled(parked=2)
            await bench.store.retry(which)
        await bench.settled()
    starts = [call.payload for call in told(central) if call.action == "StartTransaction"]
    stops = [call.payload for call in told(central) if call.action == "StopTransaction"]
    assert starts == [starts[0]] * 3
    assert stops == [stops[0], stops[0], stops[0] | {"transactionId": 9}]
    assert told(central)[-1].payload == stops[-1]


async def test_a_refused_stop_of_a_session_without_a_start_is_told_under_its_id_later(
    bench: Bench, central: Central
) -> None:
    bench.configure(TransactionMessageAttempts=1)
    central.answers["StartTransaction"] = one_after_the_other(REFUSAL, {"transactionId": 9} | ACCEPTED)
    central.answers["StopTransaction"] = one_after_the_other(REFUSAL, {})
    await bench.record(started("a", 1), stopped("a", 3))
    async with bench.linked(central):
        await bench.settled(parked=2)
        await bench.store.retry(1)
        await bench.settled()
    assert [call.payload.get("transactionId") for call in told(central)] == [None, -1, None, 9]


async def test_a_lost_connection_costs_no_attempt(bench: Bench, central: Central) -> None:
    bench.configure(TransactionMessageAttempts=1)
    central.answers["StartTransaction"] = one_after_the_other(None, None, None, HABITS["StartTransaction"]({}))
    await bench.record(started("s", 1))
    async with bench.linked(central):
        for delay_s in (10, 20, 40):
            await central.expect("StartTransaction")
            await central.hang_up()
            await bench.timer.pass_by(delay_s)
        await bench.settled()
    assert len({call.payload["timestamp"] for call in told(central)}) == 1


async def test_after_a_restart_attempts_and_payloads_are_remembered(bench: Bench, central: Central) -> None:
    bench.configure(TransactionMessageAttempts=2, TransactionMessageRetryInterval=50)
    central.answers["StartTransaction"] = lambda payload: REFUSAL
    bench.clock.wall = None
    await bench.record(replace(started("s", 1), moment=Moment("here", 1_000, None)))
    async with bench.linked(central):
        await bench.timer.until_asleep(50)
    bench.clock.mono_ms += 999
    async with bench.linked(central):
        await bench.settled(parked=1)
    first, second = told(central)
    assert first.payload == second.payload


@pytest.mark.parametrize("said", [{}, {"transactionId": 2**63}])
async def test_an_answer_without_a_usable_transaction_id_is_a_failure(
    bench: Bench, central: Central, said: dict[str, int]
) -> None:
    bench.configure(TransactionMessageAttempts=1)
    central.answers["StartTransaction"] = lambda payload: said | {"idTagInfo": {"status": "Accepted"}}
    await bench.record(started("s", 1))
    async with bench.linked(central):
        await bench.settled(parked=1)


async def test_a_changed_retry_interval_counts_for_what_already_waits(bench: Bench, central: Central) -> None:
    bench.configure(TransactionMessageRetryInterval=86_400)
    central.answers["StartTransaction"] = one_after_the_other(REFUSAL, HABITS["StartTransaction"]({}))
    await bench.record(started("s", 1))
    async with bench.linked(central):
        await bench.timer.until_asleep(86_400)
        await central.call("ChangeConfiguration", key="TransactionMessageRetryInterval", value="7")
        await bench.timer.pass_by(7)
        await bench.settled()
        await central.call("ChangeConfiguration", key="TransactionMessageRetryInterval", value="86400")
        await bench.record(stopped("s", 2))
        await bench.settled()


@pytest.mark.parametrize("said", [{}, {"idTagInfo": None}])
async def test_a_stop_answered_without_a_verdict_says_nothing_of_the_card(
    bench: Bench, central: Central, said: dict[str, None]
) -> None:
    central.answers["StopTransaction"] = lambda payload: said
    await bench.record(started("s", 1), stopped("s", 2))
    async with bench.linked(central):
        await bench.settled()
    assert bench.all(ev.StopAnswered)[0].info is None


async def test_answers_with_strange_extras_are_still_answers(bench: Bench, central: Central) -> None:
    info = {"status": "Accepted", "parentIdTag": None, "expiryDate": "soon"}
    central.answers["StartTransaction"] = lambda payload: {"transactionId": 5, "idTagInfo": info, "more": 1}
    central.answers["MeterValues"] = lambda payload: {"more": 1}
    await bench.record(started("s", 1), metered("s", 2))
    async with bench.linked(central):
        await bench.settled()
    answered = bench.all(ev.StartAnswered)[0]
    assert (answered.transaction_id, answered.info.status, answered.info.parent) == (5, TagStatus.ACCEPTED, None)


async def test_facts_noted_without_a_clock_are_dated_once_there_is_one(bench: Bench, central: Central) -> None:
    bench.clock.wall = None
    session = (
        replace(started("s", 1), moment=Moment("earlier", 50_000, None)),
        replace(stopped("s", 2), moment=Moment("earlier", 80_000, None)),
        replace(metered(None, 3), moment=Moment("here", 40_000, None)),
    )
    await bench.record(*session)
    async with bench.linked(central):
        await bench.settled()
    start, stop, sample = told(central)
    assert sample.payload["meterValue"][0]["timestamp"] == "2026-11-21T11:59:00.000Z"
    assert stop.payload["timestamp"] == "2026-11-21T11:58:20.000Z", "the end of that boot, at the latest"
    assert start.payload["timestamp"] == "2026-11-21T11:57:50.000Z", "as long before as it really was"


async def test_what_was_noted_without_a_clock_is_dated_like_what_followed_though_the_clock_moved_since(
    bench: Bench, central: Central
) -> None:
    undated = replace(started("s", 1), moment=Moment("here", 40_000, None))
    await bench.record(undated, replace(stopped("s", 2), moment=Moment("here", 50_000, WALL)))
    async with bench.linked(central):
        await bench.settled()
    assert told(central)[0].payload["timestamp"] == "2026-11-21T09:59:50.000Z"


async def test_nothing_is_dated_before_this_software_was_written(bench: Bench, central: Central) -> None:
    bench.clock.wall = WRITTEN + timedelta(seconds=50)
    central.answers["BootNotification"] = lambda payload: {"status": "Accepted", "currentTime": "noon", "interval": 9}
    await bench.record(replace(started("s", 1), moment=Moment("here", 40_000, None)))
    async with bench.linked(central):
        await bench.settled()
    assert told(central)[0].payload["timestamp"] == "2026-11-01T00:00:00.000Z"


async def test_without_any_time_facts_go_out_all_the_same(bench: Bench, central: Central) -> None:
    bench.clock.wall = None
    central.answers["BootNotification"] = lambda payload: {"status": "Accepted", "currentTime": "noon", "interval": 9}
    session = [replace(started("s", 1), moment=Moment("here", 40_000, None))]
    session += [replace(stopped("s", 2), moment=Moment("here", 90_000, None))]
    await bench.record(replace(started("old", 1), moment=Moment("before", 2**40, None)), *session)
    async with bench.linked(central):
        await bench.settled()
    assert [call.payload["timestamp"] for call in told(central)] == [
        "2026-11-19T23:58:20.000Z",
        "2026-11-19T23:59:00.000Z",
        "2026-11-19T23:59:50.000Z",
    ]
    assert any("nobody has told the time" in line for line in bench.lines)
