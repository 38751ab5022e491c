"""What a guardian reports, and how one line of text says it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Engaged:
    """The contactor of this connector was engaged."""

    connector: int


@dataclass(frozen=True, slots=True)
class Released:
    """The contactor was released, or stays so.

    why: asked, lease, disconnected, stopped (the guardian ends), failed (the contactor did not obey),
    unknown (no such connector) or trip:NAME.
    """

    connector: int
    why: str


@dataclass(frozen=True, slots=True)
class Tripped:
    """This trip input tripped; nothing engages until it clears.

    why: active, or unread (it cannot be read; `said` is then the sentence that tells what to check).
    """

    name: str
    why: str = "active"
    said: str = ""


@dataclass(frozen=True, slots=True)
class Cleared:
    """This trip input is well again."""

    name: str


@dataclass(frozen=True, slots=True)
class Disobeyed:
    """The main contacts lie otherwise than told, says the feedback contact: `contacts` is open or closed (welded)."""

    connector: int
    contacts: str


@dataclass(frozen=True, slots=True)
class Obeyed:
    """The main contacts lie as told again."""

    connector: int


GuardianEvent = Engaged | Released | Tripped | Cleared | Disobeyed | Obeyed

# The first line to every agent: from here on this guardian serves it, and no other.
WELCOME = b"welcome\n"

_WORDS: dict[str, Callable[..., GuardianEvent]] = {
    "engaged": lambda connector: Engaged(int(connector)),
    "released": lambda connector, why: Released(int(connector), why),
    "tripped": Tripped,
    "cleared": Cleared,
    "disobeyed": lambda connector, contacts: Disobeyed(int(connector), contacts),
    "obeyed": lambda connector: Obeyed(int(connector)),
}


def encode(event: GuardianEvent) -> bytes:
    """One line of text, for example `released 1 lease`."""
    words = [type(event).__name__.lower(), *(str(getattr(event, name)) for name in event.__slots__)]
    return " ".join(words).rstrip().encode() + b"\n"


def decode(line: bytes) -> GuardianEvent:
    """The event of one line; ValueError, KeyError or TypeError for anything else."""
    word, *rest = line.decode().split(maxsplit=3)
    return _WORDS[word](*rest)
