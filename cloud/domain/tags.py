"""Tags (idTags): what a charge point is told about one (OCPP 1.6 sections 4 and 5; our reference 4.6)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum


class TagStatus(StrEnum):
    """AuthorizationStatus of OCPP 1.6, spelt as on the wire."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    CONCURRENT_TX = "ConcurrentTx"


class TagState(StrEnum):
    """What a tag is worth at a moment, before anybody asks where; as people say it."""

    GOOD = "may charge"
    BLOCKED = "blocked"
    EXPIRED = "expired"
    NOT_YET = "not valid yet"


NEVER_VALID = "the day from which it is not valid any more must come after the first day of its validity"
NO_TARIFF = "no tariff applies to it here; `assign-tariff` gives one, which may be free"


@dataclass(frozen=True, slots=True)
class TagGroup:
    """Drivers who charge on the same terms. `most_sessions` of its tags together run at once, None: any number.

    `sites` are those it may charge at, none: everywhere; outside its validity none of its tags may charge.
    """

    id: int
    name: str
    tariff_id: int | None = None
    valid_from: datetime | None = None
    expires_at: datetime | None = None
    most_sessions: int | None = None
    sites: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag the operator knows. `parent` is a group key, compared only with other parents; an account pays for it.

    `payer`: the account's name, where all tags are listed.
    """

    id: int
    id_tag: str
    parent: str | None = None
    expires_at: datetime | None = None
    blocked: bool = False
    note: str = ""
    account_id: int | None = None
    valid_from: datetime | None = None
    group: TagGroup | None = None
    tariff_id: int | None = None
    most_sessions: int = 1
    payer: str | None = field(default=None, compare=False)

    @property
    def begins(self) -> datetime | None:
        """From when on it may charge: it and its group."""
        return latest(self.valid_from, self.group.valid_from if self.group else None)

    @property
    def ends(self) -> datetime | None:
        """Until when it may charge: it and its group."""
        return earliest(self.expires_at, self.group.expires_at if self.group else None)


@dataclass(frozen=True, slots=True)
class Here:
    """Where a tag is held to a reader: the site, and the tariffs of the connectors there, of the station and the site.

    `in_force` are the ids of the tariffs that have a version in force, each with that version's id.
    """

    site_id: int
    tariffs: tuple[int, ...]
    in_force: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class TagVerdict:
    """idTagInfo: what the station is told; `why` a tag is refused is for people."""

    status: TagStatus
    expires_at: datetime | None = None
    parent: str | None = None
    why: str = ""

    @property
    def accepted(self) -> bool:
        return self.status is TagStatus.ACCEPTED

    @property
    def unknown(self) -> bool:
        return self.status is TagStatus.INVALID


@dataclass(frozen=True, slots=True)
class UnknownTap:
    """A tag that nobody knows and where it was held to a reader, how often and when; `station` is an identity."""

    id: int
    id_tag: str
    station: str
    site: str
    first_at: datetime
    last_at: datetime
    count: int


def latest(*moments: datetime | None) -> datetime | None:
    """The last of those that are there."""
    return max((at for at in moments if at is not None), default=None)


def earliest(*moments: datetime | None) -> datetime | None:
    """The first of those that are there."""
    return min((at for at in moments if at is not None), default=None)


def never_valid(begins: datetime | None, ends: datetime | None) -> bool:
    """Whether no moment lies in a validity, of which either end may be open."""
    return begins is not None and ends is not None and ends <= begins


def state(blocked: bool, begins: datetime | None, ends: datetime | None, now: datetime) -> TagState:
    """What a tag with this validity, its own and its group's, is worth now."""
    if blocked:
        return TagState.BLOCKED
    if ends is not None and ends <= now:
        return TagState.EXPIRED
    return TagState.NOT_YET if begins is not None and begins > now else TagState.GOOD


def tag_key(id_tag: str) -> str:
    """What two spellings of one tag share: idTags compare without case."""
    return id_tag.upper()


def masked(id_tag: str) -> str:
    """The tag as a log may show it: enough to recognise, too little to copy."""
    return id_tag[: min(4, len(id_tag) // 2)] + "****"


def named(id_tag: str, name: str | None) -> str:
    """`Ada's van (04A2****)`, or the masked tag alone where it has no name."""
    return f"{name} ({masked(id_tag)})" if name else masked(id_tag)


def same_group(one: Tag | None, other: Tag | None) -> bool:
    """Whether two known tags have the same parent; a tag that is spelt like a parent is no such tag."""
    parents = {tag_key(tag.parent) if tag and tag.parent else None for tag in (one, other)}
    return len(parents) == 1 and None not in parents


def tariff_version(tag: Tag | None, here: Here) -> int | None:
    """The tariff version that prices a session: the first in force of tag, group, connector, station and site."""
    own = (tag.tariff_id, tag.group and tag.group.tariff_id) if tag else ()
    return next((here.in_force[id] for id in (*own, *here.tariffs) if id in here.in_force), None)


def verdict(tag: Tag | None, now: datetime, here: Here | None = None) -> TagVerdict:
    """Authorize's answer; without a place what is known of the tag by itself, StopTransaction's answer."""
    if tag is None:
        return TagVerdict(TagStatus.INVALID, why="nobody knows the tag")
    status, why = next(_objections(tag, now, here), (TagStatus.ACCEPTED, ""))
    return TagVerdict(status, tag.ends, tag.parent, why)


def refused(own: TagVerdict, why: str | None, status: TagStatus = TagStatus.BLOCKED) -> TagVerdict:
    """The tag is right, but may not charge now: its account lacks money, or it charges elsewhere (ConcurrentTx)."""
    return replace(own, status=status, why=why) if own.accepted and why else own


def too_many(running: int, most: int | None, whose: str) -> str | None:
    """Why no further session may begin beside those that run; None if one may."""
    if most is None or running < most:
        return None
    if running == 1:
        return f"1 session of {whose} runs already, the most at once"
    return f"{running} sessions of {whose} run already, the most at once"


_WHY = {
    TagState.BLOCKED: (TagStatus.BLOCKED, "the tag is blocked"),
    TagState.EXPIRED: (TagStatus.EXPIRED, "the tag had expired"),
    TagState.NOT_YET: (TagStatus.BLOCKED, "the tag is not valid yet"),
}


def _objections(tag: Tag, now: datetime, here: Here | None) -> Iterator[tuple[TagStatus, str]]:
    """Why it may not charge; the first is told."""
    own = state(tag.blocked, tag.begins, tag.ends, now)
    if own in _WHY:
        yield _WHY[own]
    if here and tag.group and tag.group.sites and here.site_id not in tag.group.sites:
        yield TagStatus.BLOCKED, f"its group {tag.group.name} may not charge at this site"
    if here and tariff_version(tag, here) is None:
        yield TagStatus.BLOCKED, NO_TARIFF
