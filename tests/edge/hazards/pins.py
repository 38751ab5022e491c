"""The pins of an emulated chip beneath the drivers, in the place of the library RPi.GPIO."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType

import pytest

from hardware import gpio


class Pins(ModuleType):
    """As much of RPi.GPIO as the drivers use. `outside` gives a pin's level, `drives` takes what is put out; an input
    that is `gone` cannot be read."""

    BCM, IN, OUT, PUD_UP, PUD_DOWN = 11, 1, 0, 22, 21

    def __init__(self) -> None:
        super().__init__("RPi.GPIO")
        self.outside: dict[int, Callable[[], bool]] = {}
        self.drives: dict[int, Callable[[bool], None]] = {}
        self.gone: set[int] = set()

    def setwarnings(self, on: bool) -> None:
        """Nothing warns."""

    def setmode(self, mode: int) -> None:
        """BCM numbers only."""
        assert mode == self.BCM

    def setup(self, pin: int, mode: int, **levels: int) -> None:
        """Claim a pin."""
        if mode == self.OUT:
            self.output(pin, levels["initial"])

    def output(self, pin: int, level: int) -> None:
        """Drive it."""
        self.drives[pin](bool(level))

    def input(self, pin: int) -> int:
        """Read it."""
        if pin in self.gone:
            raise RuntimeError("the line is gone")
        return int(self.outside[pin]())


@contextmanager
def pins() -> Iterator[Pins]:
    """A chip of its own."""
    chip = Pins()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "RPi", ModuleType("RPi"))
        patch.setitem(sys.modules, "RPi.GPIO", chip)
        patch.setattr(gpio, "_taken", set())
        gpio._library.cache_clear()
        try:
            yield chip
        finally:
            gpio._library.cache_clear()
