"""The contract of a contactor, on every driver."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hardware import catalogue
from hardware.errors import BadPartSettings, GpioFailed, LibraryMissing
from hardware.gpio import Level
from hardware.outlet import Fault
from hardware.ports import Contactor, Part
from hardware.simulation.requests import Break, Engage
from tests.hardware.benches import Bench
from tests.hardware.chip import Chip
from tests.hardware.hands import in_hand

COIL = {Level.HIGH: 17, Level.LOW: 5}
MIRROR = 23


@dataclass
class Rig:
    """A contactor and what its main contacts really do."""

    contactor: Contactor
    conducts: Callable[[], bool]
    weld: Callable[[], None]


@contextmanager
def simulated(bench: Bench) -> Iterator[Rig]:
    bench.do(Engage(bench.outlet))
    contactor = catalogue.make_contactor(Part("simulated", bench.spot))
    weld = Break(bench.outlet, Fault.WELDED)
    yield Rig(contactor, lambda: bench.truth().conducts, lambda: bench.do(weld))


@contextmanager
def wired(pins: Chip, active: Level) -> Iterator[Rig]:
    """A relay, and a mirror contact that is closed to ground only while the main contacts are open."""
    coil, welded = COIL[active], []

    def move(level: Level) -> None:
        pins.hold(MIRROR, None if level is active or welded else Level.LOW)

    def weld() -> None:
        welded.append(True)
        move(pins.level(coil))

    move(pins.level(coil))
    pins.follow(coil, move)
    settings = {"pin": coil, "active": active, "feedback_pin": MIRROR}
    with in_hand(pins.environment, "CONTACTORS", "gpio", **settings) as contactor:
        yield Rig(contactor, lambda: pins.level(coil) is active, weld)


@pytest.fixture(params=["here", "process", *Level])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """A contactor of each driver, its circuit closed by somebody else where that can be."""
    if isinstance(request.param, Level):
        rigged = wired(request.getfixturevalue("pins"), request.param)
    else:
        rigged = simulated(request.getfixturevalue(f"{request.param}_bench"))
    with rigged as rig:
        yield rig
        rig.contactor.close()


def test_it_is_made_released_and_follows(rig: Rig) -> None:
    assert (rig.conducts(), rig.contactor.feedback()) == (False, False)
    rig.contactor.engage()
    assert (rig.conducts(), rig.contactor.feedback()) == (True, True)
    rig.contactor.release()
    assert (rig.conducts(), rig.contactor.feedback()) == (False, False)


def test_welded_contacts_show_in_its_feedback(rig: Rig) -> None:
    rig.weld()
    assert rig.contactor.feedback() is True


@pytest.mark.parametrize("active", Level)
def test_it_never_pulses_from_power_on_to_its_end(pins: Chip, active: Level) -> None:
    with wired(pins, active) as rig:
        rig.contactor.close()
    assert active not in [level for _, level in pins.history(COIL[active])]


def test_the_pulse_of_a_driver_that_ignores_polarity_would_be_seen(pins: Chip) -> None:
    program = f"import RPi.GPIO as g; g.setmode(g.BCM); g.setup({COIL[Level.LOW]}, g.OUT, initial=g.LOW)"
    subprocess.run([sys.executable, "-c", program], env=pins.environment, check=True, timeout=20)
    assert Level.LOW in [level for _, level in pins.history(COIL[Level.LOW])]


def test_closing_it_floats_no_pin(pins: Chip) -> None:
    with in_hand(pins.environment, "CONTACTORS", "gpio", pin=5, active="high", pulled=True) as contactor:
        contactor.close()
        assert pins.level(5) is Level.LOW, "floating, it would be pulled up"


def test_a_broken_wire_to_the_mirror_contact_reads_as_welded(pins: Chip) -> None:
    with wired(pins, Level.HIGH) as rig:
        pins.hold(MIRROR, None)
        assert rig.contactor.feedback() is True


def test_a_contactor_without_auxiliary_contact_says_nothing(pins: Chip) -> None:
    with in_hand(pins.environment, "CONTACTORS", "gpio", pin=17) as contactor:
        assert contactor.feedback() is None


def test_a_pin_that_another_process_has_is_named(pins: Chip) -> None:
    with (
        in_hand(pins.environment, "CONTACTORS", "gpio", pin=17),
        pytest.raises(GpioFailed, match=r"GPIO17: .*busy.*in use by another program"),
        in_hand(pins.environment, "CONTACTORS", "gpio", pin=17),
    ):
        pass


@pytest.mark.parametrize(("pin", "active"), [(5, "high"), (17, "low")])
def test_a_pin_that_floats_to_engaged_is_refused_unless_a_resistor_holds_it(pin: int, active: str, pins: Chip) -> None:
    with pytest.raises(BadPartSettings, match=f"GPIO{pin} floats {active} until the guardian runs.*choose one of"):
        catalogue.make_contactor(Part("gpio", {"pin": pin, "active": active}))
    with in_hand(pins.environment, "CONTACTORS", "gpio", pin=pin, active=active, pulled=True) as contactor:
        assert contactor.feedback() is None


def test_one_pin_for_two_uses_is_refused(pins: Chip) -> None:
    with (
        pytest.raises(BadPartSettings, match="GPIO17 is used by two parts"),
        in_hand(pins.environment, "CONTACTORS", "gpio", pin=17, feedback_pin=17),
    ):
        pass


def test_without_a_raspberry_pi_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # lgpio leaves its pipe in the working directory
    with pytest.raises(LibraryMissing, match="GPIO pins need a Raspberry Pi"):
        catalogue.make_contactor(Part("gpio", {"pin": 17}))


def test_without_a_chip_it_says_what_to_check(pins: Chip) -> None:
    with (
        pytest.raises(GpioFailed, match=r"the GPIO chip cannot be opened .*: is this user in the group gpio"),
        in_hand({**pins.environment, "CHIP_SOCKET": "nowhere"}, "CONTACTORS", "gpio", pin=17),
    ):
        pass


def test_where_lgpio_cannot_make_its_pipe_it_says_what_to_set(pins: Chip) -> None:
    with (
        pytest.raises(LibraryMissing, match="set LG_WD to a folder that can be written"),
        in_hand({**pins.environment, "LG_WD": "/proc"}, "CONTACTORS", "gpio", pin=17),
    ):
        pass
