"""Tags (idTags): what a charge point is told about one (OCPP 1.6 sections 4 and 5; our reference 4.6)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TagStatus(StrEnum):
    """AuthorizationStatus of OCPP 1.6, spelt as on the wire."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    CONCURRENT_TX = "ConcurrentTx"


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag the operator knows. `parent` is a group key, compared only with other parents; an account pays for it."""

    id: int
    id_tag: str
    parent: str | None = None
    expires_at: datetime | None = None
    blocked: bool = False
    note: str = ""
    account_id: int | None = None


@dataclass(frozen=True, slots=True)
class TagVerdict:
    """idTagInfo: what the station is told."""

    status: TagStatus
    expires_at: datetime | None = None
    parent: str | None = None

    @property
    def accepted(self) -> bool:
        return self.status is TagStatus.ACCEPTED


def tag_key(id_tag: str) -> str:
    """What two spellings of one tag share: idTags compare without case."""
    return id_tag.upper()


def masked(id_tag: str) -> str:
    """The tag as a log may show it: enough to recognise, too little to copy."""
    return id_tag[: min(4, len(id_tag) // 2)] + "****"


def same_group(one: Tag | None, other: Tag | None) -> bool:
    """Whether two known tags have the same parent; a tag that is spelt like a parent is no such tag."""
    parents = {tag_key(tag.parent) if tag and tag.parent else None for tag in (one, other)}
    return len(parents) == 1 and None not in parents


def verdict(tag: Tag | None, now: datetime) -> TagVerdict:
    """What is known of the tag by itself: Authorize's answer, and StopTransaction's."""
    if tag is None:
        return TagVerdict(TagStatus.INVALID)
    return TagVerdict(_status(tag, now), tag.expires_at, tag.parent)


def start_verdict(tag: Tag | None, now: datetime, *, busy: bool, replay: bool) -> TagVerdict:
    """StartTransaction's answer: ConcurrentTx when the tag charges elsewhere, but never for a retry."""
    own = verdict(tag, now)
    if own.accepted and busy and not replay:
        return TagVerdict(TagStatus.CONCURRENT_TX, own.expires_at, own.parent)
    return own


def refused(own: TagVerdict) -> TagVerdict:
    """The tag is right, but may not charge now: its account lacks money, say."""
    return TagVerdict(TagStatus.BLOCKED, own.expires_at, own.parent)


def _status(tag: Tag, now: datetime) -> TagStatus:
    if tag.blocked:
        return TagStatus.BLOCKED
    if tag.expires_at is not None and tag.expires_at <= now:
        return TagStatus.EXPIRED
    return TagStatus.ACCEPTED
