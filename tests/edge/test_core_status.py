"""What the operator and the cable do to a connector: availability, reset, unlocking, configuration."""

import pytest

from edge.core import events as ev
from edge.core.effects import Say
from edge.core.facts import SessionStarted, SessionStopped
from edge.core.values import Status, StatusReport, StopReason, Vehicle
from tests.edge.scene import OTHER, TAG, Scene, moved

# --- availability


def test_a_free_connector_goes_out_of_service_at_once_and_back() -> None:
    scene = Scene(connectors=2)
    scene.availability(1, False)
    assert scene.reply() == "Accepted"
    assert (scene.status(1), scene.status(2)) == (Status.UNAVAILABLE, Status.AVAILABLE)
    scene.see(1, Vehicle.ASKING)
    scene.present(TAG, (1,))
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


def test_one_connector_back_in_service_cuts_no_session_off_while_the_station_is_out() -> None:
    scene = Scene()
    scene.charge()
    scene.availability(0, False)
    scene.availability(1, True)
    assert scene.reply() == "Accepted"
    scene.advance(5_000)
    assert scene.outlets[1].closed
    assert scene.status() is Status.CHARGING


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
    before = scene.loop.station.configuration
    scene.configure(key, value)
    assert scene.reply() == status
    assert (scene.loop.station.configuration == before) is (status != "Accepted")


def test_configuration_survives_a_power_cut() -> None:
    scene = Scene(ConnectionTimeOut=7)
    scene.power_cut(1_000)
    scene.tap(TAG)
    scene.advance(8_000)
    assert moved(scene.statuses()[-3:]) == "Available Preparing Available"


def test_the_display_counts_the_energy_of_the_session_in_tenths_of_a_kwh() -> None:
    scene = Scene()
    scene.charge()
    scene.advance(60_000)
    session, reading = scene.connector().session, scene.connector().reading
    assert session and reading
    delivered_wh = reading.energy_wh - session.meter_start_wh
    assert delivered_wh > 100
    assert scene.shown().text == f"Charging: {delivered_wh // 100 / 10:.1f} kWh"


def test_an_indicator_that_fails_is_named_and_keeps_no_energy_back() -> None:
    scene = Scene()
    scene.charge()
    scene.happen(ev.IndicatorFailed(scene.now(), 1, "I2C device 0x27 does not answer"))
    assert Say("connector 1: the indicator shows nothing: I2C device 0x27 does not answer") in scene.performed
    assert scene.outlets[1].closed
