"""Measured quantities: too much current, current although released, none although engaged; and how each clears."""

from dataclasses import replace

import pytest

from edge.core.facts import SessionStarted, SessionStopped
from edge.core.faults import HAZARDS, TRIPS, Clears
from edge.core.reports import INFO_LENGTH
from edge.core.values import Reading, Status, StatusReport, StopReason, Vehicle
from tests.edge.scene import OTHER, TAG
from tests.edge.watched import Watched

OVER = StatusReport(Status.FAULTED, "OverCurrentFailure", "The car draws too much current")
WELD = StatusReport(Status.FAULTED, "PowerSwitchFailure", "The contactor does not open: switch off the mains")
OPEN = StatusReport(Status.FAULTED, "PowerSwitchFailure", "The contactor does not close")
IDLE = StatusReport(Status.SUSPENDED_EV, info="The car takes no current")


@pytest.fixture
def scene() -> Watched:
    charging = Watched()
    charging.charge()
    return charging


# --- over-current


def test_a_little_too_much_is_given_the_time_that_a_car_needs_to_follow(scene: Watched) -> None:
    scene.draw(1, 36_000)
    scene.advance(6_000)
    assert scene.outlets[1].closed
    scene.advance(3_000)
    assert not scene.outlets[1].closed
    assert scene.report() == OVER
    assert "the car draws too much current (36.0 A, at most 35.7 A are tolerated); clears by replug" in scene.said()


def test_within_the_tolerance_a_car_may_stay_for_ever(scene: Watched) -> None:
    scene.draw(1, 35_700)
    scene.advance(60_000)
    assert (scene.status(), scene.outlets[1].closed) == (Status.CHARGING, True)


def test_too_much_that_is_over_in_time_is_forgotten(scene: Watched) -> None:
    for _ in range(5):
        scene.draw(1, 38_000)
        scene.advance(5_000)
        scene.draw(1, 16_000)
        scene.advance(2_000)
    assert scene.outlets[1].closed


def test_grossly_too_much_is_released_with_the_reading_that_says_so(scene: Watched) -> None:
    scene.read(Reading(0, 0, 0, (10_000, 40_000, 0)))
    assert scene.outlets[1].closed
    scene.read(Reading(0, 0, 0, (10_000, 40_001, 0)))
    assert (scene.outlets[1].closed, scene.report()) == (False, OVER)


def test_a_meter_that_tells_no_currents_is_judged_by_its_power(scene: Watched) -> None:
    scene.read(Reading(0, 31_000, 0))
    assert scene.outlets[1].closed
    scene.read(Reading(0, 31_300, 0))
    assert scene.report() == OVER


def test_one_that_tells_neither_is_not_judged(scene: Watched) -> None:
    for _ in range(60):
        scene.advance(1_000)
        scene.read(Reading(0, None, 0))
    assert scene.status() is Status.CHARGING


def test_over_current_clears_by_replug_once_it_has_cooled_down(scene: Watched) -> None:
    scene.draw(1, 45_000)
    scene.advance(2_000)
    scene.draw(1, 16_000)
    scene.advance(20_000)
    assert scene.report() == OVER
    scene.replug()
    assert scene.report() == replace(OVER, info="The charger cools down for a minute")
    scene.tap(OTHER)
    scene.advance(30_000)
    assert not scene.outlets[1].closed
    scene.advance(10_000)
    scene.charge(tag=OTHER)


def test_a_restart_is_no_replug(scene: Watched) -> None:
    scene.draw(1, 45_000)
    scene.advance(2_000)
    scene.draw(1, 16_000)
    scene.crash()
    scene.advance(70_000)
    assert (scene.status(), scene.outlets[1].closed) == (Status.FAULTED, False)
    scene.see(1, Vehicle.ABSENT)
    scene.advance(2_000)
    assert scene.status() is Status.AVAILABLE


def test_where_no_plug_is_sensed_the_end_of_the_session_is_the_replug() -> None:
    scene = Watched(sensed=False)
    scene.tap()
    scene.advance(5_000)
    scene.draw(1, 45_000)
    scene.advance(2_000)
    assert scene.status() is Status.FAULTED
    scene.draw(1, 16_000)
    scene.tap()
    scene.advance(62_000)
    assert scene.facts(SessionStopped)
    assert scene.status() is Status.AVAILABLE


# --- weld


def test_current_after_the_release_is_a_weld_that_only_a_technician_clears(scene: Watched) -> None:
    scene.weld(1, True)
    scene.tap(TAG)
    scene.advance(1_000)
    assert scene.status() is Status.FINISHING
    scene.advance(5_000)
    assert scene.report() == WELD
    stop_wh = scene.stop().meter_stop_wh
    scene.advance(60_000)
    scene.replug()
    scene.crash()
    scene.advance(5_000)
    assert scene.report() == WELD
    scene.tap(OTHER)
    scene.technician(1)
    assert scene.reply() == "Persists"
    scene.weld(1, False)
    scene.advance(3_000)
    scene.technician(1)
    assert scene.reply() == "Accepted"
    stray_wh = scene.outlets[1].register_wh - stop_wh
    assert stray_wh > 150
    assert f"{stray_wh / 1000:.3f} kWh flowed while welded and are on no bill" in scene.said()
    scene.charge(tag=OTHER)
    assert scene.facts(SessionStarted)[-1].meter_start_wh == stop_wh + stray_wh


def test_a_weld_ends_a_session_that_was_only_paused(scene: Watched) -> None:
    scene.weld(1, True)
    scene.trip("door")
    scene.advance(6_000)
    scene.clear("door")
    scene.advance(3_000)
    assert scene.report() == WELD
    assert scene.stop().reason is StopReason.OTHER
    scene.weld(1, False)
    scene.advance(3_000)
    scene.technician(1)
    stray_wh = scene.outlets[1].register_wh - scene.stop().meter_stop_wh
    assert f"{stray_wh / 1000:.3f} kWh flowed while welded and are on no bill" in scene.said()


def test_a_single_reading_with_current_is_no_weld(scene: Watched) -> None:
    scene.tap(TAG)
    scene.advance(5_000)
    scene.read(Reading(0, 11_000, 0, (16_000,)))
    scene.advance(5_000)
    assert scene.status() is Status.FINISHING


def test_the_contactor_has_two_seconds_and_half_an_ampere_is_none(scene: Watched) -> None:
    scene.tap(TAG)
    for _ in range(7):
        scene.read(Reading(0, 11_000, 0, (16_000,)))
        scene.advance(250)
    for _ in range(20):
        scene.read(Reading(0, 115, 0, (500,)))
        scene.advance(250)
    assert scene.status() is Status.FINISHING


def test_a_register_that_rises_tells_a_weld_where_the_meter_says_nothing_else(scene: Watched) -> None:
    scene.tap(TAG)
    scene.advance(5_000)
    scene.read(Reading(100, None, 0))
    assert scene.status() is Status.FINISHING
    scene.advance(1_000)
    scene.read(Reading(101, None, 0))
    assert scene.report() == WELD


def test_a_meter_that_counts_the_charger_s_own_appetite_tells_no_weld(scene: Watched) -> None:
    scene.tap(TAG)
    scene.advance(5_000)
    scene.outlets[1].register_mj += 90 * 3_600_000
    scene.advance(5_000)
    scene.outlets[1].register_mj += 90 * 3_600_000
    scene.advance(5_000)
    assert scene.status() is Status.FINISHING


def test_there_is_nothing_to_clear_where_nothing_is_wrong(scene: Watched) -> None:
    scene.technician(1)
    assert scene.reply() == "Nothing"


# --- open circuit


def test_a_car_that_asks_and_never_gets_any_current_tells_of_an_open_circuit() -> None:
    scene = Watched()
    scene.draw(1, 0)
    scene.charge()
    scene.advance(18_000)
    assert scene.status() is Status.CHARGING
    scene.advance(5_000)
    assert (scene.report(), scene.outlets[1].closed) == (OPEN, False)
    scene.draw(1, 16_000)
    scene.advance(60_000)
    assert scene.status() is Status.FAULTED
    scene.replug()
    scene.advance(5_000)
    scene.charge(tag=OTHER)


def test_a_car_that_has_had_some_may_simply_be_full(scene: Watched) -> None:
    scene.draw(1, 0)
    scene.advance(40_000)
    assert (scene.report(), scene.outlets[1].closed) == (IDLE, True)
    assert scene.reason() == "The car takes no current."
    scene.draw(1, 16_000)
    scene.advance(2_000)
    assert scene.status() is Status.CHARGING


def test_without_a_pilot_no_current_is_the_car_s_affair() -> None:
    scene = Watched(sensed=False)
    scene.draw(1, 0)
    scene.tap()
    scene.advance(40_000)
    assert (scene.report(), scene.outlets[1].closed) == (IDLE, True)


def test_the_table_is_whole() -> None:
    assert all(len(hazard.fault.info) <= INFO_LENGTH for hazard in HAZARDS.values())
    assert all(HAZARDS[name] is hazard for name, hazard in TRIPS.items())
    assert {hazard.clears for hazard in HAZARDS.values()} == set(Clears)
