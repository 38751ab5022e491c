"""A reader that says each card's number: it is gathered until it is whole, and nothing torn is believed."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable

LONGEST = 256
TORN = b"\0"
"""Stands before what has lost its beginning; no number has such a byte."""

Cut = Callable[[bytes], tuple[list[bytes], bytes]]
"""What was heard -> the card numbers in it, and what may be the beginning of another."""


class Heard(ABC):
    """Numbers as `cut` finds them in what is heard, but for those that may have been cut off: when it was opened, or by
    a pause. `begun` is None until it is known that nobody is in the middle of a number."""

    pause_s = 0.05
    misses = 20

    def __init__(self, cut: Cut) -> None:
        self._cut = cut
        self._begun: bytes | None = None

    @abstractmethod
    def read(self) -> bytes:
        """What was said since the last question; `ReaderSilent` while it cannot be heard."""

    def seen(self) -> Iterable[bytes]:
        """The numbers heard since the last question; `ReaderSilent`."""
        heard = self.read()
        if not heard:
            self._begun = TORN if self._begun else b""
            return ()
        numbers, begun = self._cut((TORN if self._begun is None else self._begun) + heard)
        self._begun = begun if len(begun) < LONGEST else TORN
        return numbers

    def close(self) -> None:
        """What had begun is torn."""
        self._begun = None
