"""The world's physics: exact, independent of how time is cut, and nothing flows that must not."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import WorldRefused
from hardware.outlet import MJ_PER_WH, Car, Fault
from hardware.ports import Vehicle
from hardware.world import World

OUTLET = "lab/1"


def powered(car: Car) -> World:
    """A world in which that car is plugged in and the contactor engaged."""
    world = World([OUTLET])
    world.plug(OUTLET, car)
    world.switch(OUTLET, True)
    return world


def test_an_hour_at_7360_w_is_7360_wh() -> None:
    world = powered(Car(power_w=7_360, phases=1))
    world.advance(3_600_000)
    assert world.outlet(OUTLET).register_wh == 7_360


def test_the_register_shows_whole_wh_and_keeps_the_rest() -> None:
    world = powered(Car(power_w=3_599))
    world.advance(1_000)
    assert world.outlet(OUTLET).register_wh == 0
    world.advance(1_001)
    assert world.outlet(OUTLET).register_mj == 3_599 * 1_001
    assert world.outlet(OUTLET).register_wh == 1


def test_a_full_battery_takes_exactly_what_fits_and_asks_no_more() -> None:
    world = powered(Car(power_w=11_000, battery_wh=10_000, charge_wh=9_999))
    world.advance(10_000_000)
    outlet = world.outlet(OUTLET)
    assert (outlet.register_mj, outlet.power_w, outlet.vehicle) == (MJ_PER_WH, 0, Vehicle.CONNECTED)


def test_a_register_goes_on_from_where_it_was() -> None:
    world = World([OUTLET], {OUTLET: 5 * MJ_PER_WH + 7})
    world.plug(OUTLET, Car(power_w=1_000))
    world.switch(OUTLET, True)
    world.advance(3_600)
    assert world.outlet(OUTLET).register_mj == 6 * MJ_PER_WH + 7


@pytest.mark.parametrize("fault", [Fault.OPEN_CIRCUIT, Fault.MAINS_OFF, Fault.PILOT_ERROR])
def test_no_current_with(fault: Fault) -> None:
    world = powered(Car())
    world.break_(OUTLET, fault)
    world.advance(60_000)
    assert world.outlet(OUTLET).register_mj == 0


def test_a_welded_contactor_conducts_after_release() -> None:
    world = powered(Car(power_w=1_000))
    world.break_(OUTLET, Fault.WELDED)
    world.switch(OUTLET, False)
    world.advance(1_000)
    assert (world.outlet(OUTLET).engaged, world.outlet(OUTLET).register_mj) == (False, 1_000_000)


def test_conductions_are_dated_on_both_clocks() -> None:
    world = World([OUTLET])
    for engage, to_ms, real_ms in ((True, 1_000, 50), (False, 4_000, 53), (True, 9_000, 58)):
        world.advance(to_ms, real_ms)
        world.switch(OUTLET, engage)
    first, second = world.outlet(OUTLET).conductions
    assert (first.from_ms, first.to_ms, first.real_from_ms, first.real_to_ms) == (1_000, 4_000, 50, 53)
    assert (second.from_ms, second.to_ms, second.real_from_ms, second.real_to_ms) == (9_000, None, 58, None)


def test_a_locked_cable_comes_out_at_the_car_only() -> None:
    world = powered(Car())
    assert world.turn_lock(OUTLET, True)
    with pytest.raises(WorldRefused, match="locked"):
        world.unplug(OUTLET)
    world.unplug(OUTLET, at_car=True)
    assert world.outlet(OUTLET).vehicle is Vehicle.ABSENT


def test_what_cannot_be_is_refused() -> None:
    world = powered(Car())
    with pytest.raises(WorldRefused, match="no outlet 'lab/9'; it has: lab/1"):
        world.tap("lab/9", "AA")
    with pytest.raises(WorldRefused, match="taken"):
        world.plug(OUTLET, Car())
    world.advance(10)
    with pytest.raises(ValueError, match="backwards"):
        world.advance(9)


def test_current_that_comes_and_goes_is_told_once() -> None:
    world = World([OUTLET])
    told: list[str] = []
    world.told = lambda at_ms, outlet, what: told.append(f"{at_ms} {what}")
    world.plug(OUTLET, Car(power_w=1_000, battery_wh=2, charge_wh=1))
    world.switch(OUTLET, True)
    world.advance(3_000)
    world.advance(3_600)
    world.advance(9_000)
    assert told[1:] == ["0 contactor engaged", "0 1 kW flow, register 0 Wh", "3600 no current flows, register 1 Wh"]


@dataclass
class Step:
    """Time passes, then something happens (what is refused just does not)."""

    wait_ms: int
    act: str
    with_: tuple[Any, ...] = ()


cars = st.builds(
    Car,
    power_w=st.integers(0, 22_000),
    phases=st.sampled_from((1, 3)),
    battery_wh=st.integers(10, 60),
    charge_wh=st.integers(0, 10),
)
acts = st.one_of(
    st.tuples(st.just("plug"), st.tuples(cars)),
    st.tuples(st.just("unplug"), st.tuples(st.booleans())),
    st.tuples(st.just("switch"), st.tuples(st.booleans())),
    st.tuples(st.just("offer"), st.tuples(st.sampled_from((0, 6_000, 13_333, 32_000)))),
    st.tuples(st.just("ask"), st.tuples(st.booleans())),
    st.tuples(st.just("turn_lock"), st.tuples(st.booleans())),
    st.tuples(st.just("break_"), st.tuples(st.sampled_from(list(Fault)), st.booleans())),
)
scripts = st.lists(st.builds(lambda wait_ms, act: Step(wait_ms, *act), st.integers(0, 5_000), acts), max_size=30)


class Play:
    """A script played in a world, time cut into pieces of at most `piece_ms`; every car that came is remembered."""

    def __init__(self, script: list[Step], piece_ms: int) -> None:
        self.world = World([OUTLET])
        self.cars: list[Car] = []
        for step in script:
            self._pass(step.wait_ms, piece_ms)
            self._act(step)

    def _pass(self, wait_ms: int, piece_ms: int) -> None:
        end_ms = self.world.now_ms + wait_ms
        while self.world.now_ms < end_ms:
            self._piece(min(end_ms, self.world.now_ms + piece_ms))

    def _piece(self, to_ms: int) -> None:
        outlet, for_ms = self.world.outlet(OUTLET), to_ms - self.world.now_ms
        may_flow = outlet.conducts and outlet.vehicle is Vehicle.ASKING and Fault.MAINS_OFF not in outlet.faults
        limit_w = 3 * 230 * outlet.limit_ma // 1000
        before_mj = outlet.register_mj
        self.world.advance(to_ms)
        flowed_mj = outlet.register_mj - before_mj
        assert 0 <= flowed_mj <= (limit_w * for_ms if may_flow else 0)

    def _act(self, step: Step) -> None:
        with_ = tuple(Car(*vars_of(each)) if isinstance(each, Car) else each for each in step.with_)
        try:
            getattr(self.world, step.act)(OUTLET, *with_)
        except WorldRefused:
            return
        self.cars += [each for each in with_ if isinstance(each, Car)]


def vars_of(car: Car) -> tuple[int, int, int, int]:
    return car.power_w, car.phases, car.battery_wh, car.charge_wh


@given(scripts, st.integers(1, 700))
def test_energy_is_conserved_and_time_may_be_cut_anyhow(script: list[Step], piece_ms: int) -> None:
    whole, cut = Play(script, 10_000), Play(script, piece_ms)
    outlet = whole.world.outlet(OUTLET)
    assert sum(car.received_mj for car in whole.cars) == outlet.register_mj == outlet.delivered_mj
    assert all(car.room_mj >= 0 for car in whole.cars)
    assert outlet == cut.world.outlet(OUTLET)


@given(scripts)
def test_conductions_tile_the_time_in_which_the_contacts_were_closed(script: list[Step]) -> None:
    play = Play(script, 10_000)
    outlet = play.world.outlet(OUTLET)
    spans = [(span.from_ms, play.world.now_ms if span.to_ms is None else span.to_ms) for span in outlet.conductions]
    assert all(from_ms <= to_ms for from_ms, to_ms in spans)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))
    assert outlet.conducts == (bool(outlet.conductions) and outlet.conductions[-1].to_ms is None)
