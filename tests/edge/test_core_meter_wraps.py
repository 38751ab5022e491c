"""A register that starts again from 0 (PZEM-004T: after 10 MWh) loses and invents no energy, whatever restarts."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.effects import Say
from edge.core.facts import MeterSampled, SessionStarted
from edge.core.values import StopReason
from tests.edge.lying_meter import LyingMeters
from tests.edge.scene import OTHER, TAG, Scene
from tests.edge.test_core_property import QUIET

WRAP_WH = 10_000_000


class Wrapping(LyingMeters, Scene):
    """Connector 1's register wraps after so much more energy."""

    def __init__(self, left_wh: int) -> None:
        super().__init__(1)
        self.wraps_at_wh = WRAP_WH
        self.swap(1, WRAP_WH - left_wh)
        self.advance(30_000)

    @property
    def shown_wh(self) -> int:
        """What the meter shows."""
        return (self.outlets[1].register_wh + self.shift_wh[1]) % WRAP_WH

    def said(self) -> str:
        return "\n".join(effect.text for effect in self.performed if isinstance(effect, Say))


def wrapping(left_wh: int = 100) -> Wrapping:
    scene = Wrapping(left_wh)
    scene.charge()
    return scene


INTERRUPTIONS: dict[str, Any] = {
    "none": lambda scene: scene.advance(60_000),
    "crash": lambda scene: scene.crash(),
    "power cut": lambda scene: scene.power_cut(60_000),
    "away": lambda scene: scene.away(30_000),
}


@pytest.mark.parametrize("interrupted", INTERRUPTIONS)
@pytest.mark.parametrize("wrapped_before", [True, False], ids=["wrapped before", "wraps after"])
def test_a_wrap_in_a_session_loses_and_invents_nothing(interrupted: str, wrapped_before: bool) -> None:
    scene = wrapping(100 if wrapped_before else 200)
    begun_wh = scene.outlets[1].register_wh
    if wrapped_before:
        scene.advance(60_000)
        assert scene.shown_wh < 1_000
    INTERRUPTIONS[interrupted](scene)
    scene.advance(120_000)
    assert scene.shown_wh < 2_000
    scene.tap(TAG)
    scene.advance(5_000)
    start_wh, stop_wh = scene.facts(SessionStarted)[0].meter_start_wh, scene.stop().meter_stop_wh
    assert scene.stop().reason is StopReason.LOCAL
    assert abs(stop_wh - start_wh - (scene.outlets[1].register_wh - begun_wh)) <= 30
    assert stop_wh == scene.shown_wh + WRAP_WH
    told = [fact.reading.energy_wh for fact in scene.facts(MeterSampled)]
    assert told == sorted(told)


@pytest.mark.parametrize("interrupted", INTERRUPTIONS)
def test_the_next_session_goes_on_from_the_last_one(interrupted: str) -> None:
    scene = wrapping(50)
    scene.advance(60_000)
    scene.tap(TAG)
    scene.advance(20_000)
    INTERRUPTIONS[interrupted](scene)
    scene.advance(20_000)
    scene.charge(tag=OTHER)
    assert scene.facts(SessionStarted)[-1].meter_start_wh - scene.stop().meter_stop_wh in range(5)


def test_two_wraps_are_twice_as_much() -> None:
    scene = wrapping(50)
    for _ in range(2):
        scene.advance(60_000)
        scene.tap(TAG)
        scene.advance(20_000)
        scene.outlets[1].register_mj += (WRAP_WH - scene.shown_wh - 50) * 3_600_000
        scene.power_cut(3_600_000)
        scene.advance(20_000)
        scene.charge()
    assert scene.connector().turned_wh == 2 * WRAP_WH


@pytest.mark.parametrize("left_wh", [4_000_000, 100_000])
def test_a_reset_is_no_wrap(left_wh: int) -> None:
    scene = wrapping(left_wh)
    scene.advance(500)
    good_wh = scene.connector().reading.energy_wh
    scene.swap(1, 0)
    scene.advance(20_000)
    assert (scene.stop().reason, scene.stop().meter_stop_wh) == (StopReason.OTHER, good_wh)
    assert f" Wh after {good_wh} Wh; not believed" in scene.said()
    assert "the meter now counts from" in scene.said()
    assert scene.connector().reading.energy_wh == scene.shown_wh
    assert scene.connector().turned_wh == 0


@settings(max_examples=10, deadline=None, suppress_health_check=QUIET)
@given(
    st.integers(0, 400),
    st.lists(st.tuples(st.sampled_from(sorted(INTERRUPTIONS)), st.integers(0, 90_000)), min_size=1, max_size=6),
)
def test_wherever_it_wraps_and_whatever_happens_meanwhile(left_wh: int, story: list[tuple[str, int]]) -> None:
    scene = Wrapping(left_wh)
    for name, ms in story:
        scene.arrive(1, TAG)
        scene.advance(ms)
        INTERRUPTIONS[name](scene)
        scene.advance(15_000)
    assert "meter" not in scene.connector().faults
    scene.mend()
    assert max(scene.invented_wh(), default=0) <= 100
    assert scene.connector().reading.energy_wh - scene.shown_wh in (0, WRAP_WH)
