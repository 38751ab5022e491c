"""People who sign in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class User:
    """Someone who may sign in."""

    id: int
    name: str
    organisation_id: int


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A valid sign-in: who, and the CSRF token that forms of this sign-in must carry."""

    user: User
    csrf: str
