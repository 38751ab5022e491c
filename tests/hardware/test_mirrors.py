"""Feedback contacts: a welded contactor and one that does not close are told once, and when they follow again."""

from dataclasses import dataclass

from hardware.errors import HardwareError
from hardware.guardian import Disobeyed, Guardian, GuardianEvent, Obeyed
from hardware.guardian.events import decode, encode
from hardware.guardian.mirrors import LOOK_MS, SETTLE_MS


@dataclass
class Relay:
    """A contactor whose contacts can be stuck, or whose feedback contact cannot be read or is not there."""

    told: bool = False
    stuck: bool | None = None
    readable: bool = True
    has_contact: bool = True

    def engage(self) -> None:
        self.told = True

    def release(self) -> None:
        self.told = False

    def feedback(self) -> bool | None:
        if not self.readable:
            raise HardwareError("the pin is gone")
        if not self.has_contact:
            return None
        return self.told if self.stuck is None else self.stuck

    def close(self) -> None: ...


class Bench:
    """A guardian over one relay, and its clock."""

    def __init__(self, **relay: bool) -> None:
        self.relay = Relay(**relay)
        self.guardian = Guardian({1: self.relay}, {}, lease_ms=60_000)
        self.now_ms = 0

    def news(self, for_ms: int) -> list[GuardianEvent]:
        """What the guardian says of obedience in that time."""
        told: list[GuardianEvent] = []
        for _ in range(0, for_ms, 20):
            self.now_ms += 20
            told += self.guardian.poll(self.now_ms)
        return [event for event in told if isinstance(event, Disobeyed | Obeyed)]


def test_a_weld_is_told_once_and_again_when_it_has_opened() -> None:
    bench = Bench()
    bench.guardian.engage(1, 0)
    assert bench.news(2_000) == []
    bench.relay.stuck = True
    bench.guardian.release(1)
    assert bench.news(SETTLE_MS - LOOK_MS) == []
    assert bench.news(5_000) == [Disobeyed(1, "closed")]
    assert bench.guardian.amiss == [Disobeyed(1, "closed")]
    bench.relay.stuck = None
    assert bench.news(LOOK_MS + 20) == [Obeyed(1)]
    assert bench.guardian.amiss == []


def test_a_contactor_that_does_not_close_is_told() -> None:
    bench = Bench()
    bench.relay.stuck = False
    bench.guardian.engage(1, 0)
    assert bench.news(SETTLE_MS + 2 * LOOK_MS) == [Disobeyed(1, "open")]
    bench.guardian.release(1)
    assert bench.news(1_000) == [Obeyed(1)]


def test_slow_contacts_are_given_their_time_anew_at_each_command() -> None:
    bench = Bench()
    for stuck in (False, True) * 5:
        bench.relay.stuck = stuck
        if stuck:
            bench.guardian.release(1)
        else:
            bench.guardian.engage(1, bench.now_ms)
        assert bench.news(400) == []


def test_without_a_feedback_contact_or_without_its_pin_nothing_is_claimed() -> None:
    for bench in (Bench(has_contact=False), Bench(readable=False)):
        bench.guardian.engage(1, 0)
        assert bench.news(5_000) == []


def test_its_words_pass_the_socket() -> None:
    for event in (Disobeyed(2, "closed"), Disobeyed(1, "open"), Obeyed(3)):
        assert decode(encode(event)) == event
