"""What a session used: energy over time, when the car did not ask for it, and when the plug was pulled."""

from dataclasses import dataclass
from datetime import datetime

Interval = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Usage:
    """A session as the tariff sees it, so far or to its end; all times are aware.

    `energy_wh` was delivered from `started_at` to `ended_at` (the stop's time, or now). `readings` tell how much of
    it had been delivered when; between them it is interpolated, in whatever order they come. `idle` are the
    intervals in which the car asked for no energy (SuspendedEV, not SuspendedEVSE); whatever lies between `ended_at`
    and `unplugged_at` is idle too. Where parking has no price, the session is over at `ended_at`.
    """

    energy_wh: int
    started_at: datetime
    ended_at: datetime
    readings: tuple[tuple[datetime, int], ...] = ()
    idle: tuple[Interval, ...] = ()
    unplugged_at: datetime | None = None
