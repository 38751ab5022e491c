"""What the operator's pages show, read in a few queries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cloud.domain.sessions import SessionState
from cloud.domain.stations import ConnectorStatus, RegistrationStatus


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session in a list. `cost_minor` includes VAT and is None without a tariff; `bill` is the bill's number."""

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
    """A station with its connectors; `status` and `error_code` are those of connector 0.

    From `network` it needs no key; a `disabled` one is not let in; `admission` is what its boots are told.
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
    network: str | None = None
    disabled: bool = False
    admission: RegistrationStatus = RegistrationStatus.ACCEPTED


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
