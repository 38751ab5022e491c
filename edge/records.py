"""Durable state as the store keeps it: one JSON value a record, its type known from its key."""

from collections.abc import Mapping
from typing import Any

import msgspec

from edge.core.facts import MeterSampled
from edge.core.memory import Durable, Memory, StationMemory
from edge.core.values import CachedTag, TagInfo

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
    """Records from the store."""
    return {key: msgspec.json.decode(value, type=TYPES[key.partition("/")[0]]) for key, value in records.items()}
