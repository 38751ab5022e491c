"""A station's configuration keys (OCPP 1.6 section 9), compared without case."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One key as the station told it at `read_at`; `value` is None when it told none."""

    key: str
    value: str | None
    readonly: bool
    read_at: datetime
