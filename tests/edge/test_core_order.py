"""Every order of plug and card, and ConnectionTimeOut (OCPP 1.6 sections 4.9 and 9.1)."""

import pytest

from edge.core.effects import Say
from edge.core.facts import SessionStarted
from edge.core.values import Status, StatusReport, Vehicle
from tests.edge.scene import BAD, OTHER, TAG, Scene, moved


@pytest.fixture(params=[False, True], ids=["fixed", "lockable"])
def lock(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_plug_then_card(lock: bool) -> None:
    scene = Scene(lock=lock)
    scene.see(1, Vehicle.ASKING)
    scene.tap(TAG)
    scene.advance(3_000)
    assert moved(scene.statuses()) == "Available Preparing Charging"


def test_card_then_plug(lock: bool) -> None:
    scene = Scene(lock=lock)
    scene.tap(TAG)
    assert not scene.outlets[1].locked
    scene.see(1, Vehicle.ASKING)
    scene.advance(3_000)
    assert moved(scene.statuses()) == "Available Preparing Charging"


def test_card_plug_and_only_then_its_answer(lock: bool) -> None:
    scene = Scene(lock=lock)
    scene.present(TAG)
    scene.see(1, Vehicle.ASKING)
    scene.advance(3_000)
    assert not scene.outlets[1].locked
    scene.answer(lost=False)
    scene.advance(3_000)
    assert moved(scene.statuses()) == "Available Preparing Charging"


@pytest.mark.parametrize("remote", [True, False])
def test_connection_time_out_gives_up_a_card_that_no_car_follows(lock: bool, remote: bool) -> None:
    scene = Scene(lock=lock, ConnectionTimeOut=10, AuthorizeRemoteTxRequests=False)
    if remote:
        scene.remote_start(1, TAG)
    else:
        scene.tap(TAG)
    scene.advance(8_000)
    assert scene.status() is Status.PREPARING
    scene.advance(3_000)
    assert moved(scene.statuses()) == "Available Preparing Available"
    assert Say("connector 1: nobody plugged in within ConnectionTimeOut") in scene.performed
    scene.see(1, Vehicle.ASKING)
    scene.advance(3_000)
    assert scene.facts(SessionStarted) == []


@pytest.mark.parametrize("remote", [True, False])
def test_connection_time_out_finishes_a_car_without_a_card_and_a_card_revives_it(lock: bool, remote: bool) -> None:
    scene = Scene(lock=lock, ConnectionTimeOut=10, AuthorizeRemoteTxRequests=False)
    scene.see(1, Vehicle.ASKING)
    scene.advance(11_000)
    assert scene.status() is Status.FINISHING
    if remote:
        scene.remote_start(1, TAG)
    else:
        scene.tap(TAG)
    scene.advance(3_000)
    assert moved(scene.statuses()) == "Available Preparing Finishing Preparing Charging"


def test_a_car_that_stays_after_its_session_and_is_given_up_finishes_for_want_of_a_card() -> None:
    scene = Scene(ConnectionTimeOut=10)
    scene.charge()
    scene.tap(TAG)
    scene.advance(3_000)
    scene.availability(1, False)
    scene.availability(1, True)
    scene.advance(11_000)
    assert scene.reports()[-1].report == StatusReport(Status.FINISHING, info="No card was presented in time")


def test_connection_time_out_0_sets_no_limit(lock: bool) -> None:
    scene = Scene(connectors=2, lock=lock, ConnectionTimeOut=0)
    scene.tap(TAG, (1,))
    scene.see(2, Vehicle.ASKING)
    scene.advance(600_000)
    assert scene.status(1) is scene.status(2) is Status.PREPARING
    scene.see(1, Vehicle.ASKING)
    scene.advance(3_000)
    assert scene.outlets[1].closed


def test_a_changed_connection_time_out_applies_to_who_waits_already() -> None:
    scene = Scene(ConnectionTimeOut=0)
    scene.tap(TAG)
    scene.advance(30_000)
    scene.configure("ConnectionTimeOut", "20")
    scene.advance(1_000)
    assert scene.status() is Status.AVAILABLE


def test_a_session_that_cannot_begin_in_time_is_given_up_with_its_own_reason() -> None:
    scene = Scene(ConnectionTimeOut=10)
    scene.tap(TAG)
    scene.meter(1, False)
    scene.advance(4_000)
    scene.see(1, Vehicle.ASKING)
    scene.advance(8_000)
    assert scene.connector().grant is None
    assert Say("connector 1: the session could not begin within ConnectionTimeOut") in scene.performed
    scene.meter(1, True)
    scene.advance(3_000)
    assert scene.status() is Status.FINISHING


def test_a_second_swipe_before_the_car_makes_the_connector_available(lock: bool) -> None:
    scene = Scene(lock=lock)
    scene.tap(TAG)
    scene.tap(TAG)
    assert moved(scene.statuses()) == "Available Preparing Available"


def test_a_cable_pulled_and_plugged_in_again_before_the_answer_charges(lock: bool) -> None:
    scene = Scene(lock=lock)
    scene.see(1, Vehicle.ASKING)
    scene.present(TAG)
    scene.see(1, Vehicle.ABSENT)
    scene.answer(lost=False)
    assert scene.status() is Status.PREPARING
    scene.see(1, Vehicle.ASKING)
    scene.advance(3_000)
    assert scene.outlets[1].closed


def test_after_a_refused_card_a_second_car_and_card_may_charge(lock: bool) -> None:
    scene = Scene(lock=lock)
    scene.see(1, Vehicle.ASKING)
    scene.tap(BAD)
    scene.advance(3_000)
    assert scene.facts(SessionStarted) == []
    assert not scene.outlets[1].locked
    scene.see(1, Vehicle.ABSENT)
    scene.charge(tag=OTHER)
    assert moved(scene.statuses()) == "Available Preparing Available Preparing Charging"


def test_a_remote_stop_with_the_cable_in_finishes_and_is_not_available(lock: bool) -> None:
    scene = Scene(lock=lock)
    scene.charge()
    scene.remote_stop(1)
    scene.advance(120_000)
    assert scene.status() is Status.FINISHING
    assert not scene.outlets[1].locked
    scene.see(1, Vehicle.ABSENT)
    assert moved(scene.statuses()) == "Available Preparing Charging Finishing Available"


@pytest.mark.parametrize("hard", [True, False])
def test_a_reset_takes_back_what_waits_and_leaves_a_plugged_car_waiting(lock: bool, hard: bool) -> None:
    scene = Scene(connectors=2, lock=lock)
    scene.tap(TAG, (1,))
    scene.see(2, Vehicle.ASKING)
    scene.present(OTHER, (2,))
    scene.reset(hard)
    scene.answer(lost=False)
    scene.advance(3_000)
    assert scene.restarts() == [hard]
    assert scene.facts(SessionStarted) == []
    assert scene.status(1) is Status.AVAILABLE
    assert scene.status(2) is Status.PREPARING
