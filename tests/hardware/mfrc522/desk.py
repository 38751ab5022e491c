"""A reader on a desk without anybody's hurry: hands that hold cards to it, and what it said of each."""

import os
from collections.abc import Iterator
from random import Random

from hardware.errors import ReaderSilent
from hardware.readers.mfrc522 import Chip, Mfrc522
from hardware.readers.polled import RETRY_S, Presence
from tests.hardware.mfrc522.card import Card
from tests.hardware.mfrc522.chip import Chip as Model
from tests.hardware.mfrc522.chip import Clock


class Desk:
    """The driver over the model, in emulated time."""

    def __init__(self, kind: type[Mfrc522] = Mfrc522) -> None:
        self.clock = Clock()
        self.model = Model(lambda: self.clock.now_s, self.clock.sleep)
        self.source = kind(os.devnull, lambda: Chip(self.model, self.clock.sleep))
        self.troubles: list[str] = []
        self._presence = Presence(self.source.misses)

    def round(self) -> list[bytes]:
        """One question, as the reader's thread asks it; the cards that have come."""
        try:
            new = self._presence.arrived(self.source.seen())
        except ReaderSilent as error:
            self.troubles.append(str(error))
            self.clock.sleep(RETRY_S)
            return []
        self.clock.sleep(self.source.pause_s)
        return new

    def rounds(self, number: int) -> list[bytes]:
        """The cards that have come during so many rounds."""
        return [uid for _ in range(number) for uid in self.round()]

    def tap(self, *uids: bytes, rounds: int = 3) -> list[bytes]:
        """Cards are held to it together and taken away; what it said."""
        self.model.field = [Card(uid) for uid in uids]
        said = self.rounds(rounds)
        self.model.field = []
        return said + self.rounds(self.source.misses)


def mixed_uids(random: Random) -> Iterator[bytes]:
    """UIDs of 4, 7 and 10 bytes, many of which are nearly those of others."""
    maker = b"\x04" + random.randbytes(2)
    while True:
        length = random.choice((4, 7, 10))
        uid = maker + random.randbytes(length - 3) if random.random() < 0.5 else random.randbytes(length)
        if uid[0] != 0x88 and (length < 10 or uid[3] != 0x88):
            yield uid
