"""What the rules refuse; every message says what to do about it."""


class DomainError(Exception):
    """Something asked for cannot be, by the rules of charging and billing. `about`: what of it, by its name."""

    def __init__(self, text: str, about: str = "") -> None:
        super().__init__(text)
        self.about = about


class UnknownCurrency(DomainError):
    """A currency code that ISO 4217 does not have, or that has no usable minor unit."""


class BadTariff(DomainError):
    """A tariff that cannot price anything."""


class BadCorrection(DomainError):
    """Figures that no session can have, or a correction without a reason."""


class BadMonth(DomainError):
    """Text that names no month."""


class BadAnswer(DomainError):
    """What was typed into a field of a command cannot be sent."""
