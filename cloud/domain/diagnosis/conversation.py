"""Messages put in order: each call with what came back, and what the rules of the diagnosis may know besides."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from cloud.domain.messages import Direction, Kind, Message
from cloud.domain.views import SessionRow

Payload = Mapping[str, Any]

_ENDS = (Kind.RESULT, Kind.ERROR, Kind.SILENCE)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call and its end, if there was one; a payload that cannot be read any more is None."""

    call: Message
    request: Payload | None
    end: Message | None = None
    answer: Payload | None = None

    @property
    def at(self) -> datetime:
        return self.call.at

    @property
    def action(self) -> str:
        return self.call.action

    @property
    def outcome(self) -> str:
        return self.end.outcome if self.end else ""

    def asked(self, name: str) -> Any:
        return (self.request or {}).get(name)

    def answered(self, name: str) -> Any:
        return (self.answer or {}).get(name)

    @property
    def tag_status(self) -> str | None:
        """What the station was told of a tag."""
        info = self.answered("idTagInfo")
        return str(info.get("status")) if isinstance(info, dict) else None


@dataclass(frozen=True, slots=True)
class Conversation:
    """Calls of the station (`heard`) and ours (`asked`), and the messages that are neither calls nor answers."""

    heard: list[Exchange] = field(default_factory=list)
    asked: list[Exchange] = field(default_factory=list)
    others: list[Message] = field(default_factory=list)

    def of(self, *actions: str) -> list[Exchange]:
        """What the station called, of these actions."""
        return [each for each in self.heard if each.action in actions]

    def kind(self, kind: Kind) -> list[Message]:
        return [each for each in self.others if each.kind is kind]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database knows: whose session a transaction id is, the station's open sessions, who may not charge.

    `refusals`: why a tag would be refused there by now, by idTag.
    """

    identity: str
    owners: Mapping[str, str]
    running: tuple[SessionRow, ...] = ()
    refusals: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, since when, and what to do about it."""

    at: datetime
    what: str
    do: str


def conversation(messages: Iterable[Message]) -> Conversation:
    """Message ids repeat with some stations: an answer belongs to the latest open call of its id."""
    talk = Conversation()
    waiting: dict[tuple[Direction, str], tuple[list[Exchange], int]] = {}
    for message in messages:
        if message.kind is Kind.CALL:
            told = talk.heard if message.direction is Direction.IN else talk.asked
            waiting[message.direction, message.message_id] = (told, len(told))
            told.append(Exchange(message, payload(message)))
        elif message.kind in _ENDS and (key := (_other(message.direction), message.message_id)) in waiting:
            told, place = waiting.pop(key)
            told[place] = replace(told[place], end=message, answer=payload(message))
        else:
            talk.others.append(message)
    return talk


def payload(message: Message) -> Payload | None:
    try:
        read = json.loads(message.text or "{}")
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def transaction_ids(talk: Conversation) -> list[str]:
    """Every transaction id that the station named."""
    return sorted({str(id) for each in talk.heard if (id := each.asked("transactionId")) is not None})


def crowd(moments: Sequence[datetime], within: timedelta) -> int:
    """How many of these moments, which are in order, at most fall into one stretch of time."""
    most = first = 0
    for last, moment in enumerate(moments):
        while moment - moments[first] > within:
            first += 1
        most = max(most, last - first + 1)
    return most


def _other(direction: Direction) -> Direction:
    return Direction.OUT if direction is Direction.IN else Direction.IN
