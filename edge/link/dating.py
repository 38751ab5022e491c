"""When something happened, for facts that were noted before the clock was known to be good."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from edge.core.values import Moment


def dated(moment: Moment, now: Moment, later: Iterable[Moment] = ()) -> datetime | None:
    """The wall time of `moment`, None while it cannot be known. `later` are the moments of the facts that follow it.

    Within one boot the monotonic clock tells the distance to any dated moment. A boot that never had a good clock ended
    before the next one began: its last known moment is put there, which keeps the distances within that boot right.
    """
    if moment.wall is not None:
        return moment.wall
    known = [other for other in (*later, now) if other.wall is not None]
    for other in known:
        if other.boot_id == moment.boot_id:
            return _wall(other) - _apart(moment, other)
    same_boot = [moment, *(other for other in later if other.boot_id == moment.boot_id)]
    last = max(same_boot, key=lambda other: other.mono_ms)
    next_boots = [_wall(other) - timedelta(milliseconds=other.mono_ms) for other in known]
    return min(next_boots) - _apart(moment, last) if next_boots else None


def is_estimate(moment: Moment, now: Moment, later: Iterable[Moment] = ()) -> bool:
    """Whether `dated` could only bound the moment by its neighbours."""
    known = {other.boot_id for other in (*later, now) if other.wall is not None}
    return moment.wall is None and moment.boot_id not in known


def _wall(moment: Moment) -> datetime:
    assert moment.wall is not None
    return moment.wall


def _apart(earlier: Moment, later: Moment) -> timedelta:
    return timedelta(milliseconds=later.mono_ms - earlier.mono_ms)
