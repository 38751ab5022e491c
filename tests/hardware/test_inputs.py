"""The contract of a trip input, on every driver; and how fast the slowest setting of a GPIO input is."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest

from hardware import catalogue
from hardware.contactors.simulated import SimulatedContactor
from hardware.debounce import Debounced
from hardware.gpio import Contact, Level
from hardware.guardian import Guardian
from hardware.ports import Input, Part
from hardware.simulation.client import Spot
from hardware.simulation.requests import Trip
from tests.hardware.benches import Bench, HereBench
from tests.hardware.chip import Chip
from tests.hardware.hands import in_hand

STOP, DOOR = 22, 27
POLL_MS, TRIP_MS, LONGEST_DEBOUNCE_MS = 20, 100, 40
CLEAR_MS = 30


@dataclass
class Rig:
    """Two inputs, and the hand that trips the second one."""

    stop: Input
    door: Input
    trip: Callable[[bool], None]


@contextmanager
def simulated(bench: Bench) -> Iterator[Rig]:
    stop, door = (
        catalogue.make_input(Part("simulated", {**bench.spot, "name": name})) for name in ("emergency_stop", "door")
    )
    yield Rig(stop, door, lambda tripped: bench.do(Trip(bench.outlet, "door", tripped)))


@contextmanager
def wired(pins: Chip, contact: Contact, pull: Level) -> Iterator[Rig]:
    """Contacts between pin and the level opposite to the pull."""

    def place(pin: int, tripped: bool) -> None:
        closed = (contact is Contact.NORMALLY_CLOSED) is not tripped
        pins.hold(pin, pull.other if closed else None)

    place(STOP, False)
    place(DOOR, False)
    settings = {"contact": contact, "pull": pull, "clear_ms": CLEAR_MS}
    with ExitStack() as hands:
        stop, door = (
            hands.enter_context(in_hand(pins.environment, "INPUTS", "gpio", pin=pin, **settings))
            for pin in (STOP, DOOR)
        )
        yield Rig(stop, door, lambda tripped: place(DOOR, tripped))


@pytest.fixture(params=["here", "process", *((contact, pull) for contact in Contact for pull in Level)], ids=str)
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """Inputs of each driver and wiring."""
    if isinstance(request.param, tuple):
        rigged = wired(request.getfixturevalue("pins"), *request.param)
    else:
        rigged = simulated(request.getfixturevalue(f"{request.param}_bench"))
    with rigged as rig:
        yield rig
        rig.stop.close()
        rig.door.close()


def settled(trip_input: Input) -> bool:
    """What it says once it has seen the same for longer than it takes to believe it."""
    trip_input.tripped()
    time.sleep(2 * CLEAR_MS / 1000)
    return trip_input.tripped()


def test_it_trips_alone_and_clears(rig: Rig) -> None:
    assert (rig.stop.tripped(), rig.door.tripped()) == (False, False)
    rig.trip(True)
    assert (settled(rig.stop), settled(rig.door)) == (False, True)
    rig.trip(False)
    assert (settled(rig.stop), settled(rig.door)) == (False, False)


@pytest.mark.parametrize("pull", Level)
def test_a_broken_wire_trips_a_normally_closed_input(pins: Chip, pull: Level) -> None:
    with wired(pins, Contact.NORMALLY_CLOSED, pull) as rig:
        pins.hold(DOOR, None)
        assert settled(rig.door)


def test_an_input_that_is_tripped_when_it_is_made_says_so_at_once(pins: Chip) -> None:
    with in_hand(pins.environment, "INPUTS", "gpio", pin=STOP, debounce_ms=LONGEST_DEBOUNCE_MS) as stop:
        assert stop.tripped()


def test_a_bounce_shorter_than_the_debounce_is_not_seen() -> None:
    rule = Debounced(on_ms=20, off_ms=500)
    assert not any(rule.see(bad, at_ms) for at_ms, bad in enumerate([False, True, True, False, True, False]))


def test_it_clears_only_after_being_well_without_a_break() -> None:
    rule = Debounced(on_ms=0, off_ms=100)
    sights = [(0, False), (10, True), (20, False), (110, False), (111, True), (120, False), (219, False), (220, False)]
    assert [rule.see(bad, at_ms) for at_ms, bad in sights] == [False, *[True] * 6, False]


@pytest.mark.parametrize("cause_ms", range(1_000, 1_000 + POLL_MS))
def test_from_cause_to_release_is_below_100_ms(cause_ms: int, here_bench: HereBench) -> None:
    rule, now_ms = Debounced(LONGEST_DEBOUNCE_MS, 500), 0

    class Button:
        def tripped(self) -> bool:
            return rule.see(now_ms >= cause_ms, now_ms)

        def close(self) -> None: ...

    contactor = SimulatedContactor(Spot(here_bench.world, here_bench.outlet))
    guardian = Guardian({1: contactor}, {"emergency_stop": Button()}, lease_ms=60_000)
    guardian.poll(0)
    guardian.engage(1, 0)
    while here_bench.truth().conducts:
        now_ms += POLL_MS
        guardian.poll(now_ms)
    assert 0 <= now_ms - cause_ms < TRIP_MS
