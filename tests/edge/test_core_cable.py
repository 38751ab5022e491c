"""The cable pulled at the car, and the cable that waits for its owner (OCPP 1.6 sections 4.8 and 9.1)."""

import pytest

from edge.core.facts import SessionStarted, SessionStopped
from edge.core.reports import KEPT
from edge.core.values import Status, StatusReport, StopReason, TagInfo, TagStatus, Vehicle
from tests.edge.scene import BAD, OTHER, TAG, Scene, moved

FAMILY = TagInfo(TagStatus.ACCEPTED, parent="FAMILY")


def pulled(scene: Scene, tag: str = TAG) -> Scene:
    """A session whose car is unplugged at its own side."""
    scene.charge(tag=tag)
    scene.see(1, Vehicle.ABSENT)
    scene.advance(5_000)
    return scene


def kept(**more: str) -> Scene:
    return pulled(Scene(lock=True, UnlockConnectorOnEVSideDisconnect="false", **more))


def test_stop_transaction_on_ev_side_disconnect_with_unlocking() -> None:
    scene = Scene(lock=True, StopTransactionOnEVSideDisconnect="true", UnlockConnectorOnEVSideDisconnect="true")
    pulled(scene)
    assert (scene.stop().reason, scene.stop().id_tag) == (StopReason.EV_DISCONNECTED, None)
    assert not scene.outlets[1].locked
    scene.see(1, Vehicle.ASKING)
    assert moved(scene.statuses()) == "Available Preparing Charging Finishing Available Preparing"


@pytest.mark.parametrize("stop_first", [True, False])
def test_until_the_bolt_is_open_the_cable_is_still_there(stop_first: bool) -> None:
    scene = Scene(lock=True)
    scene.charge()
    scene.bolt(1, works=True, ms=4_000)
    if stop_first:
        scene.tap(TAG)
        scene.advance(2_000)
    scene.see(1, Vehicle.ABSENT)
    scene.advance(1_500)
    assert scene.status() is Status.FINISHING
    scene.advance(3_000)
    scene.see(1, Vehicle.ASKING)
    assert moved(scene.statuses()) == "Available Preparing Charging Finishing Available Preparing"


def test_without_unlock_connector_on_ev_side_disconnect_the_cable_waits_for_its_owner() -> None:
    scene = kept()
    assert scene.stop().reason is StopReason.EV_DISCONNECTED
    assert scene.outlets[1].locked
    assert scene.reports()[-1].report == StatusReport(Status.FINISHING, info=KEPT)
    assert scene.shown().text == "Present your card to free the cable"
    assert scene.reason() == "The cable is locked until the card that charged here is presented."
    scene.advance(3_600_000)
    assert scene.outlets[1].locked
    scene.present(TAG)
    assert scene.asked == []
    scene.advance(1_000)
    assert not scene.outlets[1].locked
    assert scene.status() is Status.AVAILABLE
    assert len(scene.facts(SessionStarted)) == 1


@pytest.mark.parametrize("unlock", ["true", "false"])
@pytest.mark.parametrize("lock", [True, False])
def test_without_stop_transaction_on_ev_side_disconnect_the_session_waits_for_its_car(lock: bool, unlock: str) -> None:
    scene = Scene(lock=lock, StopTransactionOnEVSideDisconnect="false", UnlockConnectorOnEVSideDisconnect=unlock)
    pulled(scene)
    assert not scene.outlets[1].closed
    assert scene.outlets[1].locked is lock
    assert scene.reports()[-1].report == StatusReport(Status.SUSPENDED_EV, info="EV side disconnected")
    scene.advance(600_000)
    scene.see(1, Vehicle.ASKING)
    scene.advance(3_000)
    assert scene.outlets[1].closed
    assert scene.facts(SessionStopped) == []
    assert len(scene.facts(SessionStarted)) == 1


def test_a_waiting_session_may_be_stopped_from_afar_and_the_cable_is_freed() -> None:
    scene = pulled(Scene(lock=True, StopTransactionOnEVSideDisconnect="false"))
    scene.remote_stop(1)
    scene.advance(3_000)
    assert scene.stop().reason is StopReason.REMOTE
    assert not scene.outlets[1].locked
    assert moved(scene.statuses()) == "Available Preparing Charging SuspendedEV Finishing Available"


def test_a_fixed_cable_passes_through_finishing() -> None:
    scene = pulled(Scene(lock=False))
    assert scene.stop().reason is StopReason.EV_DISCONNECTED
    assert moved(scene.statuses()) == "Available Preparing Charging Finishing Available"


def test_a_fixed_cable_pulled_while_nothing_flows_passes_through_finishing_too() -> None:
    scene = Scene(lock=False)
    scene.charge()
    scene.see(1, Vehicle.CONNECTED)
    scene.advance(5_000)
    scene.see(1, Vehicle.ABSENT)
    scene.advance(5_000)
    assert moved(scene.statuses()) == "Available Preparing Charging SuspendedEV Finishing Available"


def test_another_card_does_not_end_a_session_that_waits_for_its_car() -> None:
    scene = pulled(Scene(StopTransactionOnEVSideDisconnect="false"))
    scene.present(OTHER)
    assert scene.asked == []
    assert scene.shown().text == "Another card's session waits here for its car"
    assert scene.facts(SessionStopped) == []


def test_a_refused_session_does_not_wait_for_its_car_and_a_second_car_may_charge() -> None:
    scene = Scene(StopTransactionOnEVSideDisconnect="false", StopTransactionOnInvalidId="false")
    refused_at_start(scene)
    assert scene.status() is Status.SUSPENDED_EVSE
    scene.see(1, Vehicle.ABSENT)
    scene.advance(3_000)
    assert scene.stop().reason is StopReason.EV_DISCONNECTED
    scene.charge(tag=OTHER)
    assert scene.outlets[1].closed


def refused_at_start(scene: Scene) -> None:
    """A card that is cached as good, and refused by the answer to StartTransaction."""
    scene.configure("LocalPreAuthorize", "true")
    scene.knows(BAD)
    scene.see(1, Vehicle.ASKING)
    scene.present(BAD)
    scene.advance(3_000)
    scene.deliver_all()
    scene.advance(5_000)


@pytest.mark.parametrize("lock", [True, False])
def test_a_second_car_after_an_unpaid_first(lock: bool) -> None:
    scene = Scene(lock=lock, StopTransactionOnInvalidId="true")
    refused_at_start(scene)
    assert scene.stop().reason is StopReason.DE_AUTHORIZED
    assert scene.status() is Status.FINISHING
    assert scene.outlets[1].locked is lock
    if lock:
        scene.present(BAD)
        scene.advance(1_000)
        assert not scene.outlets[1].locked
        assert scene.status() is Status.FINISHING
    scene.see(1, Vehicle.ABSENT)
    assert scene.status() is Status.AVAILABLE
    scene.charge(tag=OTHER)
    assert scene.outlets[1].closed


def test_a_refused_drivers_cable_is_kept_from_others_even_without_the_car() -> None:
    scene = Scene(lock=True, StopTransactionOnInvalidId="true")
    refused_at_start(scene)
    scene.see(1, Vehicle.ABSENT)
    scene.advance(60_000)
    assert scene.outlets[1].locked
    assert scene.status() is Status.FINISHING


def test_a_foreign_card_and_a_remote_start_are_refused_while_a_cable_is_kept() -> None:
    scene = kept()
    scene.present(OTHER)
    assert scene.asked == []
    assert scene.shown().text == "The cable is locked for the card that charged here"
    scene.remote_start(1, OTHER)
    assert scene.reply() == "Rejected"
    assert scene.outlets[1].locked


def test_a_card_of_the_same_parent_frees_the_cable_once_it_is_accepted() -> None:
    scene = Scene(lock=True, UnlockConnectorOnEVSideDisconnect="false")
    scene.office.verdicts |= {TAG: FAMILY, OTHER: FAMILY}
    pulled(scene)
    scene.present(OTHER)
    assert scene.outlets[1].locked
    scene.answer(lost=False)
    scene.advance(1_000)
    assert not scene.outlets[1].locked
    assert scene.status() is Status.AVAILABLE
    assert len(scene.facts(SessionStarted)) == 1


def test_a_card_of_another_parent_does_not_free_the_cable() -> None:
    scene = Scene(lock=True, UnlockConnectorOnEVSideDisconnect="false")
    scene.office.verdicts |= {TAG: FAMILY, OTHER: TagInfo(TagStatus.ACCEPTED, parent="NEIGHBOURS")}
    pulled(scene)
    scene.tap(OTHER)
    scene.advance(1_000)
    assert scene.outlets[1].locked
    assert scene.shown().text == "The cable is locked for the card that charged here"


def test_unlock_connector_always_frees_a_kept_cable() -> None:
    scene = kept()
    scene.unlock(1)
    scene.advance(1_000)
    assert scene.reply() == "Unlocked"
    assert scene.status() is Status.AVAILABLE
    scene.charge(tag=OTHER)
    assert scene.outlets[1].closed


@pytest.mark.parametrize("dark_ms", [2_000, 3_600_000])
def test_a_kept_cable_is_still_kept_after_a_power_cut(dark_ms: int) -> None:
    scene = kept()
    scene.power_cut(dark_ms)
    scene.advance(3_000)
    assert scene.outlets[1].locked
    assert scene.status() is Status.FINISHING
    scene.present(TAG)
    scene.advance(1_000)
    assert not scene.outlets[1].locked
    scene.crash()
    scene.advance(3_000)
    assert not scene.outlets[1].locked
    assert scene.status() is Status.AVAILABLE


def test_a_car_that_comes_back_to_a_kept_cable_first_needs_the_owner() -> None:
    scene = kept()
    scene.see(1, Vehicle.ASKING)
    assert scene.status() is Status.FINISHING
    scene.present(TAG)
    scene.advance(3_000)
    assert not scene.outlets[1].locked
    assert scene.status() is Status.FINISHING
    scene.tap(TAG)
    scene.advance(5_000)
    assert scene.outlets[1].closed
    assert len(scene.facts(SessionStarted)) == 2


def test_an_owner_who_comes_after_a_restart_with_the_car_at_the_cable_finishes() -> None:
    scene = kept()
    scene.see(1, Vehicle.ASKING)
    scene.crash()
    scene.advance(3_000)
    scene.present(TAG)
    scene.advance(1_000)
    assert not scene.outlets[1].locked
    assert scene.status() is Status.FINISHING


def test_a_card_that_waits_at_another_connector_does_not_move_to_a_kept_cable() -> None:
    scene = Scene(connectors=2, lock=True, UnlockConnectorOnEVSideDisconnect="false", ConnectionTimeOut=0)
    scene.configure("AuthorizeRemoteTxRequests", "false")
    scene.tap(OTHER)
    scene.remote_start(2, TAG)
    for vehicle in (Vehicle.ASKING, Vehicle.ABSENT, Vehicle.ASKING):
        scene.see(2, vehicle)
        scene.advance(3_000)
    assert len(scene.facts(SessionStarted)) == 1
    assert scene.connector(1).grant is not None


def test_a_kept_cable_waits_also_at_a_connector_out_of_service() -> None:
    scene = kept()
    scene.availability(1, False)
    assert scene.status() is Status.UNAVAILABLE
    scene.availability(1, True)
    assert moved(scene.statuses()[-3:]) == "Unavailable Preparing Finishing"
    scene.availability(1, False)
    scene.present(TAG)
    scene.advance(1_000)
    assert not scene.outlets[1].locked
    assert scene.status() is Status.UNAVAILABLE


def test_a_cable_that_cannot_be_held_again_is_not_kept() -> None:
    scene = kept()
    scene.outlets[1].locked = False
    scene.bolt(1, works=False)
    scene.crash()
    scene.advance(3_000)
    assert scene.connector().held is None
    assert scene.reports()[-1].report.error_code == "ConnectorLockFailure"
    scene.bolt(1, works=True)
    scene.charge(tag=OTHER)
    assert scene.outlets[1].closed
