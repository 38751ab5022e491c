"""Trip inputs that are not over when they clear, and those that cannot be read."""

import pytest

from edge.core import events as ev
from edge.core.facts import SessionStopped
from edge.core.values import Status, StatusReport, StopReason, Vehicle
from tests.edge.scene import OTHER
from tests.edge.watched import Watched


@pytest.fixture
def scene() -> Watched:
    charging = Watched()
    charging.charge()
    return charging


def test_after_a_ground_fault_the_same_car_gets_energy_only_when_plugged_anew(scene: Watched) -> None:
    scene.trip("ground_fault")
    scene.clear("ground_fault")
    scene.crash()
    scene.advance(60_000)
    assert scene.report() == StatusReport(Status.FAULTED, "GroundFailure", "The residual-current device has tripped")
    assert not scene.outlets[1].closed
    scene.replug()
    scene.advance(5_000)
    scene.charge(tag=OTHER)


def test_a_connector_without_a_car_works_again_when_the_residual_current_device_does() -> None:
    scene = Watched(connectors=2)
    scene.charge(1)
    scene.trip("ground_fault")
    scene.clear("ground_fault")
    assert (scene.status(1), scene.status(2)) == (Status.FAULTED, Status.AVAILABLE)


def test_a_charger_that_was_knocked_over_waits_for_a_technician_at_every_connector() -> None:
    scene = Watched(connectors=2)
    scene.charge(1)
    scene.trip("tilt")
    scene.technician(1)
    assert scene.reply() == "Persists"
    scene.clear("tilt")
    scene.power_cut(60_000)
    scene.advance(3_000)
    assert (scene.status(1), scene.status(2)) == (Status.FAULTED, Status.FAULTED)
    assert scene.stop().reason is StopReason.OTHER
    for connector in (1, 2):
        scene.technician(connector)
    scene.see(1, Vehicle.ABSENT)
    scene.charge(2, OTHER)


def test_an_input_that_cannot_be_read_keeps_energy_off_but_ends_nothing(scene: Watched) -> None:
    scene.outlets[1].closed = False
    scene.happen(ev.InputTripped(scene.now(), "emergency_stop", unread=True, info="GPIO22: busy"))
    scene.happen(ev.ContactorReleased(scene.now(), 1, "trip:emergency_stop"))
    told = "Input emergency_stop cannot be read: GPIO22: busy"
    assert scene.report() == StatusReport(Status.FAULTED, "InternalError", told)
    assert told in scene.said()
    assert scene.shown().text == "An input cannot be read. Call for help"
    scene.happen(ev.InputCleared(scene.now(), "emergency_stop"))
    scene.advance(5_000)
    assert (scene.outlets[1].closed, scene.facts(SessionStopped)) == (True, [])
    scene.happen(ev.InputTripped(scene.now(), "emergency_stop", unread=True))
    scene.happen(ev.InputTripped(scene.now(), "emergency_stop"))
    assert scene.report().info == "The emergency stop is pressed"
    scene.advance(3_000)
    assert scene.stop().reason is StopReason.EMERGENCY_STOP
