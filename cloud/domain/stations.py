"""Stations and connectors as they report themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from cloud.domain.words import N_


class RegistrationStatus(StrEnum):
    """BootNotification.conf status."""

    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"

    @property
    def words(self) -> str:
        """As in a sentence: the station is pending."""
        return _REGISTRATION[self]


_REGISTRATION = {
    RegistrationStatus.ACCEPTED: N_("accepted"),
    RegistrationStatus.PENDING: N_("pending"),
    RegistrationStatus.REJECTED: N_("rejected"),
}

HELD = frozenset({RegistrationStatus.PENDING, RegistrationStatus.REJECTED})


class ConnectorStatus(StrEnum):
    """ChargePointStatus of OCPP 1.6 section 4.9, and what we say before the first report."""

    AVAILABLE = "Available"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED_EV = "SuspendedEV"
    SUSPENDED_EVSE = "SuspendedEVSE"
    FINISHING = "Finishing"
    RESERVED = "Reserved"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Site:
    """Where stations stand. Without a `time_zone` the organisation's counts; `tariff` is the name of its own."""

    id: int
    name: str
    time_zone: str | None
    tariff_id: int | None
    tariff: str | None
    stations: int


@dataclass(frozen=True, slots=True)
class Station:
    """A charge point the operator has added. `registration` is remembered across sockets.

    `admission` is what the operator wants its next boot to be told. `access` counts how often its key, or whether it
    needs one, was changed; `by_next_key`: it has just shown the key that is to take the place of its old one.
    """

    id: int
    identity: str
    name: str
    organisation_id: int
    site_id: int
    registration: RegistrationStatus | None = None
    access: int = 0
    admission: RegistrationStatus = RegistrationStatus.ACCEPTED
    by_next_key: bool = False


@dataclass(frozen=True, slots=True)
class Connector:
    """An outlet of a station; `max_power_w` is what it can deliver, None if nobody said."""

    id: int
    station_id: int
    number: int
    max_power_w: int | None = None


@dataclass(frozen=True, slots=True)
class BootInfo:
    """BootNotification.req, as it came."""

    vendor: str
    model: str
    serial: str | None = None
    firmware: str | None = None
    iccid: str | None = None
    imsi: str | None = None
    meter_type: str | None = None
    meter_serial: str | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    """BootNotification.conf without its clock; `interval_s` is the heartbeat period, or when to ask again."""

    status: RegistrationStatus
    interval_s: int


@dataclass(frozen=True, slots=True)
class StatusReport:
    """StatusNotification.req. Connector 0 is the whole station. `at` is None when absent or unreadable."""

    connector: int
    status: ConnectorStatus
    error_code: str = "NoError"
    info: str | None = None
    vendor_id: str | None = None
    vendor_error_code: str | None = None
    at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pending:
    """An identity that knocked without being known; repeated knocks are counted, not listed."""

    identity: str
    remote: str
    first_at: datetime
    last_at: datetime
    count: int
