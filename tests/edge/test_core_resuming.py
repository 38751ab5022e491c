"""Sessions across crashes and power cuts: resumed when the gap was short, else ended at their last checkpoint."""

from edge.core.facts import MeterSampled, SessionStarted, SessionStopped
from edge.core.values import Status, StopReason, Vehicle
from tests.edge.scene import TAG, Scene, moved


def test_after_a_crash_the_session_goes_on() -> None:
    scene = Scene()
    scene.charge()
    scene.crash()
    scene.advance(3_000)
    assert scene.outlets[1].closed
    scene.tap(TAG)
    scene.advance(3_000)
    assert len(scene.facts(SessionStarted)) == 1
    assert scene.stop().meter_stop_wh == scene.outlets[1].register_wh
    assert scene.stop().reason is StopReason.LOCAL


def test_after_a_short_power_cut_the_session_goes_on() -> None:
    scene = Scene()
    scene.charge()
    scene.power_cut(60_000)
    scene.advance(3_000)
    assert scene.outlets[1].closed
    assert scene.status() is Status.CHARGING


def test_after_a_long_power_cut_the_session_ends_where_the_power_went_and_not_a_wh_more_flows() -> None:
    scene = Scene()
    scene.charge()
    register_wh = scene.outlets[1].register_wh
    engaged = scene.engagements()
    checkpoint_at = scene.connector().session.checkpoint_at
    scene.power_cut(3_600_000)
    scene.advance(5_000)
    stop = scene.stop()
    assert (stop.reason, stop.moment) == (StopReason.POWER_LOSS, checkpoint_at)
    assert stop.meter_stop_wh == register_wh == scene.outlets[1].register_wh
    assert scene.engagements() == engaged
    assert scene.status() is Status.FINISHING


def test_a_power_cut_of_unknown_length_ends_the_session() -> None:
    scene = Scene()
    scene.charge()
    scene.clock(known=False)
    scene.power_cut(1_000)
    scene.advance(5_000)
    assert scene.stop().reason is StopReason.POWER_LOSS


def test_an_agent_that_was_away_for_long_ends_the_session_with_what_the_meter_says_now() -> None:
    scene = Scene()
    scene.charge()
    scene.advance(5_000)
    scene.away(3_600_000)
    scene.advance(5_000)
    stop = scene.stop()
    assert stop.reason is StopReason.REBOOT
    assert stop.meter_stop_wh == scene.outlets[1].register_wh


def test_a_meter_that_died_with_the_power_ends_the_session_at_its_checkpoint() -> None:
    scene = Scene()
    scene.charge()
    checkpoint_wh = scene.connector().session.checkpoint.energy_wh
    scene.meter(1, False)
    scene.power_cut(3_600_000)
    scene.advance(590_000)
    assert scene.facts(SessionStopped) == []
    scene.advance(20_000)
    assert scene.stop().meter_stop_wh == checkpoint_wh


def test_a_stop_that_awaited_the_meter_when_the_agent_crashed_still_ends_once() -> None:
    scene = Scene()
    scene.charge()
    scene.meter(1, False)
    scene.tap(TAG)
    scene.crash()
    scene.meter(1, True)
    scene.advance(5_000)
    assert (scene.stop().reason, scene.stop().id_tag) == (StopReason.LOCAL, TAG)
    assert scene.stop().meter_stop_wh == scene.outlets[1].register_wh


def test_a_crash_before_the_save_begins_nothing_and_one_after_it_begins_a_session() -> None:
    for when, sessions in (("before", 0), ("after", 1)):
        scene = Scene(LocalPreAuthorize="true")
        scene.knows(TAG)
        scene.see(1, Vehicle.ASKING)
        scene.crash_at_save(when)
        scene.present(TAG)
        scene.advance(3_000)
        assert len(scene.facts(SessionStarted)) == sessions
        assert scene.outlets[1].closed is (sessions == 1)


def test_a_scheduled_change_of_availability_survives_the_crash() -> None:
    scene = Scene()
    scene.charge()
    scene.availability(1, False)
    scene.crash()
    scene.advance(3_000)
    assert scene.outlets[1].closed
    scene.tap(TAG)
    scene.advance(3_000)
    assert moved(scene.statuses()[-2:]) == "Finishing Unavailable"


def test_a_session_that_ends_at_its_checkpoint_does_not_end_before_its_last_value() -> None:
    scene = Scene(MeterValueSampleInterval=1)
    scene.charge()
    last = scene.facts(MeterSampled)[-1]
    scene.power_cut(3_600_000)
    scene.advance(5_000)
    assert scene.stop().moment.mono_ms >= last.moment.mono_ms
    assert scene.stop().meter_stop_wh >= last.reading.energy_wh


def test_the_end_of_a_session_is_shown_for_a_moment_before_what_follows() -> None:
    scene = Scene()
    scene.charge()
    scene.see(1, Vehicle.ABSENT)
    scene.advance(5_000)
    finishing, available = scene.reports()[-2:]
    assert (finishing.report.status, available.report.status) == (Status.FINISHING, Status.AVAILABLE)
    assert available.moment.mono_ms - scene.stop().moment.mono_ms > 2_000
