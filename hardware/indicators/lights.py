"""One to three LEDs on GPIO pins: what happens is told by colour and by rhythm, so that one LED is enough."""

from collections.abc import Iterator
from itertools import cycle
from typing import NamedTuple

from msgspec import Struct

from hardware.errors import BadPartSettings
from hardware.gpio import DimmedPin, Level, PinNumber
from hardware.indicators.rhythm import Player
from hardware.ports import Signal

BLINK_S = 0.2


class Look(NamedTuple):
    """Which LEDs shine, and how: `on_s` and `off_s` in turn, or steadily."""

    colours: tuple[str, ...]
    on_s: float = 0.0
    off_s: float = 0.0


LOOKS = {
    Signal.READY: Look(("green",)),
    Signal.PLUG_IN: Look(("green",), 0.5, 0.5),
    Signal.PRESENT_TAG: Look(("green", "blue"), 0.8, 0.2),
    Signal.CHECKING: Look(("blue",), 0.2, 0.2),
    Signal.CHARGING: Look(("blue",), 1.5, 0.5),
    Signal.PAUSED: Look(("blue",), 0.2, 1.8),
    Signal.FINISHED: Look(("green",), 0.2, 0.8),
    Signal.REFUSED: Look(("red",), 0.1, 0.1),
    Signal.FAULT: Look(("red",), 0.3, 0.3),
    Signal.OUT_OF_SERVICE: Look(("red", "green"), 0.1, 3.9),
}


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """The pins of the LEDs that there are, and the level that lights them."""

    red: PinNumber | None = None
    green: PinNumber | None = None
    blue: PinNumber | None = None
    active: Level = Level.HIGH


class Lights:
    """Where a colour is missing, all LEDs stand in for it. `GpioFailed` when a pin does not obey."""

    def __init__(self, settings: Settings) -> None:
        fitted = {"red": settings.red, "green": settings.green, "blue": settings.blue}
        self._leds = {name: DimmedPin(pin, settings.active) for name, pin in fitted.items() if pin is not None}
        if not self._leds:
            raise BadPartSettings("no LED has a pin: expected at least one of red, green, blue")
        self._colours: tuple[str, ...] = ()
        self._percent = 100
        self._player = Player(self._switch)

    async def show(self, signal: Signal, text: str, light_percent: int = 100, blinks: int = 0) -> None:
        """Show it until the next one."""
        await self._player.stop()
        look = LOOKS[signal]
        self._colours = tuple(name for name in look.colours if name in self._leds) or tuple(self._leds)
        self._percent = light_percent
        await self._player.play(beats(look, blinks))

    async def close(self) -> None:
        """Dark."""
        await self._player.stop()
        self._switch(False)
        for led in self._leds.values():
            led.close()

    def _switch(self, on: bool) -> None:
        for name, led in self._leds.items():
            led.shine(self._percent if on and name in self._colours else 0)


def beats(look: Look, blinks: int) -> Iterator[tuple[bool, float]]:
    """That many flashes (BlinkRepeat), then the look itself."""
    if blinks:
        yield from [(True, BLINK_S), (False, BLINK_S)] * blinks
        yield True, 0.0
    elif look.on_s:
        yield from cycle([(True, look.on_s), (False, look.off_s)])
    else:
        yield True, 0.0


make = Lights
