"""The unmodified guardian over a GPIO pin: lgpio's own code and a chip that remembers every level of every pin."""

import signal
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from hardware.gpio import Level
from tests.hardware.hands import in_hand
from tests.hardware.posts import SLACK_MS
from tests.hardware.sites import LEASE_MS, STOP_PIN, Site, random_life, site


@pytest.fixture(params=[False, True], ids=["dropped", "kept"])
def kept(request: pytest.FixtureRequest) -> bool:
    """What becomes of a pin whose process ended."""
    return bool(request.param)


@pytest.fixture(params=list(Level), ids=["active-low", "active-high"])
def charger(request: pytest.FixtureRequest, tmp_path: Path, kept: bool) -> Iterator[Site]:
    """A charge point for each polarity and each policy for released pins."""
    with site(tmp_path, request.param, kept=kept) as one:
        yield one


def lived(charger: Site, lives: int, random: Random) -> None:
    for life in range(lives):
        random_life(charger, random, agent_ends=life % 2 == 0)
    assert charger.longest_alone_ms() <= LEASE_MS + SLACK_MS
    engaged = [at_ms for at_ms, level in charger.chip.history(charger.pin) if level is charger.active]
    assert len(engaged) == lives, "engaged by something else than an agent's request"


def test_random_ends_of_agent_and_guardian_never_leave_it_engaged(charger: Site) -> None:
    lived(charger, 2, Random(str(charger.active)))


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_many_random_ends_of_agent_and_guardian_never_leave_it_engaged(charger: Site) -> None:
    lived(charger, 100, Random())


def test_a_cut_wire_to_the_emergency_stop_releases(tmp_path: Path) -> None:
    with site(tmp_path, Level.HIGH, kept=True) as charger:
        charger.begin_guardian()
        charger.begin_agent()
        charger.chip.hold(STOP_PIN, None)
        assert charger.agent
        charger.agent.line_with("Tripped(name='emergency_stop'")
        assert charger.released_within(SLACK_MS)


def test_a_stopped_guardian_that_wakes_again_releases_what_nobody_renewed(tmp_path: Path) -> None:
    with site(tmp_path, Level.LOW, kept=True) as charger:
        charger.begin_guardian()
        charger.begin_agent()
        assert charger.guardian
        charger.guardian.signal(signal.SIGSTOP)
        charger.end_agent(signal.SIGKILL)
        assert not charger.released_within(LEASE_MS), "a stopped guardian cannot release"
        charger.guardian.signal(signal.SIGCONT)
        assert charger.released_within(SLACK_MS)


def test_execstoppost_opens_what_can_be_opened_and_names_the_rest(tmp_path: Path) -> None:
    with site(tmp_path, Level.HIGH, kept=True) as charger:
        charger.add_connector(pin=18)
        charger.begin_guardian()
        charger.begin_agent()
        assert charger.guardian
        charger.guardian.signal(signal.SIGKILL)
        charger.guardian.ended()
        assert charger.engaged, "these pins are kept driven"
        with in_hand(charger.chip.environment, "CONTACTORS", "gpio", pin=18):
            said = charger.release(status=2)
        assert "connector 2: GPIO18: " in said
        assert not charger.engaged
