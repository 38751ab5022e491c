"""A meter that reads 0 or jumps: what cannot be true is never billed, and a swapped meter becomes the new baseline."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core import events as ev
from edge.core.effects import Say
from edge.core.facts import SessionStarted, SessionStopped
from edge.core.plausible import RESOLUTION_WH
from edge.core.values import Reading, Status, StopReason, Vehicle
from tests.edge.lying_meter import LIES, LyingMeters
from tests.edge.scene import OTHER, TAG, Scene
from tests.edge.test_core_property import ADVANCE, ARRIVE, CONNECTORS, DELIVER, QUIET, TAGS


class Swapped(LyingMeters, Scene):
    """A scene with such meters."""

    def said(self) -> str:
        return "\n".join(effect.text for effect in self.performed if isinstance(effect, Say))


@pytest.mark.parametrize("lie", LIES)
def test_a_single_odd_reading_between_good_ones_ends_nothing(lie: str) -> None:
    scene = Swapped(1)
    scene.charge()
    for _ in range(5):
        scene.odd(1, lie, 1)
        scene.advance(5_000)
        assert scene.outlets[1].closed
    assert Status.FAULTED not in scene.statuses()
    scene.tap(TAG)
    scene.advance(5_000)
    assert scene.stop().reason is StopReason.LOCAL
    assert 0 <= scene.stop().meter_stop_wh - scene.outlets[1].register_wh <= 50


@pytest.mark.parametrize("lie", ["zero", "back", "jump"])
def test_odd_readings_in_a_row_stop_the_energy_and_the_session_goes_on_with_the_truth(lie: str) -> None:
    scene = Swapped(1)
    scene.charge()
    scene.odd(1, lie, 4)
    scene.advance(3_000)
    assert not scene.outlets[1].closed
    assert (scene.status(), scene.reports()[-1].report.error_code) == (Status.FAULTED, "PowerMeterFailure")
    scene.advance(10_000)
    assert scene.outlets[1].closed
    assert scene.facts(SessionStopped) == []


@pytest.mark.parametrize("to_wh", [0, 700, 9_000_000])
def test_a_swapped_meter_ends_the_session_at_its_last_good_reading_and_counts_from_then_on(to_wh: int) -> None:
    scene = Swapped(1)
    scene.charge()
    scene.advance(500)
    good_wh = scene.connector().reading.energy_wh
    scene.swap(1, to_wh)
    scene.advance(20_000)
    assert (scene.stop().reason, scene.stop().meter_stop_wh) == (StopReason.OTHER, good_wh)
    assert f"ends at its last good reading, {good_wh} Wh" in scene.said()
    assert "the meter now counts from" in scene.said()
    assert scene.status() is Status.FINISHING
    scene.charge(tag=OTHER)
    assert scene.facts(SessionStarted)[-1].meter_start_wh - to_wh in range(10)


def test_a_meter_swapped_while_nobody_charges_is_believed_once_it_has_proved_itself() -> None:
    scene = Swapped(1)
    scene.swap(1, 0)
    scene.advance(3_000)
    assert scene.status() is Status.FAULTED
    scene.tap(TAG)
    assert scene.facts(SessionStarted) == []
    scene.advance(12_000)
    assert scene.status() is Status.AVAILABLE
    scene.charge()
    assert scene.facts(SessionStarted)[0].meter_start_wh == 0


def test_a_meter_swapped_during_a_power_cut_ends_the_session_at_its_checkpoint() -> None:
    scene = Swapped(1)
    scene.charge()
    checkpoint_wh = scene.connector().session.checkpoint.energy_wh
    scene.swap(1, 0)
    scene.power_cut(60_000)
    scene.advance(20_000)
    assert (scene.stop().reason, scene.stop().meter_stop_wh) == (StopReason.OTHER, checkpoint_wh)


def test_a_card_during_odd_readings_keeps_its_reason_and_the_last_good_reading() -> None:
    scene = Swapped(1)
    scene.charge()
    scene.swap(1, 0)
    scene.advance(3_000)
    scene.tap(TAG)
    scene.advance(15_000)
    assert (scene.stop().reason, scene.stop().id_tag) == (StopReason.LOCAL, TAG)
    assert scene.stop().meter_stop_wh <= scene.outlets[1].register_wh


def test_garbage_that_contradicts_itself_is_never_believed() -> None:
    scene = Swapped(1)
    scene.charge()
    for _ in range(10):
        scene.odd(1, "zero", 3)
        scene.advance(3_000)
        scene.odd(1, "jump", 3)
        scene.advance(3_000)
    assert scene.status() is Status.FAULTED
    assert scene.facts(SessionStopped) == []
    scene.advance(5_000)
    assert scene.outlets[1].closed


@pytest.mark.parametrize(("rise_wh", "believed"), [(24_000, True), (26_000, False)])
def test_a_register_may_rise_by_what_its_connector_can_deliver_meanwhile(rise_wh: int, believed: bool) -> None:
    scene = Scene()
    before_wh = scene.connector().reading.energy_wh
    scene.mono_ms += 3_600_000
    scene.happen(ev.MeterRead(scene.now(), 1, Reading(before_wh + rise_wh, None, scene.mono_ms)))
    assert (scene.connector().reading.energy_wh == before_wh + rise_wh) is believed


def test_a_meter_that_shows_tenths_of_a_kwh_is_believed() -> None:
    scene = Scene()
    wh = scene.connector().reading.energy_wh
    for second in range(200):
        scene.mono_ms += 1_000
        told = (wh * 10 + second * 61) // 1_000 * 100
        scene.happen(ev.MeterRead(scene.now(), 1, Reading(told, None, scene.mono_ms)))
        assert scene.connector().odd is None


def test_another_meter_is_another_register_though_its_number_would_fit() -> None:
    scene = Swapped(1)
    scene.charge()
    scene.serials[1] = "A"
    scene.advance(3_000)
    assert (scene.connector().reading.serial, scene.connector().odd) == ("A", None)
    before_wh = scene.connector().reading.energy_wh
    scene.serials[1] = "B"
    scene.advance(3_000)
    assert "The meter is no longer A but B; not believed" in scene.said()
    assert scene.status() is Status.FAULTED
    scene.advance(15_000)
    assert 0 <= scene.stop().meter_stop_wh - before_wh <= 3
    assert scene.connector().reading.serial == "B"


ODD = st.tuples(st.just("odd"), CONNECTORS, st.sampled_from(sorted(LIES)), st.sampled_from((1, 2, 3, 15, 40)))
# A step that the connector could have delivered unseen (about 760 Wh after a restart) is no lie that anybody could see.
# Nor is zero, or a fall to it, where a register shows hardly more: a new meter begins at what its maker tested it with.
SWAP = st.tuples(st.just("swap"), CONNECTORS, st.sampled_from((10_000, 70_000, 5_000_000, 9_000_000)))
ELSE = st.one_of(
    ARRIVE,
    DELIVER,
    st.tuples(st.just("meter"), CONNECTORS, st.booleans()),
    st.tuples(st.just("tap"), st.sampled_from(TAGS), st.sampled_from(((1,), (2,)))),
    st.tuples(st.just("see"), CONNECTORS, st.sampled_from((Vehicle.ABSENT, Vehicle.CONNECTED, Vehicle.ASKING))),
    st.tuples(st.just("clock"), st.booleans()),
    st.tuples(st.just("crash")),
    st.tuples(st.just("power_cut"), st.sampled_from((2_000, 3_600_000))),
)
VISIT = st.tuples(ARRIVE, ADVANCE, st.one_of(ODD, ODD, SWAP), ADVANCE, ELSE, ADVANCE).map(list)
SCRIPTS = st.lists(VISIT, min_size=2, max_size=6).map(lambda visits: [one for visit in visits for one in visit])


def played(script: list[tuple[Any, ...]]) -> None:
    lab = LyingMeters()
    lab.configure("ConnectionTimeOut", "3")
    for name, *values in script:
        getattr(lab, name)(*values)
    lab.mend()
    assert max(lab.invented_wh(), default=0) <= RESOLUTION_WH
    for n, connector in lab.loop.station.connectors.items():
        assert not connector.faults
        lab.arrive(n, f"FRESH{n}")
        assert lab.outlets[n].closed, "the station did not recover"
        lab.see(n, Vehicle.ABSENT)
        lab.advance(5_000)


@settings(max_examples=15, deadline=None, suppress_health_check=QUIET)
@given(SCRIPTS)
def test_no_odd_reading_is_billed_and_the_station_always_recovers(script: Any) -> None:
    played(script)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@settings(max_examples=10_000, deadline=None, suppress_health_check=QUIET)
@given(SCRIPTS)
def test_no_odd_reading_is_billed_and_the_station_always_recovers_long(script: Any) -> None:
    played(script)
