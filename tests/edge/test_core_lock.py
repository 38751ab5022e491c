"""The lock of a detachable cable around a session: shut before it, held through it, opened after the release."""

import pytest

from edge.core import events as ev
from edge.core.effects import LockCable, UnlockCable
from edge.core.facts import SessionStarted, SessionStopped
from edge.core.values import Status, StatusReport, StopReason, Vehicle
from tests.edge.scene import OTHER, TAG, Scene, moved

STUCK = StatusReport(Status.FAULTED, "ConnectorLockFailure", "The bolt is stuck")


def test_a_session_begins_only_once_the_bolt_is_known_to_hold() -> None:
    scene = Scene(lock=True)
    scene.bolt(1, works=True, ms=4_000)
    scene.see(1, Vehicle.ASKING)
    scene.tap(TAG)
    scene.advance(3_000)
    assert scene.facts(SessionStarted) == []
    assert scene.status() is Status.PREPARING
    scene.advance(4_000)
    assert len(scene.facts(SessionStarted)) == 1
    assert scene.outlets[1].closed
    assert moved(scene.statuses()) == "Available Preparing Charging"


def test_a_fixed_cable_has_no_bolt_to_wait_for() -> None:
    scene = Scene(lock=False)
    scene.charge()
    assert not [effect for effect in scene.performed if isinstance(effect, LockCable | UnlockCable)]


def test_a_bolt_that_does_not_shut_is_a_fault_and_no_session_begins() -> None:
    scene = Scene(lock=True)
    scene.bolt(1, works=False)
    scene.see(1, Vehicle.ASKING)
    scene.tap(TAG)
    scene.advance(70_000)
    assert scene.facts(SessionStarted) == []
    assert scene.engagements() == 0
    assert scene.connector().grant is None
    assert scene.reports()[-1].report == STUCK
    scene.present(OTHER)
    assert scene.shown().text == "The bolt is stuck"
    assert moved(scene.statuses()) == "Available Preparing Faulted"


@pytest.mark.parametrize("mended", [True, False])
def test_unplugging_clears_a_failed_lock_and_the_next_driver_has_a_new_try(mended: bool) -> None:
    scene = Scene(lock=True)
    scene.bolt(1, works=False)
    scene.see(1, Vehicle.ASKING)
    scene.tap(TAG)
    scene.advance(2_000)
    scene.see(1, Vehicle.ABSENT)
    assert scene.status() is Status.AVAILABLE
    scene.bolt(1, works=mended)
    scene.see(1, Vehicle.ASKING)
    scene.tap(OTHER)
    scene.advance(5_000)
    assert scene.outlets[1].closed is mended
    assert scene.status() is (Status.CHARGING if mended else Status.FAULTED)


def test_the_plug_stays_held_until_the_guardian_has_said_released() -> None:
    scene = Scene(lock=True)
    scene.charge()
    scene.tap(TAG)
    late, scene.coming = scene.coming, []
    assert not scene.outlets[1].closed
    scene.advance(20_000)
    assert scene.outlets[1].locked
    scene.coming = [(scene.mono_ms, deed) for _, deed in late]
    scene.advance(1_000)
    assert not scene.outlets[1].locked


def test_a_bolt_that_falls_open_stops_the_energy_and_the_card_still_ends_the_session() -> None:
    scene = Scene(lock=True)
    scene.charge()
    scene.outlets[1].locked = scene.outlets[1].closed = False  # the guardian's release is not what is tested
    scene.happen(ev.LockFailed(scene.now(), 1, "The bolt is stuck"))
    scene.advance(5_000)
    assert scene.reports()[-1].report == STUCK
    assert not scene.outlets[1].locked
    scene.tap(TAG)
    scene.advance(5_000)
    assert scene.stop().reason is StopReason.LOCAL
    scene.see(1, Vehicle.ABSENT)
    scene.advance(1_000)
    assert scene.status() is Status.AVAILABLE


def test_a_bolt_that_does_not_open_is_a_fault_and_is_tried_again_until_it_does() -> None:
    scene = Scene(lock=True)
    scene.charge()
    scene.bolt(1, works=False)
    scene.tap(TAG)
    scene.advance(60_000)
    assert scene.stop().reason is StopReason.LOCAL
    assert scene.reports()[-1].report == STUCK
    tries = [effect for effect in scene.performed if isinstance(effect, UnlockCable)]
    assert 3 <= len(tries) <= 9
    scene.bolt(1, works=True)
    scene.advance(12_000)
    assert not scene.outlets[1].locked
    assert scene.status() is Status.FINISHING
    scene.see(1, Vehicle.ABSENT)
    assert scene.status() is Status.AVAILABLE


def test_a_stuck_bolt_is_tried_at_once_when_the_car_has_gone() -> None:
    scene = Scene(lock=True)
    scene.charge()
    scene.bolt(1, works=False)
    scene.tap(TAG)
    scene.advance(3_000)
    scene.bolt(1, works=True)
    scene.see(1, Vehicle.ABSENT)
    scene.advance(1_000)
    assert not scene.outlets[1].locked
    assert scene.status() is Status.AVAILABLE


def test_a_card_taken_back_while_the_bolt_turns_frees_the_plug() -> None:
    scene = Scene(lock=True)
    scene.bolt(1, works=True, ms=4_000)
    scene.see(1, Vehicle.ASKING)
    scene.tap(TAG)
    scene.advance(1_000)
    scene.tap(TAG)
    scene.advance(12_000)
    assert not scene.outlets[1].locked
    assert scene.facts(SessionStarted) == []


def test_a_cable_pulled_while_the_bolt_turns_may_be_plugged_in_again() -> None:
    scene = Scene(lock=True)
    scene.bolt(1, works=True, ms=4_000)
    scene.see(1, Vehicle.ASKING)
    scene.tap(TAG)
    scene.advance(1_000)
    scene.see(1, Vehicle.ABSENT)
    scene.advance(12_000)
    assert not scene.outlets[1].locked
    assert scene.facts(SessionStarted) == []
    scene.see(1, Vehicle.ASKING)
    scene.advance(8_000)
    assert scene.outlets[1].closed


def test_after_a_crash_the_session_goes_on_once_the_bolt_has_said_again_that_it_holds() -> None:
    scene = Scene(lock=True)
    scene.charge()
    scene.bolt(1, works=True, ms=4_000)
    told = len(scene.reports())
    scene.crash()
    scene.advance(3_000)
    assert not scene.outlets[1].closed
    assert scene.connector().output.offer_ma == 32_000
    assert scene.reason() == "The plug is not locked yet."
    scene.advance(3_000)
    assert scene.outlets[1].closed
    assert Status.SUSPENDED_EVSE not in {report.report.status for report in scene.reports()[told:]}


def test_a_card_presented_while_the_bolt_opens_waits_until_it_holds_again() -> None:
    scene = Scene(lock=True)
    scene.charge()
    scene.bolt(1, works=True, ms=4_000)
    scene.tap(TAG)
    scene.advance(2_000)
    scene.tap(OTHER)
    scene.advance(4_000)
    assert len(scene.facts(SessionStarted)) == 1
    scene.advance(6_000)
    assert len(scene.facts(SessionStarted)) == 2
    assert scene.outlets[1].closed


@pytest.mark.parametrize("stage_ms", [0, 250, 500, 1_000, 2_000, 3_000])
@pytest.mark.parametrize("dark_ms", [2_000, 3_600_000])
def test_a_power_cut_at_any_stage_leaves_no_plug_locked_for_nobody(stage_ms: int, dark_ms: int) -> None:
    scene = Scene(lock=True)
    scene.bolt(1, works=True, ms=1_000)
    scene.see(1, Vehicle.ASKING)
    scene.tap(TAG)
    scene.advance(stage_ms)
    scene.power_cut(dark_ms)
    scene.advance(6_000)
    runs = scene.connector().session is not None
    assert scene.outlets[1].locked is scene.outlets[1].closed is runs
    assert len(scene.facts(SessionStarted)) - len(scene.facts(SessionStopped)) == runs


@pytest.mark.parametrize("hard", [True, False])
def test_a_reset_while_the_bolt_turns_begins_nothing_and_leaves_nothing_locked(hard: bool) -> None:
    scene = Scene(lock=True)
    scene.bolt(1, works=True, ms=4_000)
    scene.see(1, Vehicle.ASKING)
    scene.tap(TAG)
    scene.advance(1_000)
    scene.reset(hard)
    scene.advance(12_000)
    assert scene.facts(SessionStarted) == []
    assert not scene.outlets[1].locked
    assert scene.restarts() == [hard]


def test_a_scheduled_connector_lets_the_plug_go_and_is_unavailable() -> None:
    scene = Scene(lock=True)
    scene.charge()
    scene.availability(1, False)
    assert scene.reply() == "Scheduled"
    scene.tap(TAG)
    scene.advance(5_000)
    assert not scene.outlets[1].locked
    assert moved(scene.statuses()) == "Available Preparing Charging Finishing Unavailable"
