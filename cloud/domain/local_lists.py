"""Local authorization lists (OCPP 1.6 section 3.5): what a station should hold, and the next message towards it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from cloud.domain.tags import Here, Tag, TagVerdict, verdict

Payload = Mapping[str, Any]
Entries = Mapping[str, Mapping[str, str]]  # idTag -> idTagInfo

FULL, DIFFERENTIAL = "Full", "Differential"


class Stage(StrEnum):
    """What is to be asked next: the station's limits, the version that it holds, or to take changes."""

    CONFIGURE = "configure"
    CHECK = "check"
    SEND = "send"


@dataclass(frozen=True, slots=True)
class LocalList:
    """One station's list.

    `version`: the last that it accepted; `asked`: the highest it was ever sent; `held`: what it holds as far as is
    known, None if unknown; `revision`: the state of the tags that it is in step with; `fulls`: full lists sent since
    it was in step; `left_out`: tags that found no place; `trouble`: why it waits until `retry_at`, in words.
    """

    station_id: int
    kept: bool = False
    stage: Stage = Stage.CONFIGURE
    version: int = 0
    asked: int = 0
    held: Entries | None = None
    revision: int | None = None
    command_id: int | None = None
    fulls: int = 0
    left_out: int = 0
    trouble: str | None = None
    retry_at: datetime | None = None


def fitting(
    tags: Iterable[Tag], now: datetime, here: Here, most: int | None
) -> tuple[list[tuple[Tag, TagVerdict]], int]:
    """The tags that a station with room for `most` should know, each with its verdict, and how many are left out.

    Those that may charge there come first, then those that may not; of either the newest. One that is not valid yet
    is none of them: the station asks for it.
    """
    judged = [(tag, verdict(tag, now, here)) for tag in tags if tag.begins is None or tag.begins <= now]
    ranked = sorted(judged, key=lambda each: (not each[1].accepted, -each[0].id))
    chosen = ranked if most is None else ranked[:most]
    return chosen, len(ranked) - len(chosen)


def next_message(wanted: Entries, held: Entries | None, version: int, per_message: int) -> Payload | None:
    """SendLocalList's payload; None when the station holds what it should.

    What goes comes before what is new, so that the list never outgrows the station. A list too long for one message
    begins with a full one; the rest follows as differences.
    """
    if held is None:
        return _message(version, FULL, [_entry(tag, wanted) for tag in wanted], per_message)
    gone = [tag for tag in held if tag not in wanted]
    changed = [tag for tag, info in wanted.items() if held.get(tag) != info]
    if not gone and not changed:
        return None
    return _message(version, DIFFERENTIAL, [_entry(tag, wanted) for tag in (*gone, *changed)], per_message)


def applied(held: Entries | None, message: Payload) -> Entries | None:
    """What a station holds after it accepted a message; None if that cannot be known."""
    if message["updateType"] == FULL:
        held = {}
    if held is None:
        return None
    entries = {entry["idTag"]: entry.get("idTagInfo") for entry in message.get("localAuthorizationList", [])}
    after = {**held, **entries}
    return {tag: info for tag, info in after.items() if info is not None}


def same_version(known: LocalList, told: int) -> bool:
    """Whether the station holds what we think: an empty list is version 0, whatever it was sent as."""
    if known.held is None:
        return False
    return told == (known.version if known.held else 0)


def _message(version: int, update: str, entries: list[dict[str, Any]], per_message: int) -> Payload:
    return {"listVersion": version, "updateType": update, "localAuthorizationList": entries[:per_message]}


def _entry(tag: str, wanted: Entries) -> dict[str, Any]:
    return {"idTag": tag, "idTagInfo": wanted[tag]} if tag in wanted else {"idTag": tag}
