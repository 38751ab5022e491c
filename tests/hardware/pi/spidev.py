"""Stands in for the package spidev in a process under test: an MFRC522, and the card whose number a file holds."""

import os
from pathlib import Path
from time import monotonic

from tests.hardware.mfrc522.card import Card
from tests.hardware.mfrc522.chip import Chip

CARD = Path(os.environ["CARD_FILE"])


class SpiDev:
    """What is used of it."""

    max_speed_hz = 0

    def __init__(self) -> None:
        self._chip = Chip(monotonic)
        self._held = ""

    def open(self, bus: int, device: int) -> None:
        """The device file."""

    def close(self) -> None:
        """Give it back."""

    def xfer2(self, data: list[int]) -> list[int]:
        """One transfer; the card may have come or gone since the last one."""
        held = CARD.read_text() if CARD.exists() else ""
        if held != self._held:
            self._held = held
            self._chip.field = [Card(bytes.fromhex(held))] if held else []
        return self._chip.xfer2(data)
