"""The agent's clock: whom it believes, when it moves, and what it says where nobody knows the time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from edge.clock import SystemClock
from edge.core.values import WRITTEN

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass
class Machine:
    """A machine whose system clock can be set, and may be synchronised."""

    mono_ms: int = 60_000
    system: datetime = EPOCH
    synchronised: bool = False

    def clock(self) -> SystemClock:
        return SystemClock(lambda: "boot", lambda: self.mono_ms, lambda: self.system, lambda: self.synchronised)

    def pass_s(self, seconds: int) -> None:
        self.mono_ms += seconds * 1000
        self.system += timedelta(seconds=seconds)


def test_nothing_is_known_until_somebody_tells() -> None:
    machine = Machine(system=NOON)
    clock = machine.clock()
    assert (clock.now().boot_id, clock.now().mono_ms, clock.now().wall) == ("boot", 60_000, None)
    assert clock.heard(NOON) is None
    machine.pass_s(5)
    assert clock.now().wall == NOON + timedelta(seconds=5)


def test_the_system_s_clock_counts_once_it_is_synchronised_and_then_no_longer_jumps() -> None:
    machine = Machine(system=NOON)
    clock = machine.clock()
    machine.synchronised = True
    assert clock.now().wall == NOON
    machine.system = EPOCH
    machine.mono_ms += 1_000
    assert clock.now().wall == NOON + timedelta(seconds=1)


def test_a_synchronised_clock_in_the_seventies_is_not_believed() -> None:
    assert Machine(synchronised=True).clock().now().wall is None


@pytest.mark.parametrize("off_s", [-1.9, 0, 1.9])
def test_a_small_difference_does_not_move_the_clock(off_s: float) -> None:
    clock = Machine().clock()
    clock.heard(NOON)
    assert clock.heard(NOON + timedelta(seconds=off_s)) is None
    assert clock.now().wall == NOON


@pytest.mark.parametrize("synchronised", [True, False])
@pytest.mark.parametrize("off", [timedelta(seconds=2), timedelta(days=-40), timedelta(days=4000)])
def test_the_central_system_s_word_moves_the_clock_both_ways_even_a_synchronised_one(
    off: timedelta, synchronised: bool
) -> None:
    clock = Machine(system=NOON, synchronised=synchronised).clock()
    clock.heard(NOON)
    assert clock.heard(NOON + off) == off
    assert clock.now().wall == NOON + off


@pytest.mark.parametrize(("system", "least"), [(EPOCH, WRITTEN + timedelta(seconds=60)), (NOON, NOON)])
def test_without_any_word_the_best_lower_bound_counts_and_stays(system: datetime, least: datetime) -> None:
    machine = Machine(system=system)
    clock = machine.clock()
    assert clock.assumed().wall == least
    machine.system = EPOCH
    machine.mono_ms += 1_000
    assert clock.assumed().wall == clock.now().wall == least + timedelta(seconds=1)
    assert clock.heard(NOON) is not None, "an assumption gives way to any word, however near"
    assert clock.now().wall == NOON


def test_an_assumption_gives_way_to_a_synchronised_clock() -> None:
    machine = Machine()
    clock = machine.clock()
    clock.assumed()
    machine.system, machine.synchronised = NOON, True
    assert clock.now().wall == NOON
