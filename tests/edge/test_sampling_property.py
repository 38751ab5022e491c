"""The instants of meter values, whatever the meter's rhythm and the clock's jumps."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.configuration import Configuration
from edge.core.effects import Effect, Record
from edge.core.facts import MeterSampled
from edge.core.sampling import LATE_MS, REPEAT_MS, measured, resumed, wakes_ms
from edge.core.state import Connector, Session, Station
from edge.core.values import Moment, Reading

MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)
DAY_MS = 86_400_000
GAPS_MS = st.lists(st.integers(100, 1_000), min_size=20, max_size=120)
JUMPS_MS = st.dictionaries(st.integers(0, 119), st.integers(-90_000, 90_000), max_size=4)


def at(mono_ms: int, wall_ms: int) -> Moment:
    return Moment("boot", mono_ms, MIDNIGHT + timedelta(milliseconds=wall_ms))


def station(**keys: int) -> Station:
    values = {key: str(value) for key, value in keys.items()}
    return Station({1: Connector(1)}, replace(Configuration(), values=values), online=True)


def facts(effects: list[Effect]) -> list[MeterSampled]:
    recorded = [effect.fact for effect in effects if isinstance(effect, Record)]
    return [fact for fact in recorded if isinstance(fact, MeterSampled)]


def read(before: Station, now: Moment) -> tuple[Station, list[MeterSampled]]:
    after, effects = measured(before, before.connectors[1], Reading(1, None, now.mono_ms), now)
    return after, facts(effects)


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(0, DAY_MS), GAPS_MS, JUMPS_MS)
def test_a_jumping_clock_causes_neither_burst_nor_silence(
    interval_s: int, wall_ms: int, gaps_ms: list[int], jumps_ms: dict[int, int]
) -> None:
    idle = station(ClockAlignedDataInterval=interval_s)
    mono_ms = calm_ms = 0
    told: list[Moment] = []
    for place, gap_ms in enumerate(gaps_ms):
        jump_ms = jumps_ms.get(place, 0)
        mono_ms, wall_ms = mono_ms + gap_ms, wall_ms + gap_ms + jump_ms
        calm_ms = mono_ms if jump_ms else calm_ms
        idle, values = read(idle, at(mono_ms, wall_ms))
        told += [fact.moment for fact in values]
        if values:
            calm_ms = mono_ms
        assert mono_ms - calm_ms <= interval_s * 1000 + REPEAT_MS + 1_000
    for moment in told:
        assert moment.wall is not None
        day_ms = (moment.wall - MIDNIGHT) // timedelta(milliseconds=1) % DAY_MS
        assert day_ms % (interval_s * 1000) == 0
    repeated = [(one, two) for one, two in pairwise(told) if one.wall == two.wall]
    assert all(two.mono_ms - one.mono_ms >= min(interval_s * 500, REPEAT_MS) for one, two in repeated)
    assert len(repeated) <= sum(jump < 0 for jump in jumps_ms.values())
    assert len(told) <= mono_ms // (interval_s * 1000) + 2 + len(jumps_ms)


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(0, DAY_MS), GAPS_MS, st.integers(0, 119))
def test_sampled_values_never_leave_their_grid(interval_s: int, wall_ms: int, gaps_ms: list[int], restart: int) -> None:
    """Each instant at most once, in order; only a value more than two seconds late has a time of its own."""
    start = at(5_000, wall_ms)
    session = Session("s", "TAG", start, 0, Reading(0, None, 5_000), start)
    charging = station(MeterValueSampleInterval=interval_s)
    charging = charging.having(replace(charging.connectors[1], session=session))
    now, told, passed = start, list[MeterSampled](), 0
    for place, gap_ms in enumerate(gaps_ms):
        before_ms, now = now.mono_ms, now.moved_to(now.mono_ms + 5 * gap_ms)
        if place == restart:
            charging = resumed(charging, now)
        else:
            instants = ((now.mono_ms - 5_000) // (interval_s * 1000), (before_ms - 5_000) // (interval_s * 1000))
            passed += instants[0] > instants[1]
        charging, values = read(charging, now)
        told += values
    assert all(later.moment.mono_ms > earlier.moment.mono_ms for earlier, later in pairwise(told))
    for fact in told:
        since_start_ms = fact.moment.mono_ms - start.mono_ms
        assert fact.moment == start.moved_to(fact.moment.mono_ms)
        if since_start_ms % (interval_s * 1000):
            assert fact.moment.mono_ms == fact.reading.taken_ms
            assert since_start_ms % (interval_s * 1000) > LATE_MS
        else:
            assert 0 <= fact.reading.taken_ms - fact.moment.mono_ms <= LATE_MS
    assert len(told) == passed


@settings(deadline=None)
@given(st.integers(1, 100_000), st.integers(1, 100_000), st.integers(0, DAY_MS), st.integers(0, 10**7))
def test_it_wakes_at_the_very_next_instant(interval_s: int, aligned_s: int, wall_ms: int, later_ms: int) -> None:
    """By then a value is due, and not a millisecond before."""
    start = at(0, wall_ms)
    now = start.moved_to(later_ms)
    session = Session("s", "TAG", start, 0, Reading(0, None, 0), start)
    charging = station(MeterValueSampleInterval=interval_s, ClockAlignedDataInterval=aligned_s)
    charging = resumed(charging.having(replace(charging.connectors[1], session=session)), now)
    due_ms = wakes_ms(charging, now)
    assert due_ms is not None
    assert due_ms > now.mono_ms
    assert read(charging, now.moved_to(due_ms - 1))[1] == []
    values = read(charging, now.moved_to(due_ms))[1]
    assert values
    assert {fact.moment.mono_ms for fact in values} == {due_ms}
