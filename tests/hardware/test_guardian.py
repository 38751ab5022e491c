"""The guardian's rules: a live lease or released, a clear input or released."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import GuardianLost, HardwareError
from hardware.guardian import Cleared, Engaged, Guardian, GuardianEvent, Released, Tripped
from hardware.guardian.events import decode, encode
from hardware.guardian_client import GuardianHere

LEASE_MS = 1_000


@dataclass
class Relay:
    """A contactor in memory that may refuse to obey."""

    engaged: bool = False
    obeys: bool = True

    def engage(self) -> None:
        self._obey(True)

    def release(self) -> None:
        self._obey(False)

    def feedback(self) -> bool | None:
        return self.engaged

    def close(self) -> None:
        self.engaged = False

    def _obey(self, engaged: bool) -> None:
        if not self.obeys:
            raise HardwareError("the pin is gone")
        self.engaged = engaged


@dataclass
class Switch:
    """A trip input in memory; None = it cannot be read."""

    state: bool | None = False

    def tripped(self) -> bool:
        if self.state is None:
            raise HardwareError("the pin is gone")
        return self.state

    def close(self) -> None:
        pass


@dataclass
class Panel:
    """Two connectors with one trip input, and a clock."""

    relays: dict[int, Relay] = field(default_factory=lambda: {1: Relay(), 2: Relay()})
    stop: Switch = field(default_factory=Switch)
    now_ms: int = 0

    def __post_init__(self) -> None:
        self.guardian = Guardian(self.relays, {"stop": self.stop}, LEASE_MS)

    def engage(self, connector: int = 1) -> list[GuardianEvent]:
        self.guardian.engage(connector, self.now_ms)
        return self.poll()

    def pass_ms(self, ms: int) -> list[GuardianEvent]:
        self.now_ms += ms
        return self.poll()

    def poll(self) -> list[GuardianEvent]:
        return self.guardian.poll(self.now_ms)

    @property
    def conducting(self) -> list[int]:
        return [connector for connector, relay in self.relays.items() if relay.engaged]


def test_engages_and_releases_when_asked() -> None:
    panel = Panel()
    assert (panel.engage(2), panel.conducting) == ([Engaged(2)], [2])
    panel.guardian.release(2)
    assert (panel.poll(), panel.conducting) == ([Released(2, "asked")], [])


def test_a_lease_lapses_at_its_very_ms_and_not_before() -> None:
    panel = Panel()
    panel.engage()
    assert (panel.pass_ms(LEASE_MS - 1), panel.conducting) == ([], [1])
    assert (panel.pass_ms(1), panel.conducting) == ([Released(1, "lease")], [])


def test_renewing_keeps_every_lease_but_wakes_no_lapsed_one() -> None:
    panel = Panel()
    panel.engage(1)
    panel.now_ms += LEASE_MS - 1
    panel.engage(2)
    panel.guardian.renew(panel.now_ms)
    assert panel.pass_ms(LEASE_MS - 1) == []
    panel.now_ms += 1
    panel.guardian.renew(panel.now_ms)
    assert panel.poll() == [Released(1, "lease"), Released(2, "lease")]
    panel.guardian.renew(panel.now_ms)
    assert panel.conducting == []


def test_a_trip_releases_all_and_refuses_until_it_clears() -> None:
    panel = Panel()
    panel.engage(1)
    panel.engage(2)
    panel.stop.state = True
    assert panel.poll() == [Tripped("stop"), Released(1, "trip:stop"), Released(2, "trip:stop")]
    assert (panel.engage(1), panel.conducting) == ([Released(1, "trip:stop")], [])
    panel.stop.state = False
    assert (panel.poll(), panel.conducting) == ([Cleared("stop")], [])
    assert panel.engage(1) == [Engaged(1)]


def test_an_input_is_looked_at_before_engaging() -> None:
    panel = Panel()
    panel.stop.state = True
    assert panel.engage(1) == [Tripped("stop"), Released(1, "trip:stop")]


def test_an_input_that_cannot_be_read_counts_as_tripped() -> None:
    panel = Panel()
    panel.engage(1)
    panel.stop.state = None
    unread = Tripped("stop", "unread", "the pin is gone")
    assert (panel.poll(), panel.conducting) == ([unread, Released(1, "trip:stop")], [])
    assert (panel.poll(), panel.guardian.amiss) == ([], [unread])
    panel.stop.state = True
    assert panel.poll() == [Tripped("stop")]


def test_a_contactor_that_does_not_obey_is_told_until_it_does() -> None:
    panel = Panel()
    panel.engage(1)
    panel.relays[1].obeys = False
    assert panel.pass_ms(LEASE_MS) == []
    panel.relays[1].obeys = True
    assert (panel.poll(), panel.conducting) == ([Released(1, "lease")], [])


def test_engaging_anew_overrides_a_release_that_never_came_through() -> None:
    panel = Panel()
    panel.engage(1)
    panel.relays[1].obeys = False
    panel.guardian.release(1)
    panel.relays[1].obeys = True
    panel.guardian.engage(1, panel.now_ms)
    assert (panel.poll(), panel.conducting) == ([Engaged(1)], [1])


def test_a_contactor_that_does_not_engage_is_reported_as_failed() -> None:
    panel = Panel()
    panel.relays[1].obeys = False
    assert panel.engage(1) == []
    panel.relays[1].obeys = True
    assert (panel.poll(), panel.guardian.engaged) == ([Released(1, "failed")], frozenset())


def test_an_unknown_connector_is_never_engaged() -> None:
    assert Panel().engage(7) == [Released(7, "unknown")]


@pytest.mark.parametrize(
    "event",
    [
        Engaged(1),
        Released(12, "trip:door"),
        Tripped("door"),
        Tripped("door", "unread"),
        Tripped("door", "unread", "the pin is gone: look at it"),
        Cleared("door"),
    ],
)
def test_each_event_has_its_line(event: GuardianEvent) -> None:
    assert decode(encode(event).rstrip(b"\n")) == event


async def test_the_guardian_here_reports_like_the_one_at_a_socket() -> None:
    panel = Panel()
    link = GuardianHere(panel.guardian, lambda: panel.now_ms)
    events = link.events()
    link.engage(1)
    assert await anext(events) == Engaged(1)
    panel.now_ms += LEASE_MS - 1
    link.renew()
    panel.now_ms += LEASE_MS
    link.poll()
    assert await anext(events) == Released(1, "lease")
    link.engage(2)
    link.close()
    assert [await anext(events), await anext(events)] == [Engaged(2), Released(2, "disconnected")]
    with pytest.raises(GuardianLost):
        await anext(events)


moves = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(("engage", "release", "break", "mend")), st.sampled_from((1, 2))),
        st.tuples(st.sampled_from(("renew", "trip", "clear", "lose")), st.just(0)),
        st.tuples(st.just("pass"), st.integers(0, 2 * LEASE_MS)),
    ),
    max_size=40,
)


class Drill:
    """A panel, and by our own account until when each connector may conduct."""

    def __init__(self) -> None:
        self.panel = Panel()
        self.until_ms: dict[int, int] = {}

    def move(self, what: str, amount: int) -> None:
        panel = self.panel
        match what:
            case "engage":
                self.until_ms[amount] = panel.now_ms + LEASE_MS
                panel.guardian.engage(amount, panel.now_ms)
            case "release":
                self.until_ms.pop(amount, None)
                panel.guardian.release(amount)
            case "renew":
                live = {connector for connector, until_ms in self.until_ms.items() if panel.now_ms < until_ms}
                self.until_ms |= dict.fromkeys(live, panel.now_ms + LEASE_MS)
                panel.guardian.renew(panel.now_ms)
            case "break" | "mend":
                panel.relays[amount].obeys = what == "mend"
            case "pass":
                panel.now_ms += amount
            case _:
                panel.stop.state = {"trip": True, "clear": False, "lose": None}[what]

    def check(self) -> None:
        panel = self.panel
        panel.poll()
        if panel.stop.state is not False:
            self.until_ms.clear()
        for connector in panel.conducting:
            if panel.relays[connector].obeys:
                assert panel.now_ms < self.until_ms.get(connector, 0)
                assert connector in panel.guardian.engaged
        assert panel.guardian.engaged <= set(panel.conducting)


@given(moves)
def test_nothing_conducts_without_a_live_lease_and_clear_inputs(script: list[tuple[str, int]]) -> None:
    drill = Drill()
    for what, amount in script:
        drill.move(what, amount)
        drill.check()
