"""Whether a tag may charge: local list, cache and the rules for being offline (OCPP 1.6 sections 3.4 and 3.5)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Literal

from edge.core.configuration import is_on
from edge.core.state import Held, Session, Station
from edge.core.values import CachedTag, TagInfo, TagStatus

CACHE_SIZE = 500
CARD_DIGITS = (8, 10, 14, 20)
"""Hex digits of a card's number (EM4100 has 10, ISO 14443 the others)."""
HEX = frozenset("0123456789ABCDEF")
ORDERS: tuple[Literal["big"], Literal["little"]] = ("big", "little")
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
    """What the local list, else the cache, says of a tag; the list beats the cache. In the list ConcurrentTx is the
    status of a valid tag, in the cache it is a refusal."""
    tag = folded(id_tag)
    if _is_listed(station, tag):
        listed = station.local_list[tag]
        return replace(listed, status=TagStatus.ACCEPTED) if listed.status is TagStatus.CONCURRENT_TX else listed
    if is_on(station.configuration, "AuthorizationCacheEnabled"):
        return station.cache.get(tag)
    return None


def standing(info: TagInfo, now: datetime | None) -> TagStatus:
    """The status, Expired once its expiry has passed; without a clock nothing expires."""
    expired = info.expires_at is not None and now is not None and info.expires_at <= now
    return TagStatus.EXPIRED if expired and info.status is TagStatus.ACCEPTED else info.status


def is_valid(info: TagInfo, now: datetime | None) -> bool:
    """Accepted and not past its expiry."""
    return standing(info, now) is TagStatus.ACCEPTED


def judge(station: Station, id_tag: str, now: datetime | None, *, online: bool) -> Verdict:
    """Start, ask the central system, or refuse. `online` is False also when an Authorize.req went unanswered."""
    info = known(station, id_tag)
    if not online:
        return _judge_offline(station, info, now)
    if info is not None and is_valid(info, now) and is_on(station.configuration, "LocalPreAuthorize"):
        return Verdict(Next.ALLOW, "this charger knows the card", info)
    return Verdict(Next.ASK, "asking the central system about the card")


def _judge_offline(station: Station, info: TagInfo | None, now: datetime | None) -> Verdict:
    """Who is known to be bad is refused whatever the keys say; without LocalAuthorizeOffline the rest are strangers."""
    if info is not None and not is_valid(info, now):
        return Verdict(Next.REFUSE, "the card was refused earlier, and the central system cannot be reached", info)
    if info is not None and is_on(station.configuration, "LocalAuthorizeOffline"):
        return Verdict(Next.ALLOW, "this charger knows the card; the central system cannot be reached", info)
    if is_on(station.configuration, "AllowOfflineTxForUnknownId"):
        return Verdict(Next.ALLOW, "unknown cards may charge while offline", TagInfo(TagStatus.ACCEPTED))
    if info is not None:
        return Verdict(Next.REFUSE, "the central system cannot be reached, and cards are not accepted offline", info)
    return Verdict(Next.REFUSE, "the central system cannot be reached, and this charger does not know the card")


def cached(station: Station, id_tag: str, info: TagInfo, now: datetime | None) -> Station:
    """The station having learned what the central system says of a tag, good or bad; listed tags are not cached."""
    tag = folded(id_tag)
    if _is_listed(station, tag) or not is_on(station.configuration, "AuthorizationCacheEnabled"):
        return station
    others = {key: value for key, value in station.cache.items() if key != tag}
    latest = max((other.place for other in others.values()), default=0) + 1
    return replace(
        station, cache={**_with_room(others, now), tag: CachedTag(info.status, info.expires_at, info.parent, latest)}
    )


def _is_listed(station: Station, tag: str) -> bool:
    return is_on(station.configuration, "LocalAuthListEnabled") and tag in station.local_list


def _with_room(cache: Mapping[str, CachedTag], now: datetime | None) -> dict[str, CachedTag]:
    """Where it is full, without its oldest entry that is not valid, else without its oldest."""
    if len(cache) < CACHE_SIZE:
        return dict(cache)
    first = min(cache, key=lambda tag: (is_valid(cache[tag], now), cache[tag].place))
    return {tag: info for tag, info in cache.items() if tag != first}


def same_tag(a: str, b: str) -> bool:
    """One tag in two spellings of case."""
    return folded(a) == folded(b)


def alike(station: Station, id_tag: str, now: datetime | None) -> str | None:
    """A valid tag of the list or the cache that is this card in another form: reversed, decimal or hex."""
    numbers = _numbers(id_tag)
    others = (tag for tag in (*station.local_list, *station.cache) if not same_tag(tag, id_tag))
    valid = (tag for tag in others if (info := known(station, tag)) is not None and is_valid(info, now))
    return next((tag for tag in valid if numbers & _numbers(tag)), None)


def _numbers(id_tag: str) -> set[int]:
    """The numbers that a card may have that is written so: hex or decimal, in either order."""
    uids = [bytes.fromhex(id_tag)] if len(id_tag) in CARD_DIGITS and set(folded(id_tag)) <= HEX else []
    if id_tag.isdecimal():
        number = int(id_tag)
        uids += [number.to_bytes(digits // 2, "big") for digits in CARD_DIGITS if number < 16**digits]
    return {int.from_bytes(uid, order) for uid in uids for order in ORDERS}


def shares_parent(claim: Session | Held, info: TagInfo) -> bool:
    """The presented tag belongs to the group that started the session or owns the cable."""
    return claim.parent is not None and info.parent is not None and same_tag(claim.parent, info.parent)


def masked(id_tag: str) -> str:
    """A tag as logs may show it: its last four characters."""
    return "…" + id_tag[-4:] if len(id_tag) > 4 else "…"
