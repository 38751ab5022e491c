"""Whether a station's clock can be believed."""

from datetime import UTC, datetime, timedelta

from cloud.domain import reasons

LONGEST_OFFLINE = timedelta(days=366)
FARTHEST_AHEAD = timedelta(days=1)


def in_utc(at: datetime | None) -> datetime | None:
    """The same instant in UTC; None for the few at the ends of the calendar that have no such."""
    try:
        return at and at.astimezone(UTC)
    except OverflowError:
        return None


def believable(reported: datetime, received: datetime) -> bool:
    """A report may be as old as a long time offline, and as far ahead as a wrong time zone."""
    return received - LONGEST_OFFLINE <= reported <= received + FARTHEST_AHEAD


def dated(what: str, reported: datetime | None, received: datetime) -> tuple[datetime, tuple[str, ...]]:
    """When `what` happened as far as we can tell, and the doubt if that is only the time of receipt."""
    if reported is None:
        return received, (reasons.unreadable_time(what),)
    if not believable(reported, received):
        shown = f"{reported.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        return received, (reasons.unbelievable_time(what, shown),)
    return reported, ()
