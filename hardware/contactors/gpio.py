"""A contactor behind a relay on a GPIO pin, with an optional feedback contact (mirror contact, IEC 60947-4-1)."""

from msgspec import Struct

from hardware.errors import BadPartSettings
from hardware.gpio import Contact, InputPin, Level, OutputPin, PinNumber, floats_to


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """`active` is the level that engages.

    The pin must float to the other one, or be `pulled` there by a resistor outside: until the guardian runs nobody
    drives it. An auxiliary contact lies between `feedback_pin` and ground.
    """

    pin: PinNumber
    active: Level = Level.HIGH
    pulled: bool = False
    feedback_pin: PinNumber | None = None
    feedback_contact: Contact = Contact.NORMALLY_CLOSED


class GpioContactor:
    """Made released; `GpioFailed` when a pin does not obey."""

    def __init__(self, settings: Settings) -> None:
        _check(settings)
        self._active = settings.active
        self._coil = OutputPin(settings.pin, self._active.other)
        pin = settings.feedback_pin
        self._auxiliary = None if pin is None else InputPin(pin, Level.HIGH)
        self._conducting = Level.HIGH if settings.feedback_contact is Contact.NORMALLY_CLOSED else Level.LOW

    def engage(self) -> None:
        """Drive the coil."""
        self._coil.drive(self._active)

    def release(self) -> None:
        """Drive it no longer."""
        self._coil.drive(self._active.other)

    def feedback(self) -> bool | None:
        """Whether the main contacts conduct, says the auxiliary contact; so does a broken wire to a mirror contact."""
        return None if self._auxiliary is None else self._auxiliary.level() is self._conducting

    def close(self) -> None:
        """Release for good; the pin stays driven to released."""
        self.release()
        self._coil.close()
        if self._auxiliary is not None:
            self._auxiliary.close()


def _check(settings: Settings) -> None:
    if not settings.pulled and floats_to(settings.pin) is settings.active:
        better = "GPIO9 to 27" if settings.active is Level.HIGH else "GPIO0 to 8"
        raise BadPartSettings(
            f"GPIO{settings.pin} floats {settings.active} until the guardian runs, which would engage this contactor: "
            f"choose one of {better}, or add a resistor that holds it released and say pulled = true"
        )


make = GpioContactor
