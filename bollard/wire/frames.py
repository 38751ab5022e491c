"""The three frames of OCPP-J as values, read strictly and written compactly."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from bollard.wire.errors import ErrorCode, Malformed

DEEPEST = 16
LONGEST_TEXT = 255
AGAIN = " (again)"

MessageId = str | int  # OCPP says text; charge points in the field also count, and get their number back as it was


@dataclass(frozen=True, slots=True)
class Call:
    """A request (message type 2)."""

    message_id: MessageId
    action: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to a Call (message type 3)."""

    message_id: MessageId
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Error:
    """The refusal of a Call (message type 4); `code` as it was spelt by its sender."""

    message_id: MessageId
    code: str
    text: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


Frame = Call | Result | Error


def encode(frame: Frame) -> str:
    """One text frame; the text of an Error is cut to the 255 characters that OCPP allows."""
    match frame:
        case Call(message_id, action, payload):
            parts: list[Any] = [2, message_id, action, payload]
        case Result(message_id, payload):
            parts = [3, message_id, payload]
        case Error(message_id, code, text, details):
            parts = [4, message_id, code, text[:LONGEST_TEXT], details]
    return msgspec.json.encode(parts).decode()


def decode(text: str | bytes) -> Frame:
    """Read one frame; raises Malformed for everything else, with the message id of a Call that can be refused."""
    match _parse(text):
        case [2, str() | int() as message_id, *rest] if not isinstance(message_id, bool):
            return _call(message_id, rest)
        case [3, str() | int() as message_id, dict() | None as payload]:
            return Result(message_id, payload or {})
        case [4, str() | int() as message_id, str(code), *rest]:
            return _error(message_id, code, rest)
        case [int(kind), *_] if kind not in (2, 3, 4):
            raise Malformed(f"message type {kind} is unknown")
        case _:
            raise Malformed("this is no OCPP-J frame")


def _call(message_id: MessageId, rest: list[Any]) -> Call:
    match rest:
        case [str(action), dict() | None as payload]:
            return Call(message_id, action, payload or {})
        case [str()]:
            raise Malformed("the call has no payload", message_id, ErrorCode.PROTOCOL_ERROR)
        case [str(), _]:
            raise Malformed("the payload is not an object", message_id, ErrorCode.TYPE_CONSTRAINT_VIOLATION)
        case _:
            raise Malformed("a call is [2, id, action, {payload}]", message_id)


def _error(message_id: MessageId, code: str, rest: list[Any]) -> Error:
    text, details = [*rest, None, None][:2]
    return Error(
        message_id,
        code,
        text if isinstance(text, str) else "",
        details if isinstance(details, dict) else {},
    )


def _parse(text: str | bytes) -> Any:
    try:
        msgspec.json.decode(text)  # the stricter reader, which however keeps one of two equal keys only
        value = _KEEPING.decode(text if isinstance(text, str) else text.decode())
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Malformed(f"not readable as JSON: {error}") from error
    if _is_deep(text, value):
        raise Malformed(f"nested deeper than {DEEPEST} levels")
    return value


def _kept(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object with all it said: a key that comes again is one more key, which no schema knows."""
    kept: dict[str, Any] = {}
    for key, value in pairs:
        while key in kept:
            key += AGAIN
        kept[key] = value
    return kept


_KEEPING = json.JSONDecoder(object_pairs_hook=_kept)


def _is_deep(text: str | bytes, value: Any) -> bool:
    brackets = text.count("[") + text.count("{") if isinstance(text, str) else text.count(b"[") + text.count(b"{")
    return brackets > DEEPEST and _levels(value) > DEEPEST


def _levels(value: Any) -> int:
    layer, levels = [value], 0
    while layer := [node for node in layer if isinstance(node, dict | list)]:
        layer = [child for node in layer for child in (node.values() if isinstance(node, dict) else node)]
        levels += 1
    return levels
