"""What the operator's pages show, read in a few queries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cloud.domain.sessions import SessionState
from cloud.domain.stations import ConnectorStatus, RegistrationStatus


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session in a list. `cost_minor` includes VAT and is None without a tariff; `bill` is the bill's number.

    `holder`: what its tag is called, or else who pays for it.
    """

    id: int
    station_id: int
    identity: str
    connector: int
    transaction_id: str
    id_tag: str
    state: SessionState
    started_at: datetime
    ended_at: datetime | None
    energy_wh: int
    power_w: int | None
    cost_minor: int | None
    currency: str | None
    reasons: tuple[str, ...]
    bill: str | None
    holder: str | None = None


@dataclass(frozen=True, slots=True)
class ConnectorRow:
    """A connector and the session that is open on it; number 0, the station itself, is not listed here."""

    number: int
    status: ConnectorStatus
    error_code: str
    info: str | None
    since: datetime | None
    session: SessionRow | None


@dataclass(frozen=True, slots=True)
class StationRow:
    """A station with its connectors; `status`, `error_code` and `info` are those of connector 0.

    `connected_at` and `disconnected_at` are those of its latest socket. From `network` it needs no key; a `disabled`
    one is not let in; `admission` is what its boots are told.
    """

    id: int
    identity: str
    name: str
    site: str
    online: bool
    last_seen_at: datetime | None
    vendor: str | None
    model: str | None
    firmware: str | None
    status: ConnectorStatus
    error_code: str
    connectors: tuple[ConnectorRow, ...]
    connected_at: datetime | None = None
    disconnected_at: datetime | None = None
    network: str | None = None
    disabled: bool = False
    admission: RegistrationStatus = RegistrationStatus.ACCEPTED
    info: str | None = None


class StationState(StrEnum):
    """What stations may be looked for by; several can be true of one."""

    ONLINE = "online"
    OFFLINE = "offline"
    FREE = "free"
    CHARGING = "charging"
    FAULTED = "faulted"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class StationSearch:
    """Which stations: `contains` is looked for in identity and name; `after` is the identity that a page follows."""

    site_id: int | None = None
    state: StationState | None = None
    contains: str = ""
    after: str | None = None


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site in figures: its stations, its running sessions, what they draw now, and what was delivered today."""

    id: int
    name: str
    stations: int
    online: int
    faulted: int
    charging: int
    power_w: int
    delivered_wh: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are: sessions and commands by state, incidents by kind, repeated ones counted each time.

    `parked`: stops that have not found their session; `put_off`: bills that could not be issued.
    """

    stations: int
    parked: int
    put_off: int
    sessions: Mapping[str, int]
    commands: Mapping[str, int]
    incidents: Mapping[str, int]
