"""Charging profiles that stations hold, as far as is known: what setting and clearing does to them (section 3.13)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cloud.domain.words import N_

Payload = Mapping[str, Any]

FOR_SESSION = "TxProfile"


@dataclass(frozen=True, slots=True)
class Installed:
    """A profile as the station accepted it for a connector (0: the whole station)."""

    id: int
    connector: int
    profile: Payload
    installed_at: datetime


def replaces(connector: int, new: Payload, old: Installed) -> bool:
    """Whether a station drops `old` when it accepts `new`: the same id, or the same place in the same stack."""
    same_id = new["chargingProfileId"] == old.profile["chargingProfileId"]
    same_place = all(new[name] == old.profile[name] for name in ("chargingProfilePurpose", "stackLevel"))
    return same_id or (same_place and connector == old.connector)


def clears(request: Payload, installed: Installed) -> bool:
    """Whether ClearChargingProfile means this one: an id outweighs everything, otherwise all that is given must fit."""
    if "id" in request:
        return bool(request["id"] == installed.profile["chargingProfileId"])
    fits = {
        "connectorId": installed.connector,
        "chargingProfilePurpose": installed.profile["chargingProfilePurpose"],
        "stackLevel": installed.profile["stackLevel"],
    }
    return all(request[name] == value for name, value in fits.items() if name in request)


def in_words(schedule: Payload) -> list[str]:
    """A charging schedule, a line a period: `from 60 s: 10 A`."""
    unit = schedule.get("chargingRateUnit", "")
    lines = [_period(period, unit) for period in schedule.get("chargingSchedulePeriod", []) if isinstance(period, dict)]
    duration = schedule.get("duration")
    return lines if duration is None else [*lines, N_(f"until {duration} s")]


def _period(period: Payload, unit: str) -> str:
    phases = period.get("numberPhases")
    start, limit = period.get("startPeriod"), period.get("limit")
    if phases is None:
        return N_(f"from {start} s: {limit} {unit}")
    return f"from {start} s: {limit} {unit} on {phases} phases"
