"""Visitors react to what the world shows them; time is told to the world here, so none passes in these tests."""

from collections.abc import Callable
from random import Random

import pytest

from hardware.outlet import MJ_PER_WH, Car, Fault, Outlet
from hardware.simulation.visits import HANDS_MS, PATIENCE_MS, Stage, Visit, visit, visitors
from hardware.world import World

OUTLET = "lab/1"
STEP_MS = 500
Station = Callable[[World, Outlet], None]


def plan(**more: object) -> Visit:
    settings = {"id_tag": "04A1B2C3", "car": Car(power_w=11_000), "take_wh": 100, "tap_first": False, **more}
    return Visit(**settings)  # type: ignore[arg-type]


class Scene:
    """One visit at an outlet whose station behaves in some way; what was told is kept."""

    def __init__(self, station: Station, plan: Visit) -> None:
        self.world = World([OUTLET])
        self.outlet = self.world.outlet(OUTLET)
        self.told: list[str] = []
        self.world.told = lambda at_ms, outlet, what: self.told.append(what)
        self.station = station
        self.stage = Stage(self.world, visit(self.world, OUTLET, plan))

    def play(self, for_ms: int = 600_000) -> "Scene":
        """Let time pass until the visit is over."""
        end_ms = self.world.now_ms + for_ms
        while not self.stage.over and self.world.now_ms < end_ms:
            self.world.advance(self.world.now_ms + STEP_MS)
            self.station(self.world, self.outlet)
            self.stage.turn()
        return self

    def told_of(self, part: str) -> int:
        return sum(part in what for what in self.told)


def obliging(world: World, outlet: Outlet) -> None:
    """Engages at the first tap, releases at the second."""
    world.switch(OUTLET, outlet.taps % 2 == 1)


def refusing(world: World, outlet: Outlet) -> None:
    """Never engages."""


def deaf_at_first(world: World, outlet: Outlet) -> None:
    """Does not hear the second tap, only the third."""
    world.switch(OUTLET, 1 <= outlet.taps < 3)


def locking(world: World, outlet: Outlet) -> None:
    """Obliging, with a lock that holds the cable while engaged."""
    obliging(world, outlet)
    world.turn_lock(OUTLET, outlet.engaged)


@pytest.mark.parametrize("station", [obliging, locking])
def test_a_visitor_takes_what_was_wanted_and_leaves(station: Station) -> None:
    scene = Scene(station, plan()).play()
    assert scene.stage.over
    assert (scene.outlet.car, scene.outlet.taps, scene.outlet.engaged) == (None, 2, False)
    assert 100 <= scene.outlet.register_wh <= 102


def test_a_visitor_may_tap_first_and_plug_in_afterwards() -> None:
    scene = Scene(obliging, plan(tap_first=True)).play()
    assert "card" in scene.told[0]
    assert scene.outlet.register_wh >= 100


def test_a_visitor_whose_car_is_full_taps_and_leaves() -> None:
    scene = Scene(obliging, plan(car=Car(power_w=11_000, battery_wh=50, charge_wh=10))).play()
    assert (scene.outlet.register_mj, scene.outlet.taps, scene.outlet.car) == (40 * MJ_PER_WH, 2, None)


def test_a_visitor_gives_up_when_no_current_comes() -> None:
    scene = Scene(refusing, plan()).play()
    assert scene.told_of("gives up") == 1
    assert (scene.outlet.car, scene.outlet.taps) == (None, 1)
    assert scene.world.real_ms >= PATIENCE_MS + 2 * HANDS_MS


def test_patience_is_real_time_however_fast_the_world_runs() -> None:
    scene = Scene(refusing, plan())
    scene.world.advance(100 * PATIENCE_MS, real_ms=PATIENCE_MS // 2)
    scene.stage.turn()
    scene.world.advance(200 * PATIENCE_MS, real_ms=PATIENCE_MS)
    scene.stage.turn()
    assert not scene.told_of("gives up")


def test_a_visitor_taps_again_when_the_tap_was_not_heard() -> None:
    scene = Scene(deaf_at_first, plan()).play()
    assert (scene.outlet.taps, scene.outlet.engaged, scene.outlet.car) == (3, False, None)


def test_a_visitor_whose_current_stopped_by_itself_leaves_without_a_tap() -> None:
    scene = Scene(obliging, plan(take_wh=5_000)).play(60_000)
    scene.station = lambda world, outlet: world.switch(OUTLET, False)
    scene.play()
    assert scene.stage.over
    assert (scene.outlet.taps, scene.outlet.car) == (1, None)


def test_a_visitor_waits_for_current_that_comes_back() -> None:
    scene = Scene(obliging, plan(take_wh=1_000)).play(60_000)
    scene.world.break_(OUTLET, Fault.MAINS_OFF)
    scene.play(PATIENCE_MS - 2 * STEP_MS)
    scene.world.break_(OUTLET, Fault.MAINS_OFF, broken=False)
    scene.play()
    assert scene.outlet.register_wh >= 1_000


def test_a_cable_that_stays_locked_is_pulled_at_the_car() -> None:
    scene = Scene(refusing, plan())
    scene.world.turn_lock(OUTLET, True)
    scene.play()
    assert (scene.stage.over, scene.outlet.car) == (True, None)


def visitors_play(random: Random, busy: set[str], for_ms: int) -> Scene:
    """Visitors with two cards at an obliging station."""
    scene = Scene(obliging, plan())
    scene.world.unplug(OUTLET)
    scene.told.clear()
    scene.stage = Stage(scene.world, visitors(scene.world, OUTLET, random, ["AAAA", "BBBB"], busy))
    return scene.play(for_ms)


def test_visitors_come_one_after_the_other_and_the_same_again_with_the_same_seed() -> None:
    first, again, other = (visitors_play(Random(seed), set(), 4 * 3_600_000).told for seed in (1, 1, 2))
    assert first == again != other
    assert sum("unplugged" in what for what in first) >= 3


def test_cards_in_use_elsewhere_stay_away() -> None:
    assert visitors_play(Random(1), {"AAAA", "BBBB"}, 3_600_000).told == []


def test_visitors_survive_somebody_elses_car() -> None:
    scene = Scene(refusing, plan())
    scene.stage = Stage(scene.world, visitors(scene.world, OUTLET, Random(1), ["AAAA"], set()))
    scene.play(1_000_000)
    assert not scene.stage.over
