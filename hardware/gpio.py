"""GPIO pins of a Raspberry Pi through the RPi.GPIO interface: BCM numbers, claimed one at a time, never floated."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import cache
from importlib import import_module
from typing import Annotated, Any, cast

from msgspec import Meta

from hardware.errors import BadPartSettings, GpioFailed, LibraryMissing

PinNumber = Annotated[int, Meta(ge=0, le=27)]
PULSE_HZ = 200
_PULLED_UP_AT_POWER_ON = range(9)
_taken: set[int] = set()


class Level(StrEnum):
    """What a pin is driven or pulled to."""

    LOW = "low"
    HIGH = "high"

    @property
    def other(self) -> "Level":
        """The opposite."""
        return Level.LOW if self is Level.HIGH else Level.HIGH


class Contact(StrEnum):
    """How a switch lies at rest: a contact of a contactor that is released, a trip input while all is well."""

    NORMALLY_CLOSED = "normally_closed"
    NORMALLY_OPEN = "normally_open"


def floats_to(pin: int) -> Level:
    """Where a pin of a Raspberry Pi lies from power-on until something drives it: GPIO0 to 8 are pulled up."""
    return Level.HIGH if pin in _PULLED_UP_AT_POWER_ON else Level.LOW


class OutputPin:
    """A pin that drives; it goes from floating to `first` without touching the other level."""

    def __init__(self, pin: int, first: Level) -> None:
        self._pin = pin
        with _claimed(pin) as gpio:
            gpio.setup(pin, gpio.OUT, initial=int(first is Level.HIGH))
        self.drive(first)  # a pin that this process has had before is not set by setup()

    def drive(self, level: Level) -> None:
        """Drive it to that level; `GpioFailed` when it cannot be."""
        with _explained(self._pin) as gpio:
            gpio.output(self._pin, int(level is Level.HIGH))

    def close(self) -> None:
        """It keeps its level: floating it could switch what it drives."""
        _taken.discard(self._pin)


class DimmedPin:
    """A pin with an LED: dark, full, or dimmed by pulses."""

    def __init__(self, pin: int, active: Level) -> None:
        self._output = OutputPin(pin, active.other)
        self._pin, self._active = pin, active
        self._pulses: Any = None
        self._percent = 0

    def shine(self, percent: int) -> None:
        """With that much of its light, 0 to 100."""
        if percent == self._percent:
            return
        self._percent = percent
        with _explained(self._pin) as gpio:
            if self._pulses is not None:
                self._pulses.stop()
                self._pulses = None
            if 0 < percent < 100:
                self._pulses = gpio.PWM(self._pin, PULSE_HZ)
                self._pulses.start(percent if self._active is Level.HIGH else 100 - percent)
        if self._pulses is None:
            self._output.drive(self._active if percent else self._active.other)

    def close(self) -> None:
        """Dark."""
        self.shine(0)
        self._output.close()


class InputPin:
    """A pin that listens, pulled to a level by the chip's own resistor."""

    def __init__(self, pin: int, pull: Level) -> None:
        self._pin = pin
        with _claimed(pin) as gpio:
            gpio.setup(pin, gpio.IN, pull_up_down=gpio.PUD_UP if pull is Level.HIGH else gpio.PUD_DOWN)

    def level(self) -> Level:
        """Its level now; `GpioFailed` when it cannot be read."""
        with _explained(self._pin) as gpio:
            return Level.HIGH if gpio.input(self._pin) else Level.LOW

    def close(self) -> None:
        """Give it back; it goes on listening."""
        _taken.discard(self._pin)


@contextmanager
def _claimed(pin: int) -> Iterator[Any]:
    if pin in _taken:
        raise BadPartSettings(f"GPIO{pin} is used by two parts: give each a pin of its own")
    with _explained(pin) as gpio:
        yield gpio
    _taken.add(pin)


@contextmanager
def _explained(pin: int) -> Iterator[Any]:
    """The library, its errors told in one sentence."""
    gpio = _library()
    try:
        yield gpio
    except _errors(gpio) as error:
        raise GpioFailed(f"GPIO{pin}: {error}; is it in use by another program or by a dtoverlay?") from error


@cache
def _library() -> Any:
    try:
        gpio = import_module("RPi.GPIO")
    except ImportError as error:
        raise LibraryMissing(f"GPIO pins need the package rpi-lgpio ({error}): type `make pi`") from error
    except (RuntimeError, NotImplementedError) as error:
        raise LibraryMissing(f"GPIO pins need a Raspberry Pi: {error}") from error
    except OSError as error:
        raise LibraryMissing(
            f"lgpio cannot make its pipe here: set LG_WD to a folder that can be written ({error})"
        ) from error
    try:
        gpio.setwarnings(False)
        gpio.setmode(gpio.BCM)
    except _errors(gpio) as error:
        raise GpioFailed(f"the GPIO chip cannot be opened ({error}): is this user in the group gpio?") from error
    return gpio


def _errors(gpio: Any) -> tuple[type[Exception], ...]:
    """What RPi.GPIO raises; rpi-lgpio hands on the errors of lgpio, which share no ancestor with the others."""
    below = getattr(gpio, "lgpio", None)
    return (RuntimeError, ValueError, OSError, *((cast("type[Exception]", below.error),) if below else ()))
