"""The agent's clock: monotonic always; wall time only once somebody trustworthy has told it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.core.values import WRITTEN, Moment, is_believable

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
STEADY = timedelta(seconds=2)


def _boot_id() -> str:
    return BOOT_ID.read_text().strip()


def _mono_ms() -> int:
    return time.monotonic_ns() // 1_000_000


def _system() -> datetime:
    return datetime.now(UTC)


class SystemClock:
    """Wall time is the monotonic clock plus one offset, so that it never jumps by itself.

    The offset comes from the system's clock once systemd-timesyncd has set it; from the central system whenever it says
    anything else by `STEADY` or more, since it is its bills that are dated; else from `assumed`.
    """

    def __init__(
        self,
        boot_id: Callable[[], str] = _boot_id,
        mono_ms: Callable[[], int] = _mono_ms,
        system: Callable[[], datetime] = _system,
        synchronised: Callable[[], bool] = SYNCHRONISED.exists,
    ) -> None:
        self._boot_id = boot_id()
        self._mono_ms = mono_ms
        self._system = system
        self._synchronised = synchronised
        self._at_zero: datetime | None = None
        self._known = False

    @property
    def known(self) -> bool:
        """Whether somebody trustworthy has told the time."""
        return self._known

    def now(self) -> Moment:
        """This moment."""
        mono_ms = self._mono_ms()
        if not self._known and self._synchronised() and is_believable(wall := self._system()):
            self._set(wall, mono_ms)
        return self._moment(mono_ms)

    def heard(self, wall: datetime) -> timedelta | None:
        """The central system's time (BootNotification.conf, Heartbeat.conf); returns by how much the clock was moved,
        None if it was only set or is steady: small differences are the network's."""
        now = self.now()
        moved = None if now.wall is None else wall - now.wall
        if self._known and moved is not None and abs(moved) < STEADY:
            return None
        self._set(wall, now.mono_ms)
        return moved

    def assumed(self) -> Moment:
        """This moment where nobody knows the time: from now on the best lower bound there is counts as it."""
        mono_ms = self._mono_ms()
        if self._at_zero is None:
            before = self._system() - timedelta(milliseconds=mono_ms)
            self._at_zero = before if is_believable(before) else WRITTEN
        return self._moment(mono_ms)

    def _set(self, wall: datetime, mono_ms: int) -> None:
        self._at_zero = wall - timedelta(milliseconds=mono_ms)
        self._known = True

    def _moment(self, mono_ms: int) -> Moment:
        wall = None if self._at_zero is None else self._at_zero + timedelta(milliseconds=mono_ms)
        return Moment(self._boot_id, mono_ms, wall)
