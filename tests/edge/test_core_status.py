"""What keeps energy from flowing, and what is said about it: faults, availability, reset, unlocking, the cable."""

import pytest

from edge.core import events as ev
from edge.core.facts import SessionStarted, SessionStopped
from edge.core.values import Fault, Status, StatusReport, StopReason, Vehicle
from tests.edge.scene import OTHER, TAG, Scene, moved

# --- faults


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
        ("ground_fault", "GroundFailure"),
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
    scene.tap(TAG)
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
    scene.outlets[1].register_mj -= 100 * 3_600_000
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


# --- availability


def test_a_free_connector_goes_out_of_service_at_once_and_back() -> None:
    scene = Scene(connectors=2)
    scene.availability(1, False)
    assert scene.reply() == "Accepted"
    assert (scene.status(1), scene.status(2)) == (Status.UNAVAILABLE, Status.AVAILABLE)
    scene.see(1, Vehicle.ASKING)
    scene.tap(TAG, (1,))
    assert scene.asked == []
    assert scene.shown().text == "The operator has taken this charger out of service"
    scene.availability(1, True)
    assert scene.status(1) is Status.PREPARING


def test_a_running_session_may_end_before_its_connector_goes_out_of_service() -> None:
    scene = Scene()
    scene.charge()
    scene.availability(1, False)
    assert scene.reply() == "Scheduled"
    scene.advance(5_000)
    assert scene.outlets[1].closed
    scene.tap(TAG)
    scene.advance(5_000)
    assert moved(scene.statuses()) == "Available Preparing Charging Finishing Unavailable"


def test_what_was_scheduled_can_be_taken_back() -> None:
    scene = Scene()
    scene.charge()
    scene.availability(1, False)
    scene.availability(1, True)
    scene.tap(TAG)
    scene.advance(5_000)
    assert scene.status() is Status.FINISHING


def test_the_whole_station_goes_out_of_service_each_connector_in_its_time() -> None:
    scene = Scene(connectors=2)
    scene.charge(1)
    scene.availability(0, False)
    assert scene.reply() == "Scheduled"
    assert (scene.status(0), scene.status(1), scene.status(2)) == (
        Status.UNAVAILABLE,
        Status.CHARGING,
        Status.UNAVAILABLE,
    )
    scene.tap(TAG)
    scene.advance(5_000)
    assert scene.status(1) is Status.UNAVAILABLE
    scene.availability(0, True)
    assert (scene.status(0), scene.status(2)) == (Status.AVAILABLE, Status.AVAILABLE)


@pytest.mark.parametrize("connector", [0, 1])
def test_out_of_service_survives_a_crash_and_a_power_cut(connector: int) -> None:
    scene = Scene()
    scene.availability(connector, False)
    scene.crash()
    scene.power_cut(60_000)
    assert scene.status(connector) is Status.UNAVAILABLE
    assert scene.status(1) is Status.UNAVAILABLE


def test_availability_of_a_connector_that_does_not_exist_is_rejected() -> None:
    scene = Scene()
    scene.availability(4, False)
    assert scene.reply() == "Rejected"


def test_a_card_that_waits_for_its_cable_goes_with_the_connector() -> None:
    scene = Scene()
    scene.tap(TAG)
    scene.availability(1, False)
    assert moved(scene.statuses()) == "Available Preparing Available Unavailable"
    scene.availability(1, True)
    scene.see(1, Vehicle.ASKING)
    scene.advance(5_000)
    assert scene.facts(SessionStarted) == []


# --- reset


@pytest.mark.parametrize(("hard", "reason"), [(False, StopReason.SOFT_RESET), (True, StopReason.HARD_RESET)])
def test_a_reset_ends_every_session_properly_before_it_restarts(hard: bool, reason: StopReason) -> None:
    scene = Scene(connectors=2)
    scene.charge(1)
    scene.charge(2, OTHER)
    scene.reset(hard)
    assert scene.reply() == "Accepted"
    assert scene.restarts() == []
    scene.advance(3_000)
    assert {stop.reason for stop in scene.facts(SessionStopped)} == {reason}
    assert len(scene.facts(SessionStopped)) == 2
    assert scene.restarts() == [hard]
    assert scene.status() is Status.PREPARING


def test_a_reset_without_sessions_restarts_at_once() -> None:
    scene = Scene()
    scene.reset(False)
    assert scene.restarts() == [False]


def test_nothing_begins_while_a_reset_waits() -> None:
    scene = Scene(connectors=2)
    scene.charge(1)
    scene.meter(1, False)
    scene.reset(False)
    scene.remote_start(2, OTHER)
    assert scene.reply() == "Rejected"
    scene.see(2, Vehicle.ASKING)
    scene.tap(OTHER, (2,))
    scene.advance(10_000)
    assert len(scene.facts(SessionStarted)) == 1


# --- the cable


def test_unlocking_ends_the_session_and_is_answered_once_the_bolt_has_moved() -> None:
    scene = Scene(lock=True)
    scene.charge()
    scene.unlock(1)
    assert not scene.outlets[1].closed
    assert f"request-{scene.requests}" not in scene.replies
    scene.advance(3_000)
    assert scene.reply() == "Unlocked"
    assert scene.stop().reason is StopReason.UNLOCK_COMMAND
    assert scene.status() is Status.FINISHING


def test_a_bolt_that_does_not_move_is_told() -> None:
    scene = Scene(lock=True)
    scene.lock_works = False
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


def test_the_cable_is_held_for_as_long_as_the_session_runs() -> None:
    scene = Scene(lock=True)
    scene.see(1, Vehicle.ASKING)
    assert not scene.connector().output.locked
    scene.tap(TAG)
    scene.advance(3_000)
    assert scene.connector().output.locked
    scene.tap(TAG)
    assert not scene.connector().output.locked


def test_a_cable_pulled_at_the_car_ends_the_session() -> None:
    scene = Scene(StopTransactionOnEVSideDisconnect="true")
    scene.charge()
    scene.see(1, Vehicle.ABSENT)
    assert not scene.outlets[1].closed
    scene.advance(3_000)
    assert scene.stop().reason is StopReason.EV_DISCONNECTED
    assert moved(scene.statuses()) == "Available Preparing Charging Finishing Available"


def test_a_cable_pulled_at_the_car_may_leave_the_session_waiting() -> None:
    scene = Scene(StopTransactionOnEVSideDisconnect="false")
    scene.charge()
    scene.see(1, Vehicle.ABSENT)
    assert not scene.outlets[1].closed
    assert scene.reports()[-1].report == StatusReport(Status.SUSPENDED_EV, info="EV side disconnected")
    scene.advance(60_000)
    scene.see(1, Vehicle.ASKING)
    scene.advance(3_000)
    assert scene.outlets[1].closed
    assert scene.facts(SessionStopped) == []
    assert len(scene.facts(SessionStarted)) == 1


# --- configuration


@pytest.mark.parametrize(
    ("key", "value", "status"),
    [
        ("MeterValueSampleInterval", "-1", "Rejected"),
        ("MeterValueSampleInterval", "+1", "Rejected"),
        ("MeterValueSampleInterval", "1.5", "Rejected"),
        ("metervaluesampleinterval", "15", "Accepted"),
        ("LocalPreAuthorize", "TRUE", "Accepted"),
        ("LocalPreAuthorize", "yes", "Rejected"),
        ("MeterValuesSampledData", "Voltage,SoC", "Rejected"),
        ("MeterValuesSampledData", "", "Accepted"),
        ("ConnectorPhaseRotation", "0.RST,1.RTS", "Accepted"),
        ("ConnectorPhaseRotation", "1.XYZ", "Rejected"),
        ("NumberOfConnectors", "2", "Rejected"),
        ("MessageTimeout", "0", "Rejected"),
        ("NoSuchKey", "1", "NotSupported"),
    ],
)
def test_configuration_takes_what_makes_sense(key: str, value: str, status: str) -> None:
    scene = Scene()
    before = dict(scene.loop.station.configuration)
    scene.configure(key, value)
    assert scene.reply() == status
    assert (dict(scene.loop.station.configuration) == before) is (status != "Accepted")


def test_configuration_survives_a_power_cut() -> None:
    scene = Scene(ConnectionTimeOut=7)
    scene.power_cut(1_000)
    scene.tap(TAG)
    scene.advance(8_000)
    assert moved(scene.statuses()[-3:]) == "Available Preparing Available"
