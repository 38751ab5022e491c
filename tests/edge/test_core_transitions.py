"""Only the transitions of OCPP 1.6 section 4.9 are ever reported, whatever happens (reports while offline are history
that nobody is told)."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.core import events as ev
from edge.core.effects import Effect, Report
from edge.core.values import Status, Vehicle
from tests.edge.scene import OTHER, TAG, Scene
from tests.edge.test_core_property import QUIET, SCRIPTS, run

# Straight to charging (A3 to A5) is for charge points without authorization; ours always asks for a card.
TABLE = {
    Status.AVAILABLE: "Preparing Reserved Unavailable Faulted",
    Status.PREPARING: "Available Charging SuspendedEV SuspendedEVSE Finishing Faulted",
    Status.CHARGING: "Available SuspendedEV SuspendedEVSE Finishing Unavailable Faulted",
    Status.SUSPENDED_EV: "Available Charging SuspendedEVSE Finishing Unavailable Faulted",
    Status.SUSPENDED_EVSE: "Available Charging SuspendedEV Finishing Unavailable Faulted",
    Status.FINISHING: "Available Preparing Unavailable Faulted",
    Status.RESERVED: "Available Preparing Unavailable Faulted",
    Status.UNAVAILABLE: "Available Preparing Charging SuspendedEV SuspendedEVSE Faulted",
    Status.FAULTED: "Available Preparing Charging SuspendedEV SuspendedEVSE Finishing Reserved Unavailable",
}


class Watched(Scene):
    """Collects the steps between statuses as the central system sees them: from going online to going offline."""

    def __init__(self, connectors: int = 2, **more: Any) -> None:
        self.steps: list[tuple[int, Status, Status]] = []
        self.told: dict[int, Status] = {}
        super().__init__(connectors, **more)

    def happen(self, event: Any) -> None:
        if isinstance(event, ev.WentOffline | ev.WentOnline):
            self.told.clear()
        super().happen(event)

    def start(self) -> None:
        self.told = {}
        super().start()

    def perform(self, effect: Effect) -> None:
        if isinstance(effect, Report) and self.loop.station.online:
            new = effect.report.status
            old = self.told.get(effect.connector, new)
            self.told[effect.connector] = new
            if old is not new:
                self.steps.append((effect.connector, old, new))
        super().perform(effect)

    def unlawful(self) -> Iterator[str]:
        for connector, old, new in self.steps:
            lawful = "Available Unavailable Faulted" if connector == 0 else TABLE[old]
            if new not in lawful.split():
                yield f"connector {connector}: {old} -> {new}"


PAUSED_AT_ONCE: list[tuple[Any, ...]] = [
    ("arrive", 1, "0477889900AABB"),
    ("tap", "0477889900AABB", (1,)),
    ("advance", 3_000),
    ("tap", "04A1B2C3", (1,)),
    ("answer", False),
    ("advance", 1_000),
    ("see", 1, Vehicle.CONNECTED),
]

UNLOCKED_BY_A_SLOW_DISK: list[tuple[Any, ...]] = [
    ("slow_disk", True),
    ("advance", 250),
    ("unlock", 1),
    *[("arrive", 1, "04A1B2C3"), ("advance", 250), ("advance", 3_000)] * 5,
    *[("advance", 20_000)] * 3,
]


@settings(max_examples=25, deadline=None, suppress_health_check=QUIET)
@given(SCRIPTS, st.booleans())
@example(PAUSED_AT_ONCE, False)
@example(UNLOCKED_BY_A_SLOW_DISK, True)
def test_no_script_makes_an_unlawful_transition(script: list[tuple[Any, ...]], lock: bool) -> None:
    watched = Watched(lock=lock)
    run(script, watched)
    assert list(watched.unlawful()) == []


@pytest.mark.soak
@pytest.mark.timeout(3600)
@settings(max_examples=10_000, deadline=None, suppress_health_check=QUIET)
@given(SCRIPTS, st.booleans())
def test_no_script_makes_an_unlawful_transition_long(script: list[tuple[Any, ...]], lock: bool) -> None:
    watched = Watched(lock=lock)
    run(script, watched)
    assert list(watched.unlawful()) == []


def test_the_watch_sees_a_whole_visit() -> None:
    watched = Watched(1)
    watched.charge()
    watched.trip("door")
    watched.clear("door")
    watched.tap(TAG)
    watched.advance(5_000)
    watched.see(1, Vehicle.ABSENT)
    assert [new for connector, _, new in watched.steps if connector == 1] == (
        [Status.PREPARING, Status.CHARGING, Status.FAULTED, Status.CHARGING, Status.FINISHING, Status.AVAILABLE]
    )
    assert list(watched.unlawful()) == []


def test_a_finished_car_becomes_unavailable_and_returns_as_one_that_waits_for_a_card() -> None:
    watched = Watched(1, ConnectionTimeOut=10)
    watched.charge()
    watched.tap(TAG)
    watched.advance(5_000)
    watched.availability(1, False)
    watched.advance(20_000)
    watched.availability(1, True)
    assert watched.statuses()[-3:] == [Status.FINISHING, Status.UNAVAILABLE, Status.PREPARING]
    watched.advance(11_000)
    assert watched.status() is Status.FINISHING
    assert list(watched.unlawful()) == []


def test_a_waiting_car_becomes_unavailable_by_way_of_available() -> None:
    watched = Watched(1)
    watched.see(1, Vehicle.ASKING)
    watched.availability(1, False)
    assert watched.statuses() == [Status.AVAILABLE, Status.PREPARING, Status.AVAILABLE, Status.UNAVAILABLE]


def test_a_card_that_may_start_at_once_passes_through_preparing() -> None:
    watched = Watched(1, sensed=False, LocalPreAuthorize="true")
    watched.knows(OTHER)
    watched.tap(OTHER)
    assert watched.statuses() == [Status.AVAILABLE, Status.PREPARING, Status.CHARGING]
