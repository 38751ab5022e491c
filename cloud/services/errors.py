"""What a use case refuses an operator; every message says what to do."""


class ServiceError(Exception):
    """Base of everything a use case refuses. `about`: which of the things asked for it is, by its name."""

    def __init__(self, text: str, about: str = "") -> None:
        super().__init__(text)
        self.about = about


class NotFound(ServiceError):
    """Nothing is known under the name or number given."""


class AlreadyThere(ServiceError):
    """Something of that name exists already."""


class NotNow(ServiceError):
    """What was asked does not fit the present state."""


class Malformed(ServiceError):
    """What was asked can never be, whatever the state."""
