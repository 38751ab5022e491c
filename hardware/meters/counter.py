"""A register of energy that software counts, kept in a file: it never falls by more than `LOST_WH` in a power cut."""

import os
import re
from pathlib import Path

from hardware.errors import BadPartSettings

LOST_WH = 20.0


class Counter:
    """Counts from what the file holds, from 0 when there is none. `BadPartSettings` for one that cannot be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._saved_wh = self.energy_wh = _kept_wh(path)
        try:
            self.save()
        except OSError as error:
            raise BadPartSettings(f"the counter {path} cannot be written: {error.strerror}") from error

    def add(self, energy_wh: float) -> None:
        """Count more; OSError when that cannot be kept."""
        self.energy_wh += energy_wh
        if self.energy_wh - self._saved_wh >= LOST_WH:
            self.save()

    def save(self) -> None:
        """Write the file; OSError."""
        draft = self._path.with_name(self._path.name + ".draft")
        with draft.open("w") as file:
            file.write(f"{self.energy_wh:.3f}\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        self._saved_wh = self.energy_wh


def _kept_wh(path: Path) -> float:
    try:
        text = path.read_text()
    except FileNotFoundError:
        return 0.0
    except (OSError, UnicodeDecodeError) as error:
        raise BadPartSettings(f"the counter {path} cannot be read: {error}") from error
    if not re.fullmatch(r"\d+(\.\d+)?\n", text):
        raise BadPartSettings(f"the counter {path} holds no number of Wh: restore it, or delete it to count from 0")
    return float(text)
