"""Reservations of connectors (OCPP 1.6 section 5.13), each known to its station by a number."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ReservationState(StrEnum):
    """`active` once the station accepted it; `lost` when its connector failed or went out of service."""

    ASKED = "asked"
    ACTIVE = "active"
    REFUSED = "refused"
    USED = "used"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    LOST = "lost"


OPEN = frozenset({ReservationState.ASKED, ReservationState.ACTIVE})
ENDS_IT = frozenset({"Faulted", "Unavailable"})


@dataclass(frozen=True, slots=True)
class Reservation:
    """`connector` 0 means any; tags with the same `parent` may use it too."""

    station_id: int
    identity: str
    number: int
    connector: int
    id_tag: str
    parent: str | None
    expires_at: datetime
    state: ReservationState
    session_id: int | None = None
