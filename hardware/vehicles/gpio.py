"""A plug contact on a GPIO pin, for a connector without control pilot: plugged or not is all it can tell."""

from msgspec import Struct

from hardware.debounce import Debounced, monotonic_ms
from hardware.gpio import Contact, InputPin, Level, PinNumber
from hardware.ports import Vehicle

BOUNCE_MS = 300


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """The contact lies between the pin and the level opposite to `pull`; `contact` is how it lies without a plug.

    With a normally open one a broken wire reads as unplugged, which releases.
    """

    pin: PinNumber
    contact: Contact = Contact.NORMALLY_OPEN
    pull: Level = Level.HIGH


class GpioPlug:
    """A plugged car counts as asking, because nothing tells its wish: with energy offered it takes what it wants.

    So its session stays Charging though its battery be full. `GpioFailed` when the pin cannot be read.
    """

    def __init__(self, settings: Settings) -> None:
        self._pin = InputPin(settings.pin, settings.pull)
        self._plugged = settings.pull if settings.contact is Contact.NORMALLY_CLOSED else settings.pull.other
        self._debounced = Debounced(BOUNCE_MS, BOUNCE_MS)

    async def read(self) -> Vehicle:
        """Asking or absent."""
        plugged = self._debounced.see(self._pin.level() is self._plugged, monotonic_ms())
        return Vehicle.ASKING if plugged else Vehicle.ABSENT

    async def close(self) -> None:
        """Let go of the pin."""
        self._pin.close()


make = GpioPlug
