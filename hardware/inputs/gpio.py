"""A trip input on a GPIO pin: emergency stop, residual-current device, door, tilt or temperature switch."""

from typing import Annotated

from msgspec import Meta, Struct

from hardware.debounce import Debounced, monotonic_ms
from hardware.gpio import Contact, InputPin, Level, PinNumber


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """The contact lies between the pin and the level opposite to `pull`: ground, where it is pulled high.

    Only a normally closed one is fail-safe: a broken wire trips it. `debounce_ms` is bounded so that 100 ms are kept.
    """

    pin: PinNumber
    contact: Contact = Contact.NORMALLY_CLOSED
    pull: Level = Level.HIGH
    debounce_ms: Annotated[int, Meta(ge=0, le=40)] = 20
    clear_ms: Annotated[int, Meta(ge=0, le=60_000)] = 500


class GpioInput:
    """`GpioFailed` when the pin cannot be read; the guardian takes that for tripped."""

    def __init__(self, settings: Settings) -> None:
        self._pin = InputPin(settings.pin, settings.pull)
        self._bad = settings.pull if settings.contact is Contact.NORMALLY_CLOSED else settings.pull.other
        self._debounced = Debounced(settings.debounce_ms, settings.clear_ms)

    def tripped(self) -> bool:
        """Whether it is tripped now."""
        return self._debounced.see(self._pin.level() is self._bad, monotonic_ms())

    def close(self) -> None:
        """Let go of the pin."""
        self._pin.close()


make = GpioInput
