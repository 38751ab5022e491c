"""Oddities that the operator should see."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class IncidentKind(StrEnum):
    """The kinds the central system itself records; others are plain text too."""

    BAD_MESSAGE = "bad_message"
    SALVAGED = "salvaged"
    ORPHAN_STOP = "orphan_stop"
    ORPHAN_METER = "orphan_meter"
    FOREIGN_SESSION = "foreign_session"
    REPEATED_STOP = "repeated_stop"
    LATE_STOP = "late_stop"
    MISSED_STOP = "missed_stop"
    CLOCK = "clock"
    WRONG_KEY = "wrong_key"
    FLAPPING = "flapping"
    EARLY_REPORT = "early_report"
    STRANGERS_STOP = "strangers_stop"
    WEBHOOK = "webhook"
    REFUSED_TAG = "refused_tag"


@dataclass(frozen=True, slots=True)
class Incident:
    """One oddity; the same one again raises `count` and `last_at`. `raw` is cut to a few kilobytes."""

    id: int
    station_id: int | None
    identity: str
    kind: str
    summary: str
    raw: str
    first_at: datetime
    last_at: datetime
    count: int
