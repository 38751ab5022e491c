"""The instants at which values are taken: whole intervals after a start, or since midnight UTC."""

from datetime import datetime, timedelta

from edge.core.values import Moment

MILLISECOND = timedelta(milliseconds=1)
DAY = timedelta(days=1)


def grid_instant(origin: Moment, interval_ms: int, at: Moment) -> Moment:
    """The latest instant, up to `at`, of a grid that began at `origin` in the same boot."""
    return at.moved_to(at.mono_ms - (at.mono_ms - origin.mono_ms) % interval_ms)


def clock_instant(interval_s: int, at: Moment) -> Moment | None:
    """The latest whole interval since 00:00:00 UTC, up to `at`; None while the time is not known."""
    if at.wall is None:
        return None
    late = (at.wall - _midnight(at.wall)) % timedelta(seconds=interval_s)
    return Moment(at.boot_id, at.mono_ms - late // MILLISECOND, at.wall - late)


def next_clock_ms(interval_s: int, at: Moment) -> int | None:
    """The monotonic time of the next instant of the clock, None while the time is not known; midnight is always one."""
    if at.wall is None:
        return None
    midnight, interval = _midnight(at.wall), timedelta(seconds=interval_s)
    following = midnight + ((at.wall - midnight) // interval + 1) * interval
    return at.mono_ms - (at.wall - min(following, midnight + DAY)) // MILLISECOND


def _midnight(wall: datetime) -> datetime:
    return wall.replace(hour=0, minute=0, second=0, microsecond=0)
