"""A contactor that does not follow makes its connector Faulted: until a technician has been, or until a new plug."""

from edge.core import events as ev
from edge.core.facts import SessionStopped
from edge.core.values import Status, StopReason, Vehicle
from tests.edge.scene import Scene


def test_a_weld_is_power_switch_failure_until_a_technician_has_been() -> None:
    scene = Scene()
    scene.charge()
    scene.tap()
    scene.happen(ev.ContactorDisobeyed(scene.now(), 1, closed=True))
    scene.advance(5_000)
    assert scene.status() is Status.FAULTED
    assert scene.reports()[-1].report.error_code == "PowerSwitchFailure"
    assert scene.shown().text == "The contactor does not open: switch off the mains. Call for help"
    scene.technician(1)
    assert scene.reply() == "Persists"
    scene.see(1, Vehicle.ABSENT)
    scene.happen(ev.ContactorObeyed(scene.now(), 1))
    assert scene.status() is Status.FAULTED
    scene.technician(1)
    assert (scene.reply(), scene.status()) == ("Accepted", Status.AVAILABLE)


def test_a_weld_found_while_a_session_is_paused_ends_it() -> None:
    scene = Scene()
    scene.charge()
    scene.trip("door")
    scene.happen(ev.ContactorDisobeyed(scene.now(), 1, closed=True))
    scene.advance(3_000)
    assert scene.facts(SessionStopped)[0].reason is StopReason.OTHER


def test_one_that_does_not_close_is_released_and_works_again_once_the_car_is_plugged_anew() -> None:
    scene = Scene()
    scene.charge()
    scene.happen(ev.ContactorDisobeyed(scene.now(), 1, closed=False))
    assert (scene.status(), scene.outlets[1].closed) == (Status.FAULTED, False)
    scene.happen(ev.ContactorObeyed(scene.now(), 1))
    scene.advance(60_000)
    assert not scene.outlets[1].closed, "it would only fail again"
    scene.see(1, Vehicle.ABSENT)
    scene.advance(5_000)
    scene.charge()
