"""Durable state as the store keeps it: one JSON value a record, its type known from its key."""

from collections.abc import Mapping
from typing import Any

import msgspec

from edge.core.facts import MeterSampled
from edge.core.memory import Durable, Memory, StationMemory
from edge.core.values import CachedTag, TagInfo


class Damaged(Exception):
    """What the agent must not forget cannot be read; says which record."""


TYPES: dict[str, Any] = {
    "station": StationMemory,
    "connector": Memory,
    "cache": CachedTag,
    "list": TagInfo,
    "configuration": str,
    "kept": MeterSampled,
}


def encoded(records: Mapping[str, Durable | None]) -> dict[str, bytes | None]:
    """Records for the store; None deletes."""
    return {key: None if value is None else msgspec.json.encode(value) for key, value in records.items()}


def decoded(records: Mapping[str, bytes]) -> dict[str, Durable]:
    """Records from the store; raises Damaged."""
    return {key: _decoded(key, value) for key, value in records.items()}


def _decoded(key: str, value: bytes) -> Durable:
    try:
        record: Durable = msgspec.json.decode(value, type=TYPES[key.partition("/")[0]])
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError) as error:
        raise Damaged(f"the record {key!r} in edge.db is of another version or damaged: {error}") from error
    return record
