"""Whether a tag may charge: local list, cache and the rules for being offline (OCPP 1.6 sections 3.4 and 3.5)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from edge.core.configuration import is_on
from edge.core.state import Session, Station
from edge.core.values import TagInfo, TagStatus

CACHE_SIZE = 500
UNKNOWN = TagInfo(TagStatus.INVALID)


class Next(Enum):
    """What to do with a presented tag."""

    ALLOW = "allow"
    ASK = "ask"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to a tag, with its reason in one sentence."""

    next: Next
    reason: str
    info: TagInfo = UNKNOWN


def folded(id_tag: str) -> str:
    """Tags compare without case."""
    return id_tag.upper()


def known(station: Station, id_tag: str) -> TagInfo | None:
    """What the local list, else the cache, says of a tag; the list beats the cache."""
    tag = folded(id_tag)
    if is_on(station.configuration, "LocalAuthListEnabled") and tag in station.local_list:
        return station.local_list[tag]
    if is_on(station.configuration, "AuthorizationCacheEnabled"):
        return station.cache.get(tag)
    return None


def is_valid(info: TagInfo, now: datetime | None) -> bool:
    """Accepted and not past its expiry; without a clock nothing expires. ConcurrentTx is a valid tag's status."""
    expired = info.expires_at is not None and now is not None and info.expires_at <= now
    return info.status in (TagStatus.ACCEPTED, TagStatus.CONCURRENT_TX) and not expired


def judge(station: Station, id_tag: str, now: datetime | None, *, online: bool) -> Verdict:
    """Start, ask the central system, or refuse. `online` is False also when an Authorize.req went unanswered."""
    info = known(station, id_tag)
    valid = info is not None and is_valid(info, now)
    if online:
        if info is not None and valid and is_on(station.configuration, "LocalPreAuthorize"):
            return Verdict(Next.ALLOW, "this charger knows the card", info)
        return Verdict(Next.ASK, "asking the central system about the card")
    if info is None:
        if is_on(station.configuration, "AllowOfflineTxForUnknownId"):
            return Verdict(Next.ALLOW, "unknown cards may charge while offline", TagInfo(TagStatus.ACCEPTED))
        return Verdict(Next.REFUSE, "the central system cannot be reached, and this charger does not know the card")
    if not valid:
        return Verdict(Next.REFUSE, "the card was refused earlier, and the central system cannot be reached", info)
    if not is_on(station.configuration, "LocalAuthorizeOffline"):
        return Verdict(Next.REFUSE, "the central system cannot be reached, and cards are not accepted offline", info)
    return Verdict(Next.ALLOW, "this charger knows the card; the central system cannot be reached", info)


def cached(station: Station, id_tag: str, info: TagInfo) -> Station:
    """The station having learned what the central system says of a tag; listed tags are not cached."""
    tag = folded(id_tag)
    if tag in station.local_list or not is_on(station.configuration, "AuthorizationCacheEnabled"):
        return station
    others = {key: value for key, value in station.cache.items() if key != tag}
    return replace(station, cache={**_with_room(others), tag: info})


def _with_room(cache: Mapping[str, TagInfo]) -> dict[str, TagInfo]:
    if len(cache) < CACHE_SIZE:
        return dict(cache)
    invalid_first = sorted(cache, key=lambda tag: cache[tag].status is TagStatus.ACCEPTED)
    return {tag: info for tag, info in cache.items() if tag != invalid_first[0]}


def same_tag(a: str, b: str) -> bool:
    """One tag in two spellings of case."""
    return folded(a) == folded(b)


def shares_parent(session: Session, info: TagInfo) -> bool:
    """The presented tag belongs to the group that started the session."""
    return session.parent is not None and info.parent is not None and same_tag(session.parent, info.parent)


def masked(id_tag: str) -> str:
    """A tag as logs may show it: its last four characters."""
    return "…" + id_tag[-4:] if len(id_tag) > 4 else "…"
