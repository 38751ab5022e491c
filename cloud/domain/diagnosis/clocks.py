"""Rules about the times that a station tells."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median

from cloud.domain.diagnosis.conversation import Conversation, Exchange, Facts, Finding
from cloud.domain.words import N_

LIVE = ("StatusNotification",)
BILLABLE = ("StartTransaction", "StopTransaction", "MeterValues")
AHEAD_S, BEHIND_S, LATE_S = 120, -120, -600
STEADY_S = 60
ENOUGH = 3


def wrong(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    told = _told(talk, *LIVE, *BILLABLE)
    ahead = [(at, off_s) for at, off_s in told if off_s > AHEAD_S]
    if ahead:
        yield _clock(ahead[0][0], median(off_s for _, off_s in ahead), N_("ahead"))
    elif steadily_s := _behind(told):
        yield _clock(told[0][0], steadily_s, N_("behind"))


def late(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    old = [(at, off_s) for at, off_s in _told(talk, *BILLABLE) if off_s < LATE_S]
    if old and not _behind(_told(talk, *LIVE, *BILLABLE)):
        longest = _span(min(off_s for _, off_s in old))
        what = f"The charger delivered {len(old)} reports late, up to {longest} after they happened: it was offline."
        yield Finding(old[0][0], what, "Nothing is lost; check its network if this goes on.")


def _told(talk: Conversation, *actions: str) -> list[tuple[datetime, float]]:
    """When each report came, and by how many seconds its own time differs from that."""
    return [(each.at, off.total_seconds()) for each in talk.of(*actions) if (off := _off(each)) is not None]


def _behind(told: list[tuple[datetime, float]]) -> float | None:
    """By how many seconds, if all times are behind by about the same."""
    offs = [off_s for _, off_s in told]
    if len(offs) < ENOUGH or max(offs) - min(offs) > STEADY_S or median(offs) > BEHIND_S:
        return None
    return median(offs)


def _clock(at: datetime, off_s: float, which: str) -> Finding:
    what = f"The charger's clock is {_span(off_s)} {which}."
    return Finding(at, what, "Restart it, so that it takes the time from its boot; check its NTP settings.")


def _off(each: Exchange) -> timedelta | None:
    """How far the latest time told is from when it was told."""
    values = each.asked("meterValue")
    texts = [value.get("timestamp") for value in values if isinstance(value, dict)] if isinstance(values, list) else []
    moments = [moment for text in (each.asked("timestamp"), *texts) if (moment := _moment(text))]
    return max(moments) - each.at if moments else None


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _span(seconds: float) -> str:
    minutes = round(abs(seconds) / 60)
    if minutes < 120:
        return N_(f"{minutes} minutes")
    return N_(f"{minutes / 60:.0f} hours") if minutes < 48 * 60 else N_(f"{minutes / 1440:.0f} days")
