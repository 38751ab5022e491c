"""How readings move a session and how it ends."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.domain.clocks import dated
from cloud.domain.endings import Stop, end
from cloud.domain.energy import Measured, Register, measure
from cloud.domain.sessions import EndedBy, Session, SessionState, feed, miss_stop, resume
from tests.cloud.conftest import NOON, after

RUNNING = Session(1, 1, "lab-1", 1, "77", "A1", SessionState.RUNNING, NOON, 1000, tariff_version_id=1)
RATING_W = 22_000


def stop(minutes: float, wh: int | None, doubts: tuple[str, ...] = ()) -> Stop:
    return Stop(after(minutes), wh, "Local", doubts=doubts)


def test_a_plain_session_ends_finished() -> None:
    ended = end(RUNNING, [Register(after(30), 4000)], stop(60, 7000), RATING_W)
    assert (ended.state, ended.energy_wh, ended.meter_stop_wh) == (SessionState.FINISHED, 6000, 7000)
    assert (ended.ended_at, ended.ended_by, ended.reasons) == (after(60), EndedBy.STOP, ())


@pytest.mark.parametrize(
    ("session", "samples", "closing", "energy_wh", "reason"),
    [
        (RUNNING, [], stop(60, 900), 0, "went back from 1000 to 900"),
        (RUNNING, [Register(after(30), 200)], stop(60, 3000), 2000, "went back from 1000 to 200"),
        (RUNNING, [], stop(60, 900_000), 0, "more than the connector's 22 kW can deliver"),
        (RUNNING, [], stop(-10, 1000), 0, "ended before it began"),
        (RUNNING, [Register(after(30), 3000)], stop(60, None), 2000, "reading at the stop is missing"),
        (RUNNING, [], None, 0, "no stop and no meter value"),
        (RUNNING, [], stop(60, 7000, doubts=("the idTag is too long",)), 6000, "idTag is too long"),
    ],
)
def test_an_implausible_session_is_suspect_with_a_plain_reason(
    session: Session, samples: list[Register], closing: Stop | None, energy_wh: int, reason: str
) -> None:
    ended = end(session, samples, closing, RATING_W)
    assert ended.state is SessionState.SUSPECT
    assert ended.energy_wh == energy_wh
    assert reason in "; ".join(ended.reasons)


def test_begin_of_zero_on_a_used_meter_is_suspect_and_does_not_bill_the_register() -> None:
    begun = Session(1, 1, "lab-1", 1, "77", "A1", SessionState.RUNNING, NOON, 0, tariff_version_id=1)
    ended = end(begun, [Register(after(10), 812_345)], stop(20, 813_345), RATING_W)
    assert (ended.state, ended.energy_wh) == (SessionState.SUSPECT, 1000)


def test_a_new_meter_may_begin_at_zero() -> None:
    begun = Session(1, 1, "lab-1", 1, "77", "A1", SessionState.RUNNING, NOON, 0, tariff_version_id=1)
    assert end(begun, [], stop(60, 5000), RATING_W).state is SessionState.FINISHED


def test_without_a_tariff_it_is_suspect() -> None:
    begun = Session(1, 1, "lab-1", 1, "77", "A1", SessionState.RUNNING, NOON, 1000)
    assert "no tariff" in end(begun, [], stop(60, 2000), RATING_W).reasons[0]


def test_without_a_stop_it_ends_at_its_last_sample() -> None:
    fed = feed(RUNNING, Register(after(30), 4000, 7000), RATING_W)
    ended = end(fed, [Register(after(30), 4000)], None, RATING_W)
    assert (ended.state, ended.energy_wh, ended.meter_stop_wh) == (SessionState.FINISHED, 3000, 4000)
    assert (ended.ended_at, ended.ended_by) == (after(30), EndedBy.GRACE)


@given(st.lists(st.tuples(st.integers(0, 59), st.integers(0, 200)), max_size=8), st.randoms())
def test_energy_does_not_depend_on_the_order_of_samples(steps: list[tuple[int, int]], random: Random) -> None:
    wh, samples = 1000, []
    for minute, step_wh in sorted(steps):
        wh += step_wh
        samples.append(Register(after(minute), wh))
    shuffled = samples.copy()
    random.shuffle(shuffled)
    assert end(RUNNING, shuffled, stop(60, wh), RATING_W) == end(RUNNING, samples, stop(60, wh), RATING_W)
    assert end(RUNNING, shuffled, stop(60, wh), RATING_W).energy_wh == wh - 1000


@given(st.lists(st.integers(0, 10**6), max_size=10))
def test_measured_energy_is_never_negative_and_never_beyond_the_rating(registers: list[int]) -> None:
    readings = [Register(after(minute), wh) for minute, wh in enumerate(registers)]
    most_wh = RATING_W * (len(readings) + len(readings) * 1) // 60
    assert 0 <= measure(readings, RATING_W).energy_wh <= most_wh


@pytest.mark.parametrize(
    ("story", "registers", "energy_wh", "oddities"),
    [
        ("plain", [1000, 2000, 2000, 6000], 5000, 0),
        ("one reading of zero", [1000, 0, 1500, 6000], 5000, 1),
        ("several low readings", [1000, 1, 2, 3, 6000], 5000, 1),
        ("one spike", [1000, 900_000, 2000, 6000], 5000, 1),
        ("a reset", [1000, 5000, 0, 2000], 6000, 1),
        ("a swapped meter", [1000, 2000, 500_000, 501_000], 2000, 1),
        ("Begin of zero", [0, 500_000, 501_000], 1000, 1),
        ("two resets", [1000, 2000, 0, 1000, 0, 900], 2900, 2),
        ("Begin of zero on a young meter", [0, 20_000, 20_500], 500, 1),
        ("nothing", [], 0, 0),
        ("one reading", [5], 0, 0),
    ],
)
def test_oddities_of_a_register_are_told_and_not_counted(
    story: str, registers: list[int], energy_wh: int, oddities: int
) -> None:
    measured = measure([Register(after(30 * n), wh) for n, wh in enumerate(registers)], RATING_W)
    assert (measured.energy_wh, len(measured.findings)) == (energy_wh, oddities), story


def test_a_register_that_only_falls_counts_nothing() -> None:
    falling = [Register(after(n), 10**7 - 100 * n) for n in range(20_000)]
    measured = measure(falling, RATING_W)
    assert (measured.energy_wh, len(measured.findings)) == (0, 6)
    assert measured.findings[-1] == "and 19994 more oddities of the meter"


def test_rounded_readings_are_no_oddity_and_their_sum_is_exact() -> None:
    rounded = [12_345, 12_300, 12_400, 12_399, 14_000, 13_950]
    assert measure([Register(after(30 * n), wh) for n, wh in enumerate(rounded)], RATING_W) == Measured(1605)


def test_a_stop_a_little_below_its_start_is_suspect() -> None:
    for samples in ([], [Register(after(5), 990)]):
        ended = end(RUNNING, samples, stop(60, 950), RATING_W)
        assert (ended.state, ended.energy_wh) == (SessionState.SUSPECT, 0)
        assert "went back from 1000 to 950" in ended.reasons[0]


def test_readings_move_the_running_aggregate() -> None:
    first = feed(RUNNING, Register(after(10), 2000, 6000), RATING_W)
    second = feed(first, Register(after(20), 3500, 9000), RATING_W)
    assert (second.energy_wh, second.power_w, second.last_sample_at) == (2500, 9000, after(20))


def test_an_older_reading_changes_nothing() -> None:
    first = feed(RUNNING, Register(after(10), 2000, 6000), RATING_W)
    assert feed(first, Register(after(5), None, 1), RATING_W) == first
    assert feed(first, Register(after(5), 1500, 1), RATING_W) == replace(first, odd_since=after(5))


def test_a_reading_without_energy_keeps_the_energy() -> None:
    fed = feed(RUNNING, Register(after(10), 2000, 6000), RATING_W)
    without = feed(fed, Register(after(11), None, 0), RATING_W)
    assert (without.energy_wh, without.power_w, without.meter_last_wh) == (1000, 0, 2000)


def test_a_missed_stop_is_waited_for_once() -> None:
    waiting = miss_stop(RUNNING, after(5))
    assert (waiting.state, waiting.waiting_since) == (SessionState.RECONCILING, after(5))
    assert miss_stop(waiting, after(9)) == waiting
    assert resume(waiting) == RUNNING


@pytest.mark.parametrize(
    ("reported", "believed"),
    [
        (NOON - timedelta(days=200), True),
        (NOON + timedelta(hours=13), True),
        (datetime(1970, 1, 1, tzinfo=UTC), False),
        (datetime(2099, 1, 1, tzinfo=UTC), False),
        (None, False),
    ],
)
def test_an_unbelievable_clock_is_replaced_by_the_time_of_receipt(reported: datetime | None, believed: bool) -> None:
    at, doubts = dated("start", reported, NOON)
    assert (at, bool(doubts)) == ((reported, False) if believed else (NOON, True))
