"""Sessions from cable and card to their end: who begins them, what stops them, how they survive."""

from dataclasses import replace
from itertools import pairwise

import pytest

from edge.core import events as ev
from edge.core.facts import MeterSampled, SessionStarted, SessionStopped
from edge.core.values import Status, StopReason, Vehicle
from tests.edge.scene import OTHER, TAG, Scene, moved


def test_plug_first_then_card() -> None:
    scene = Scene()
    scene.see(1, Vehicle.ASKING)
    scene.advance(5_000)
    assert scene.shown().text == "Present a card"
    scene.tap(TAG)
    scene.advance(5_000)
    assert moved(scene.statuses()) == "Available Preparing Charging"
    (start,) = scene.facts(SessionStarted)
    assert (start.connector, start.id_tag, start.meter_start_wh) == (1, TAG, 5_000_000)


def test_card_first_then_plug() -> None:
    scene = Scene()
    scene.tap(TAG)
    assert scene.status() is Status.PREPARING
    assert scene.shown().text == "Connect the car"
    assert scene.facts(SessionStarted) == []
    scene.advance(30_000)
    scene.see(1, Vehicle.ASKING)
    scene.advance(3_000)
    assert moved(scene.statuses()) == "Available Preparing Charging"
    assert len(scene.facts(SessionStarted)) == 1


def test_a_car_that_is_full_makes_a_session_without_energy() -> None:
    scene = Scene()
    scene.see(1, Vehicle.CONNECTED)
    scene.tap(TAG)
    scene.advance(5_000)
    assert scene.status() is Status.SUSPENDED_EV
    assert scene.engagements() == 0
    assert scene.reason() == "The car does not ask for energy."
    scene.see(1, Vehicle.ASKING)
    scene.advance(1_000)
    assert scene.status() is Status.CHARGING


def test_nobody_plugs_in_within_connection_time_out() -> None:
    scene = Scene(ConnectionTimeOut=10)
    scene.tap(TAG)
    scene.advance(9_000)
    assert scene.status() is Status.PREPARING
    scene.advance(2_000)
    assert moved(scene.statuses()) == "Available Preparing Available"
    scene.see(1, Vehicle.ASKING)
    scene.advance(5_000)
    assert scene.facts(SessionStarted) == []


def test_nobody_presents_a_card_within_connection_time_out_and_one_may_still_come_later() -> None:
    scene = Scene(ConnectionTimeOut=10)
    scene.see(1, Vehicle.ASKING)
    scene.advance(11_000)
    assert moved(scene.statuses()) == "Available Preparing Finishing"
    scene.tap(TAG)
    scene.advance(5_000)
    assert moved(scene.statuses()) == "Available Preparing Finishing Preparing Charging"


def test_second_card_before_plugging_takes_back() -> None:
    scene = Scene()
    scene.tap(TAG)
    scene.tap(TAG)
    assert moved(scene.statuses()) == "Available Preparing Available"
    scene.see(1, Vehicle.ASKING)
    scene.advance(5_000)
    assert scene.facts(SessionStarted) == []


def test_second_card_stops_at_once_and_the_stop_carries_the_last_wh() -> None:
    scene = Scene()
    scene.charge()
    scene.tap(TAG)
    assert not scene.outlets[1].closed
    scene.advance(3_000)
    stop = scene.stop()
    assert (stop.reason, stop.id_tag) == (StopReason.LOCAL, TAG)
    assert stop.meter_stop_wh == scene.outlets[1].register_wh > 5_000_000
    assert scene.status() is Status.FINISHING
    scene.see(1, Vehicle.ABSENT)
    assert scene.status() is Status.AVAILABLE


def test_the_card_is_the_same_in_another_case() -> None:
    scene = Scene()
    scene.charge(tag=TAG)
    scene.present(TAG.lower())
    assert scene.asked == []
    scene.advance(3_000)
    assert scene.stop().reason is StopReason.LOCAL


def test_a_finished_car_may_begin_another_session() -> None:
    scene = Scene()
    scene.charge()
    scene.tap(TAG)
    scene.advance(5_000)
    scene.tap(OTHER)
    scene.advance(5_000)
    assert [start.id_tag for start in scene.facts(SessionStarted)] == [TAG, OTHER]
    assert moved(scene.statuses()) == "Available Preparing Charging Finishing Preparing Charging"


def test_remote_start_with_the_cable_first() -> None:
    scene = Scene()
    scene.see(1, Vehicle.ASKING)
    scene.remote_start(1, TAG)
    assert scene.reply() == "Accepted"
    assert scene.asked == [TAG]
    scene.answer(lost=False)
    scene.advance(3_000)
    assert scene.status() is Status.CHARGING


def test_remote_start_with_the_cable_later() -> None:
    scene = Scene(AuthorizeRemoteTxRequests=False)
    scene.remote_start(None, TAG)
    assert scene.reply() == "Accepted"
    assert scene.asked == []
    assert scene.status() is Status.PREPARING
    scene.see(1, Vehicle.ASKING)
    scene.advance(3_000)
    assert scene.status() is Status.CHARGING


def test_remote_start_without_a_car_is_given_up() -> None:
    scene = Scene(AuthorizeRemoteTxRequests=False, ConnectionTimeOut=10)
    scene.remote_start(1, TAG)
    scene.advance(11_000)
    assert moved(scene.statuses()) == "Available Preparing Available"


@pytest.mark.parametrize("connector", [1, 3, None])
def test_remote_start_where_nothing_is_free_is_rejected(connector: int | None) -> None:
    scene = Scene()
    scene.charge()
    scene.remote_start(connector, OTHER)
    assert scene.reply() == "Rejected"


def test_remote_stop_needs_the_transaction_that_runs() -> None:
    scene = Scene()
    scene.charge()
    scene.remote_stop(77)
    assert scene.reply() == "Rejected"
    assert scene.outlets[1].closed
    scene.remote_stop(1)
    assert scene.reply() == "Accepted"
    assert not scene.outlets[1].closed
    scene.advance(3_000)
    assert (scene.stop().reason, scene.stop().id_tag) == (StopReason.REMOTE, None)
    scene.remote_stop(1)
    assert scene.reply() == "Rejected"


def test_samples_come_in_the_interval_with_the_measurands_that_are_configured() -> None:
    scene = Scene(MeterValueSampleInterval=10, MeterValuesSampledData="Voltage,Current.Import")
    scene.charge()
    scene.advance(40_000)
    samples = scene.facts(MeterSampled)
    taken_ms = [sample.reading.taken_ms for sample in samples]
    assert len(samples) >= 4
    assert {later - earlier for earlier, later in pairwise(taken_ms)} == {10_000}
    assert {sample.measurands for sample in samples} == {("Voltage", "Current.Import")}
    assert {sample.context for sample in samples} == {"Sample.Periodic"}


def test_no_samples_where_the_interval_is_zero() -> None:
    scene = Scene(MeterValueSampleInterval=0)
    scene.charge()
    scene.advance(120_000)
    assert scene.facts(MeterSampled) == []


def test_meter_values_can_be_asked_for() -> None:
    scene = Scene(connectors=2, MeterValueSampleInterval=0)
    scene.charge(1)
    scene.happen(ev.MeterValuesAsked(scene.now(), scene.request(), None))
    assert scene.reply() == "Accepted"
    first, second = scene.facts(MeterSampled)
    assert (first.context, first.session_id is None) == ("Trigger", False)
    assert (second.context, second.session_id is None) == ("Trigger", True)
    scene.happen(ev.MeterValuesAsked(scene.now(), scene.request(), 9))
    assert scene.reply() == "Rejected"


def test_two_cars_at_one_reader_each_end_with_their_own_card() -> None:
    scene = Scene(connectors=2)
    scene.see(1, Vehicle.ASKING)
    scene.tap(TAG)
    scene.advance(5_000)
    scene.see(2, Vehicle.ASKING)
    scene.tap(OTHER)
    scene.advance(5_000)
    assert [(s.connector, s.id_tag) for s in scene.facts(SessionStarted)] == [(1, TAG), (2, OTHER)]
    scene.tap(TAG)
    scene.advance(3_000)
    assert [stop.connector for stop in scene.facts(SessionStopped)] == [1]
    assert scene.outlets[2].closed


def test_one_reader_starts_where_the_car_is() -> None:
    scene = Scene(connectors=3)
    scene.see(2, Vehicle.ASKING)
    scene.tap(TAG)
    scene.advance(3_000)
    assert [start.connector for start in scene.facts(SessionStarted)] == [2]


def test_a_card_first_begins_where_the_cable_goes_among_the_connectors_of_its_reader() -> None:
    scene = Scene(connectors=3)
    scene.present(TAG, (1, 2))
    scene.answer(lost=False)
    scene.see(3, Vehicle.ASKING)
    scene.advance(3_000)
    assert scene.facts(SessionStarted) == []
    scene.see(2, Vehicle.ASKING)
    scene.advance(3_000)
    assert [start.connector for start in scene.facts(SessionStarted)] == [2]
    assert scene.status(1) is Status.AVAILABLE


def test_a_card_that_waits_for_the_meter_at_its_car_does_not_move_on() -> None:
    scene = Scene(connectors=2)
    scene.outlets[1].meter_works = False
    scene.advance(3_000)
    scene.loop.station = scene.loop.station.having(replace(scene.connector(1), faults={}, reading=None))
    scene.see(1, Vehicle.ASKING)
    scene.present(TAG)
    scene.answer(lost=False)
    scene.see(2, Vehicle.ASKING)
    assert scene.connector(2).grant is None


def test_a_car_may_take_a_moment_to_answer_the_offer_but_only_once() -> None:
    scene = Scene()
    scene.see(1, Vehicle.CONNECTED)
    scene.tap(TAG)
    scene.advance(1_000)
    assert scene.shown().text == "Waiting for the car"
    scene.see(1, Vehicle.ASKING)
    scene.advance(1_000)
    scene.see(1, Vehicle.CONNECTED)
    assert moved(scene.statuses()) == "Available Preparing Charging SuspendedEV"


def test_where_nothing_senses_the_car_the_card_alone_starts_and_stops() -> None:
    scene = Scene(sensed=False)
    scene.tap(TAG)
    scene.advance(3_000)
    scene.tap(TAG)
    scene.advance(3_000)
    assert moved(scene.statuses()) == "Available Preparing Charging Finishing Available"
    assert len(scene.facts(SessionStopped)) == 1


def test_a_stop_at_the_station_is_refused_where_nothing_runs() -> None:
    scene = Scene()
    for connector in (1, 5):
        scene.happen(ev.StopAsked(scene.now(), scene.request(), connector))
        assert scene.reply() == "Rejected"
