"""A form that cannot be taken as it is: what was typed, and what is wrong with which of its fields."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from cloud.domain.errors import DomainError
from cloud.services.errors import Malformed, NotFound, ServiceError

SHOWN_AGAIN = frozenset({400, 409, 422})


class Refused(Exception):
    """`problems`: a field's name and a sentence about it; under "" what is about no field of its own.

    Raised by an action, nothing of it is kept; returned by one, what it noted (such as a wrong try) is.
    """

    def __init__(self, problems: Mapping[str, str], status: int = 422) -> None:
        super().__init__(*problems.values())
        self.problems, self.status = problems, status


@dataclass(frozen=True)
class Refusal:
    """What was sent to `action`, and why it was not taken."""

    action: str
    typed: FormData
    problems: Mapping[str, str]
    status: int = 422


REFUSING = (Refused, HTTPException, ServiceError, DomainError)


def refusal(error: Exception, action: str, typed: FormData) -> Refusal | None:
    """The refusal that an error of REFUSING means; None for what another try cannot mend, such as a page not there."""
    match error:
        case Refused():
            return Refusal(action, typed, error.problems, error.status)
        case HTTPException(status_code=status) if status in SHOWN_AGAIN:
            return Refusal(action, typed, {"": error.detail}, status)
        case ServiceError(about=about) | DomainError(about=about):
            if isinstance(error, NotFound) and not about:
                return None
            never = isinstance(error, Malformed | NotFound | DomainError)
            return Refusal(action, typed, {about: str(error)}, 422 if never else 409)
    return None
