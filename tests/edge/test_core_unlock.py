"""UnlockConnector (OCPP 1.6 section 5.18): idle, charging, stuck, fixed, unknown."""

import pytest

from edge.core.effects import Record, Reply, Report, Say, UnlockCable
from edge.core.facts import SessionStarted, SessionStopped
from edge.core.values import Status, StopReason, Vehicle
from tests.edge.scene import OTHER, TAG, Scene, moved


def test_unlocking_an_idle_connector_turns_the_bolt_and_is_answered_then() -> None:
    scene = Scene(lock=True)
    before = len([effect for effect in scene.performed if isinstance(effect, UnlockCable)])
    scene.unlock(1)
    assert f"request-{scene.requests}" not in scene.replies
    scene.advance(1_000)
    assert scene.reply() == "Unlocked"
    assert len([effect for effect in scene.performed if isinstance(effect, UnlockCable)]) == before + 1
    assert scene.status() is Status.AVAILABLE


def test_unlocking_releases_at_once_is_answered_first_and_then_ends_the_session() -> None:
    scene = Scene(lock=True)
    scene.charge()
    asked = len(scene.performed)
    scene.unlock(1)
    assert not scene.outlets[1].closed
    assert f"request-{scene.requests}" not in scene.replies
    scene.advance(3_000)
    assert scene.reply() == "Unlocked"
    told = [effect for effect in scene.performed[asked:] if isinstance(effect, Reply | Report)]
    assert isinstance(told[0], Reply)
    assert scene.stop().reason is StopReason.UNLOCK_COMMAND
    assert scene.status() is Status.FINISHING
    scene.see(1, Vehicle.ABSENT)
    assert moved(scene.statuses()) == "Available Preparing Charging Finishing Available"


def test_no_stop_is_recorded_before_the_answer() -> None:
    scene = Scene(lock=True)
    scene.charge()
    scene.bolt(1, works=True, ms=4_000)
    scene.unlock(1)
    scene.advance(3_500)
    assert scene.facts(SessionStopped) == []
    assert scene.status() is Status.CHARGING
    scene.advance(2_000)
    assert scene.reply() == "Unlocked"
    assert scene.stop().reason is StopReason.UNLOCK_COMMAND


def test_a_fault_meanwhile_is_told_after_the_answer() -> None:
    scene = Scene(lock=True)
    scene.charge()
    scene.bolt(1, works=True, ms=4_000)
    scene.unlock(1)
    told = len(scene.reports())
    scene.trip("door")
    scene.advance(3_000)
    assert len(scene.reports()) == told
    scene.advance(3_000)
    assert scene.reply() == "Unlocked"
    assert [report.report.info for report in scene.reports()[told:]] == ["The housing is open"]


def test_the_stop_is_dated_when_the_energy_was_released() -> None:
    scene = Scene(lock=True)
    scene.charge()
    scene.bolt(1, works=True, ms=4_000)
    asked = scene.now()
    scene.unlock(1)
    scene.advance(8_000)
    assert scene.stop().moment == asked


def test_a_bolt_that_sticks_is_told_and_the_session_is_over_all_the_same() -> None:
    scene = Scene(lock=True)
    scene.charge()
    scene.bolt(1, works=False)
    scene.unlock(1)
    scene.advance(3_000)
    assert scene.reply() == "UnlockFailed"
    assert scene.stop().reason is StopReason.UNLOCK_COMMAND
    assert scene.reports()[-1].report.error_code == "ConnectorLockFailure"
    scene.bolt(1, works=True)
    scene.unlock(1)
    scene.advance(1_000)
    assert scene.reply() == "Unlocked"
    assert scene.status() is Status.FINISHING


def test_an_idle_bolt_that_is_stuck_shut_is_told() -> None:
    scene = Scene(lock=True)
    scene.charge()
    scene.bolt(1, works=False)
    scene.tap(TAG)
    scene.advance(3_000)
    scene.unlock(1)
    scene.advance(1_000)
    assert scene.reply() == "UnlockFailed"


@pytest.mark.parametrize("connector", [1, 3])
def test_a_fixed_cable_has_nothing_to_unlock_and_charging_goes_on(connector: int) -> None:
    scene = Scene(lock=False)
    scene.charge()
    scene.unlock(connector)
    assert scene.reply() == "NotSupported"
    assert scene.outlets[1].closed
    said = [effect.text for effect in scene.performed if isinstance(effect, Say)]
    assert f"connector {connector}: not unlocked, there is no lock" in said


def test_unlocking_takes_a_waiting_card_back() -> None:
    scene = Scene(lock=True)
    scene.bolt(1, works=True, ms=4_000)
    scene.see(1, Vehicle.ASKING)
    scene.tap(TAG)
    scene.advance(1_000)
    scene.unlock(1)
    scene.advance(30_000)
    assert scene.reply() == "Unlocked"
    assert scene.facts(SessionStarted) == []
    assert not scene.outlets[1].locked


def test_a_second_request_meanwhile_is_answered_too_and_the_first_stands() -> None:
    scene = Scene(lock=True)
    scene.bolt(1, works=True, ms=2_000)
    scene.unlock(1)
    first = f"request-{scene.requests}"
    scene.unlock(1)
    assert scene.reply() == "UnlockFailed"
    scene.advance(3_000)
    assert scene.replies[first] == "Unlocked"


def test_after_an_unlocking_the_same_car_may_charge_again() -> None:
    scene = Scene(lock=True)
    scene.charge()
    scene.unlock(1)
    scene.advance(5_000)
    scene.tap(OTHER)
    scene.advance(5_000)
    assert scene.outlets[1].closed
    assert moved(scene.statuses()) == "Available Preparing Charging Finishing Preparing Charging"


def test_a_crash_while_unlocking_ends_the_session_for_the_same_reason() -> None:
    scene = Scene(lock=True)
    scene.charge()
    scene.bolt(1, works=True, ms=4_000)
    scene.unlock(1)
    scene.crash()
    scene.advance(8_000)
    assert scene.stop().reason is StopReason.UNLOCK_COMMAND
    assert not scene.outlets[1].locked


def test_only_what_is_asked_for_is_recorded() -> None:
    scene = Scene(lock=True)
    scene.unlock(1)
    scene.advance(1_000)
    assert not [effect for effect in scene.performed if isinstance(effect, Record)]
    assert scene.disk.ever == {}
