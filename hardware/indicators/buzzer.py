"""A buzzer on a GPIO pin: tells with a few beeps what became of a card, and then is silent."""

from msgspec import Struct

from hardware.gpio import Level, OutputPin, PinNumber
from hardware.indicators.rhythm import Player
from hardware.ports import Signal

SHORT_S, LONG_S, GAP_S = 0.08, 0.4, 0.1
BEEPS = {
    Signal.CHECKING: (SHORT_S,),
    Signal.CHARGING: (LONG_S,),
    Signal.FINISHED: (SHORT_S, SHORT_S),
    Signal.REFUSED: (LONG_S, LONG_S, LONG_S),
    Signal.FAULT: (LONG_S,) * 5,
}


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """The pin and the level at which it sounds."""

    pin: PinNumber
    active: Level = Level.HIGH


class Buzzer:
    """Sounds when the signal changes, not when only its text does. `GpioFailed` when the pin does not obey."""

    def __init__(self, settings: Settings) -> None:
        self._active = settings.active
        self._pin = OutputPin(settings.pin, self._active.other)
        self._player = Player(self._switch)
        self._shown: Signal | None = None

    async def show(self, signal: Signal, text: str, light_percent: int = 100, blinks: int = 0) -> None:
        """Beep if that is news."""
        news, self._shown = signal is not self._shown, signal
        if news:
            sounds = [beat for length_s in BEEPS.get(signal, ()) for beat in ((True, length_s), (False, GAP_S))]
            await self._player.play(sounds or [(False, 0.0)])

    async def close(self) -> None:
        """Silent."""
        await self._player.stop()
        self._switch(False)
        self._pin.close()

    def _switch(self, on: bool) -> None:
        self._pin.drive(self._active if on else self._active.other)


make = Buzzer
