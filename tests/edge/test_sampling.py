"""Meter values while a session runs: exactly on their instants, whatever meter, agent and clock do."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from edge.core import events as ev
from edge.core.effects import ReadMeter
from edge.core.facts import MeterSampled, SessionStarted
from edge.core.sampling import wakes_ms
from edge.core.values import Vehicle
from tests.edge.scene import Scene

ENERGY = "Energy.Active.Import.Register"
MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)


def sampled(scene: Scene, context: str = "Sample.Periodic") -> list[MeterSampled]:
    return [fact for fact in scene.facts(MeterSampled) if fact.context == context]


def after_start_s(scene: Scene) -> list[float]:
    """How long after the session's start each value was taken, by the wall."""
    start = scene.facts(SessionStarted)[0].moment.wall
    assert start is not None
    return [(fact.moment.wall - start).total_seconds() for fact in sampled(scene) if fact.moment.wall is not None]


def of_the_day_s(scene: Scene) -> list[float]:
    """The time of day, in seconds, of each clock-aligned value."""
    walls = [fact.moment.wall for fact in sampled(scene, "Sample.Clock")]
    return [(wall - MIDNIGHT).total_seconds() % 86_400 for wall in walls if wall is not None]


def test_sampled_values_lie_on_whole_intervals_after_the_start() -> None:
    scene = Scene(MeterValueSampleInterval=10)
    scene.charge()
    scene.advance(50_000)
    assert after_start_s(scene) == [10, 20, 30, 40, 50]
    (start,) = scene.facts(SessionStarted)
    assert {fact.session_id for fact in sampled(scene)} == {start.session_id}
    assert all(0 <= fact.reading.taken_ms - fact.moment.mono_ms < 1_000 for fact in sampled(scene))


def test_a_new_sample_interval_counts_from_its_change() -> None:
    scene = Scene(MeterValueSampleInterval=60)
    scene.charge()
    scene.configure("MeterValueSampleInterval", "7")
    changed_ms = scene.mono_ms
    scene.advance(20_000)
    scene.configure("metervaluesampleinterval", "7")
    scene.advance(10_000)
    assert [fact.moment.mono_ms - changed_ms for fact in sampled(scene)] == [7_000, 14_000, 21_000, 28_000]
    scene.configure("MeterValueSampleInterval", "0")
    scene.advance(60_000)
    assert len(sampled(scene)) == 4


def test_a_meter_that_was_silent_at_the_instant_is_told_when_it_spoke() -> None:
    scene = Scene(MeterValueSampleInterval=10)
    scene.charge()
    start_ms = scene.facts(SessionStarted)[0].moment.mono_ms
    scene.meter(1, works=False)
    scene.advance(25_000)
    scene.meter(1, works=True)
    scene.advance(20_000)
    late, *more = [fact for fact in sampled(scene) if fact.moment.mono_ms > start_ms + 10_000]
    assert late.moment.mono_ms == late.reading.taken_ms > start_ms + 32_000
    assert [fact.moment.mono_ms - start_ms for fact in more] == [40_000, 50_000]


def test_a_clock_corrected_by_a_second_moves_no_instant() -> None:
    scene = Scene(MeterValueSampleInterval=10)
    scene.charge()
    scene.advance(20_000)
    scene.real_ms += 1_000
    scene.advance(20_000)
    assert after_start_s(scene) == [10, 20, 30, 40]


def test_a_clock_that_is_moved_leaves_a_session_s_distances_right() -> None:
    scene = Scene(MeterValueSampleInterval=10)
    scene.charge()
    scene.advance(20_000)
    scene.real_ms += 3_600_000
    scene.advance(10_000)
    assert [fact.moment.mono_ms for fact in sampled(scene)][-1] % 10_000 == sampled(scene)[0].moment.mono_ms % 10_000
    assert after_start_s(scene) == [10, 20, 30]


@pytest.mark.parametrize("life", ["crash", "power_cut"])
def test_after_an_interruption_the_instants_of_the_session_go_on(life: str) -> None:
    scene = Scene(MeterValueSampleInterval=10)
    scene.charge()
    scene.advance(14_000)
    if life == "crash":
        scene.away(40_000)
    else:
        scene.power_cut(40_000)
    scene.advance(30_000)
    taken = after_start_s(scene)
    assert taken[:2] == [10, 20]
    assert len(taken) == 5
    assert all(second > 60 and second % 10 == 0 for second in taken[2:])


def test_the_meter_is_asked_at_the_instant() -> None:
    scene = Scene(MeterValueSampleInterval=10)
    scene.charge()
    scene.advance(3_000)
    due_ms = wakes_ms(scene.loop.station, scene.now())
    start_ms = scene.facts(SessionStarted)[0].moment.mono_ms
    assert due_ms is not None
    assert (due_ms - start_ms) % 10_000 == 0
    assert 0 < due_ms - scene.mono_ms <= 10_000
    scene.performed.clear()
    scene.mono_ms = due_ms - 1
    scene.happen(ev.Ticked(scene.now()))
    assert ReadMeter(1) not in scene.performed
    scene.mono_ms = due_ms
    scene.happen(ev.Ticked(scene.now()))
    assert ReadMeter(1) in scene.performed


def test_with_nothing_to_sample_nothing_wakes() -> None:
    scene = Scene(MeterValueSampleInterval=10)
    assert wakes_ms(scene.loop.station, scene.now()) is None
    scene.configure("ClockAlignedDataInterval", "900")
    due_ms = wakes_ms(scene.loop.station, scene.now())
    assert due_ms == scene.mono_ms + 900_000 - scene.real_ms
    scene.clock(known=False)
    assert wakes_ms(scene.loop.station, scene.now()) is None


def test_clock_aligned_values_lie_on_whole_intervals_of_the_day() -> None:
    scene = Scene(ClockAlignedDataInterval=20, MeterValueSampleInterval=0)
    scene.real_ms = 12_345_678
    scene.charge()
    scene.disk.ever.clear()
    scene.advance(100_000)
    assert len(of_the_day_s(scene)) == 5
    assert all(second % 20 == 0 for second in of_the_day_s(scene))
    assert {later - earlier for earlier, later in pairwise(of_the_day_s(scene))} == {20}
    assert {fact.session_id for fact in sampled(scene, "Sample.Clock")} == {scene.connector().session.session_id}


def test_clock_aligned_values_begin_anew_at_midnight() -> None:
    scene = Scene(ClockAlignedDataInterval=13, MeterValueSampleInterval=0)
    scene.real_ms = 86_380_000
    scene.advance(40_000)
    assert of_the_day_s(scene) == [86_385, 86_398, 0, 13]


def test_idle_connectors_send_clock_aligned_values_only_while_online() -> None:
    scene = Scene(connectors=2, ClockAlignedDataInterval=10)
    scene.online(False)
    scene.advance(33_000)
    assert sampled(scene, "Sample.Clock") == []
    scene.online(True)
    scene.advance(20_000)
    values = sampled(scene, "Sample.Clock")
    assert [fact.connector for fact in values] == [1, 2, 1, 2]
    assert {fact.session_id for fact in values} == {None}


def test_a_session_keeps_its_clock_aligned_values_while_offline() -> None:
    scene = Scene(ClockAlignedDataInterval=10)
    scene.charge()
    scene.online(False)
    before = len(sampled(scene, "Sample.Clock"))
    scene.advance(30_000)
    assert len(sampled(scene, "Sample.Clock")) == before + 3


def test_while_the_time_is_not_known_nothing_is_clock_aligned() -> None:
    scene = Scene(ClockAlignedDataInterval=10, MeterValueSampleInterval=10)
    scene.clock(known=False)
    scene.charge()
    scene.advance(30_000)
    assert sampled(scene, "Sample.Clock") == []
    assert len(sampled(scene)) == 3


def test_an_instant_before_the_session_is_not_the_session_s() -> None:
    scene = Scene(ClockAlignedDataInterval=60)
    scene.online(False)
    scene.advance(60_500 - scene.real_ms % 60_000)
    scene.knows("04A1B2C3D4E5F6")
    scene.see(1, Vehicle.ASKING)
    scene.present("04A1B2C3D4E5F6")
    scene.advance(5_000)
    (start,) = scene.facts(SessionStarted)
    assert start.moment.wall is not None
    assert start.moment.wall - MIDNIGHT == timedelta(seconds=60.5)
    assert sampled(scene, "Sample.Clock") == []


@pytest.mark.parametrize(
    ("key", "context"), [("MeterValuesSampledData", "Sample.Periodic"), ("MeterValuesAlignedData", "Sample.Clock")]
)
def test_each_list_of_measurands_belongs_to_its_values(key: str, context: str) -> None:
    scene = Scene(MeterValueSampleInterval=10, ClockAlignedDataInterval=10, **{key: "Voltage.L1,Current.Offered"})
    scene.charge()
    scene.advance(10_000)
    assert {fact.measurands for fact in sampled(scene, context)} == {("Voltage.L1", "Current.Offered")}
    others = {fact.measurands for fact in scene.facts(MeterSampled) if fact.context != context}
    assert ("Voltage.L1", "Current.Offered") not in others
    scene.configure(key, "")
    scene.advance(10_000)
    assert sampled(scene, context)[-1].measurands == (ENERGY,)


def test_a_value_says_what_the_car_was_offered() -> None:
    scene = Scene(MeterValueSampleInterval=10, ClockAlignedDataInterval=7)
    scene.advance(10_000)
    scene.charge()
    scene.advance(10_000)
    assert {fact.offer_ma for fact in sampled(scene)} == {32_000}
    assert {fact.offer_ma for fact in scene.facts(MeterSampled) if fact.session_id is None} == {0}


def test_values_of_both_kinds_are_in_the_order_of_their_times() -> None:
    scene = Scene(MeterValueSampleInterval=3, ClockAlignedDataInterval=2)
    scene.charge()
    scene.advance(60_000)
    moments = [fact.moment.mono_ms for fact in scene.facts(MeterSampled) if fact.session_id is not None]
    assert len(moments) > 40
    assert moments == sorted(moments)


def test_a_triggered_value_carries_the_sampled_measurands_and_the_session() -> None:
    scene = Scene(MeterValueSampleInterval=0, MeterValuesSampledData="Voltage,Current.Import")
    scene.charge()
    scene.happen(ev.MeterValuesAsked(scene.now(), scene.request(), None))
    (fact,) = sampled(scene, "Trigger")
    assert fact.measurands == ("Voltage", "Current.Import")
    assert fact.session_id == scene.connector().session.session_id
    assert fact.moment.wall == MIDNIGHT + timedelta(milliseconds=scene.real_ms)
