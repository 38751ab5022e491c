"""The agent's clock: monotonic always; wall time only once somebody trustworthy has told it."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.core.values import Moment

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
SYNCHRONISED = Path("/run/systemd/timesync/synchronized")


class SystemClock:
    """Believes the system's clock while systemd-timesyncd has set it, and the central system from its first word on."""

    def __init__(self) -> None:
        self._boot_id = BOOT_ID.read_text().strip()
        self._wall_at_zero: datetime | None = None

    def now(self) -> Moment:
        """This moment."""
        mono_ms = time.monotonic_ns() // 1_000_000
        return Moment(self._boot_id, mono_ms, self._wall(mono_ms))

    def heard(self, wall: datetime) -> None:
        """The central system's time (BootNotification.conf, Heartbeat.conf)."""
        self._wall_at_zero = wall - timedelta(milliseconds=time.monotonic_ns() // 1_000_000)

    def _wall(self, mono_ms: int) -> datetime | None:
        if self._wall_at_zero is not None:
            return self._wall_at_zero + timedelta(milliseconds=mono_ms)
        return datetime.now(UTC) if SYNCHRONISED.exists() else None
