"""Dates of sessions: one clock a session, whatever becomes of the clock meanwhile."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.facts import Fact, MeterSampled, SessionStarted, SessionStopped
from tests.edge.scene import TAG, Scene

JUMPS_S = st.lists(st.sampled_from([-86_400, -3_600, -2, 0, 1, 3_600, 86_400]), min_size=1, max_size=5)


def told_of_sessions(scene: Scene) -> list[Fact]:
    sampled = [fact for fact in scene.facts(MeterSampled) if fact.session_id is not None]
    return scene.facts(SessionStarted) + sampled + scene.facts(SessionStopped)


def check_distances(scene: Scene) -> None:
    """Within each session wall times are as far apart as the monotonic ones."""
    starts = {fact.session_id: fact.moment for fact in scene.facts(SessionStarted)}
    for fact in told_of_sessions(scene):
        start = starts[fact.session_id]
        if start.wall is not None and fact.moment.wall is not None:
            apart_ms = (fact.moment.wall - start.wall) / timedelta(milliseconds=1)
            assert apart_ms == fact.moment.mono_ms - start.mono_ms


@settings(deadline=None)
@given(JUMPS_S, st.booleans(), st.booleans())
def test_a_clock_that_jumps_leaves_every_session_s_distances_right(
    jumps_s: list[int], begins_known: bool, crashes: bool
) -> None:
    scene = Scene(MeterValueSampleInterval=2, ClockAlignedDataInterval=5)
    scene.clock(begins_known)
    scene.charge()
    for jump_s in jumps_s:
        scene.advance(3_000)
        scene.clock(True)
        scene.real_ms += jump_s * 1000
        scene.advance(3_000)
        if crashes:
            scene.crash()
    scene.present(TAG)
    scene.advance(3_000)
    assert scene.stop().moment.wall is not None
    check_distances(scene)
    dated = [fact.moment for fact in told_of_sessions(scene) if fact.moment.wall is not None]
    assert [moment.wall for moment in sorted(dated, key=lambda moment: moment.mono_ms)] == sorted(
        moment.wall for moment in dated if moment.wall is not None
    )


def test_the_next_session_is_dated_by_the_clock_as_it_then_is() -> None:
    scene = Scene()
    scene.charge()
    scene.real_ms += 3_600_000
    scene.present(TAG)
    scene.advance(6_000)
    scene.tap(TAG)
    scene.advance(3_000)
    first, second = scene.facts(SessionStarted)
    assert first.moment.wall is not None and second.moment.wall is not None
    assert second.moment.wall - first.moment.wall > timedelta(hours=1)


def test_aligned_values_lie_on_the_grid_of_their_session_s_clock() -> None:
    scene = Scene(ClockAlignedDataInterval=10, MeterValueSampleInterval=0)
    scene.charge()
    scene.real_ms += 3_603_000
    scene.advance(60_000)
    instants = [fact.moment.wall for fact in scene.facts(MeterSampled) if fact.session_id is not None]
    assert len(instants) >= 5
    assert all(wall is not None and (wall.second % 10, wall.microsecond) == (0, 0) for wall in instants)
