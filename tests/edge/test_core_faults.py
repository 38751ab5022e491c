"""Faults: energy stops at once, the status says why, and what was underneath comes back."""

from dataclasses import replace

import pytest

from edge.core import events as ev
from edge.core.facts import SessionStarted, SessionStopped
from edge.core.values import Fault, Status, StatusReport, StopReason, Vehicle
from tests.edge.scene import TAG, Scene, moved


def test_the_emergency_stop_releases_ends_the_session_and_faults_every_connector() -> None:
    scene = Scene(connectors=2)
    scene.charge(1)
    scene.trip("emergency_stop")
    scene.advance(3_000)
    assert scene.stop().reason is StopReason.EMERGENCY_STOP
    for connector in (1, 2):
        report = scene.reports(connector)[-1].report
        assert report == StatusReport(Status.FAULTED, "OtherError", "The emergency stop is pressed")
    assert scene.reason() == "The emergency stop is pressed."
    scene.clear("emergency_stop")
    assert (scene.status(1), scene.status(2)) == (Status.FINISHING, Status.AVAILABLE)
    scene.advance(5_000)
    assert not scene.outlets[1].closed


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("door", "OtherError"),
        ("temperature", "HighTemperature"),
        ("x", "OtherError"),
    ],
)
def test_other_inputs_interrupt_a_session_which_then_goes_on(name: str, code: str) -> None:
    scene = Scene()
    scene.charge()
    scene.trip(name)
    assert not scene.outlets[1].closed
    assert (scene.status(), scene.reports()[-1].report.error_code) == (Status.FAULTED, code)
    scene.advance(5_000)
    scene.clear(name)
    scene.advance(5_000)
    assert scene.outlets[1].closed
    assert moved(scene.statuses()) == "Available Preparing Charging Faulted Charging"
    assert scene.facts(SessionStopped) == []


def test_one_fault_hides_another_until_both_are_gone() -> None:
    scene = Scene()
    scene.charge()
    scene.trip("door")
    scene.meter(1, False)
    scene.advance(2_000)
    scene.clear("door")
    assert scene.reports()[-1].report == StatusReport(Status.FAULTED, "PowerMeterFailure", "The meter is silent")
    scene.advance(2_000)
    assert not scene.outlets[1].closed
    scene.meter(1, True)
    scene.advance(5_000)
    assert scene.outlets[1].closed


def test_a_faulty_connector_refuses_cards_and_says_why() -> None:
    scene = Scene()
    scene.trip("door")
    scene.present(TAG)
    assert scene.asked == []
    assert scene.shown().text == "The housing is open"
    scene.remote_start(1, TAG)
    assert scene.reply() == "Rejected"


def test_without_its_meter_no_energy_flows_and_the_stop_waits_for_the_last_word() -> None:
    scene = Scene()
    scene.charge()
    scene.meter(1, False)
    scene.advance(2_000)
    assert not scene.outlets[1].closed
    scene.tap(TAG)
    scene.advance(30_000)
    assert scene.facts(SessionStopped) == []
    scene.meter(1, True)
    scene.advance(3_000)
    assert scene.stop().meter_stop_wh == scene.outlets[1].register_wh


def test_a_meter_that_never_speaks_again_ends_the_session_at_what_it_said_last() -> None:
    scene = Scene()
    scene.charge()
    scene.advance(500)
    said_wh = scene.connector().reading.energy_wh
    scene.meter(1, False)
    scene.tap(TAG)
    scene.advance(590_000)
    assert scene.facts(SessionStopped) == []
    scene.advance(20_000)
    assert scene.stop().meter_stop_wh == said_wh


def test_a_register_that_runs_backwards_is_a_fault_not_a_reading() -> None:
    scene = Scene()
    scene.charge()
    scene.advance(500)
    before_wh = scene.connector().reading.energy_wh
    scene.outlets[1].register_mj -= 1_000 * 3_600_000
    scene.advance(2_000)
    assert not scene.outlets[1].closed
    assert scene.reports()[-1].report.error_code == "PowerMeterFailure"
    assert scene.connector().reading.energy_wh == before_wh


@pytest.mark.parametrize(("event", "code"), [(ev.LockFailed, "ConnectorLockFailure"), (ev.OfferFailed, "OtherError")])
def test_a_lock_or_an_offer_that_fails_stops_the_energy_until_the_car_has_left(
    event: type[ev.LockFailed | ev.OfferFailed], code: str
) -> None:
    scene = Scene(lock=True)
    scene.charge()
    scene.happen(event(scene.now(), 1, "The bolt is stuck"))
    assert not scene.outlets[1].closed
    assert scene.reports()[-1].report == StatusReport(Status.FAULTED, code, "The bolt is stuck")
    scene.see(1, Vehicle.ABSENT)
    scene.advance(3_000)
    assert scene.status() is Status.AVAILABLE


def test_an_offer_that_is_made_after_all_gives_energy_again() -> None:
    scene = Scene()
    scene.charge()
    scene.happen(ev.OfferFailed(scene.now(), 1, "the board is silent"))
    assert not scene.outlets[1].closed
    scene.happen(ev.OfferMade(scene.now(), 1))
    scene.advance(3_000)
    assert scene.outlets[1].closed
    assert scene.status() is Status.CHARGING


def test_a_lock_that_fails_before_the_start_begins_no_session() -> None:
    scene = Scene(lock=True)
    scene.see(1, Vehicle.ASKING)
    scene.happen(ev.LockFailed(scene.now(), 1, "The bolt is stuck"))
    scene.tap(TAG)
    scene.advance(5_000)
    assert scene.facts(SessionStarted) == []


def test_what_is_said_of_a_fault_fits_into_a_status_notification() -> None:
    scene = Scene()
    scene.happen(ev.MeterFailed(scene.now(), 1, "x" * 80))
    assert scene.reports()[-1].report.info == "x" * 50
    assert dict(scene.connector().faults) == {"meter": Fault("PowerMeterFailure", "x" * 80)}


def test_what_the_guardian_released_by_itself_rests_before_it_is_engaged_again() -> None:
    scene = Scene()
    scene.charge()
    scene.outlets[1].closed = False
    scene.happen(ev.ContactorReleased(scene.now(), 1, "lease"))
    scene.advance(1_000)
    assert not scene.outlets[1].closed
    assert scene.reason() == "The contactor rests a moment between switching."
    scene.advance(2_000)
    assert scene.outlets[1].closed


def test_a_card_whose_time_ran_out_during_a_fault_leaves_a_finished_connector() -> None:
    scene = Scene(ConnectionTimeOut=10)
    scene.tap(TAG)
    scene.trip("door")
    scene.see(1, Vehicle.ASKING)
    scene.advance(11_000)
    scene.clear("door")
    assert scene.status() is Status.FINISHING


def test_a_control_pilot_that_makes_no_sense_is_told_as_such_and_the_session_waits() -> None:
    scene = Scene()
    scene.see(1, Vehicle.FAULTY)
    warning = StatusReport(Status.PREPARING, "EVCommunicationError", "The car's control pilot is faulty")
    assert scene.reports()[-1].report == warning
    scene.charge()
    scene.see(1, Vehicle.FAULTY)
    assert scene.reports()[-1].report == replace(warning, status=Status.SUSPENDED_EV)
    assert scene.reason() == "The car's control pilot is faulty."
    assert not scene.outlets[1].closed
    scene.see(1, Vehicle.ASKING)
    scene.advance(3_000)
    assert scene.reports()[-1].report == StatusReport(Status.CHARGING)
    assert scene.outlets[1].closed
