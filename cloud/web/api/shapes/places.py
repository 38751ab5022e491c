"""Stations, connectors, and what stations keep themselves."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from cloud.domain.reservations import ReservationState
from cloud.domain.stations import ConnectorStatus, RegistrationStatus
from cloud.web.api.endpoints import Id, Struct, Text

Identity = Annotated[str, Meta(min_length=1, max_length=64, pattern="^[^:]+$")]
ConnectorNumber = Annotated[int, Meta(ge=1, le=64)]
Watts = Annotated[int, Meta(ge=1, le=10_000_000)]
IdTag = Annotated[str, Meta(min_length=1, max_length=20)]


class Connector(msgspec.Struct):
    """An outlet: its status as reported (OCPP 1.6 section 7.7), and the session that is open on it."""

    number: int
    status: ConnectorStatus
    error_code: str
    info: str | None
    since: datetime | None
    session: int | None


class Station(msgspec.Struct):
    """A charge point. From `network` it needs no key; `admission` is what its next boot is told."""

    id: int
    identity: str
    name: str
    site: str
    online: bool
    disabled: bool
    admission: RegistrationStatus
    network: str | None
    last_seen_at: datetime | None
    vendor: str | None
    model: str | None
    firmware: str | None
    status: ConnectorStatus
    error_code: str
    connectors: list[Connector]


class StationQuery(Struct):
    """Which stations."""

    site: Text | None = None
    online: bool | None = None


class NewStation(Struct):
    """A station to be added; a site of that name is made where there is none. With `network` it needs no key there."""

    identity: Identity
    name: Text | None = None
    connectors: ConnectorNumber = 1
    max_power_w: Watts | None = None
    site: Text | None = None
    tariff: Text | None = None
    network: Text | None = None


class StationKey(msgspec.Struct):
    """A station with its key in hexadecimal digits, shown this once; null where it needs none."""

    station: Station
    key: str | None


class StationChange(Struct):
    """What is given changes, what is left out stays; without a tariff of its own (null) its site's applies.

    From `network` it is let in without a key from then on, and from nowhere else; a new key ends that.
    """

    name: Annotated[str, Meta(min_length=1, max_length=100)] | msgspec.UnsetType = msgspec.UNSET
    site: Text | msgspec.UnsetType = msgspec.UNSET
    tariff: Text | msgspec.UnsetType | None = msgspec.UNSET
    disabled: bool | msgspec.UnsetType = msgspec.UNSET
    admission: RegistrationStatus | msgspec.UnsetType = msgspec.UNSET
    network: Text | msgspec.UnsetType = msgspec.UNSET


class Finding(msgspec.Struct):
    """What is wrong, since when, and what to do about it."""

    at: datetime
    what: str
    do: str


class Pending(msgspec.Struct):
    """An identity that knocked without being known."""

    identity: str
    remote: str
    first_at: datetime
    last_at: datetime
    count: int


class Setting(msgspec.Struct):
    """A configuration key as the station told it (OCPP 1.6 section 9)."""

    key: str
    value: str | None
    readonly: bool
    read_at: datetime


class NewValue(Struct):
    """What a configuration key is to be."""

    value: Annotated[str, Meta(max_length=500)]


class Profile(msgspec.Struct):
    """A charging profile that the station holds as far as is known; `profile` is OCPP's ChargingProfile."""

    id: int
    connector: int
    profile: dict[str, Any]
    installed_at: datetime


class NewProfile(Struct):
    """OCPP's ChargingProfile for a connector (0: the station); one without an id gets its own."""

    connector: Annotated[int, Meta(ge=0, le=64)]
    profile: dict[str, Any]


class Reservation(msgspec.Struct):
    """A connector (0: any) kept for a tag until a time, known to the station by its number; the tag is masked."""

    station_id: int
    identity: str
    number: int
    connector: int
    id_tag: str
    expires_at: datetime
    state: ReservationState
    session_id: int | None


class ReservationQuery(Struct):
    """Which reservations; only open ones unless `ended` is true."""

    station_id: Id | None = None
    ended: bool = False


class NewReservation(Struct):
    """Connector 0 means any."""

    connector: Annotated[int, Meta(ge=0, le=64)]
    id_tag: IdTag
    until: Annotated[datetime, Meta(tz=True)]


class ListState(msgspec.Struct):
    """The station's local authorization list; `trouble` says why it is not in step."""

    kept: bool
    version: int
    stage: str
    left_out: int
    trouble: str | None
    retry_at: datetime | None


class ListWish(Struct):
    """Whether the list is kept in step with the tags."""

    kept: bool


class Message(msgspec.Struct):
    """A message of the log (OCPP-J), without secrets, its tags masked."""

    id: int
    station_id: int
    identity: str
    at: datetime
    direction: Literal["in", "out"]
    kind: str
    action: str
    message_id: str
    text: str
    outcome: str
    latency_ms: float | None


class MessageQuery(Struct):
    """Which messages."""

    station_id: Id | None = None
    action: Text | None = None
    since: Annotated[datetime, Meta(tz=True)] | None = None
    until: Annotated[datetime, Meta(tz=True)] | None = None
    errors: bool = False
    contains: Text | None = None


class Incident(msgspec.Struct):
    """An oddity; the same one again raises `count` and `last_at`."""

    id: int
    station_id: int | None
    identity: str
    kind: str
    summary: str
    first_at: datetime
    last_at: datetime
    count: int


class OfStation(Struct):
    """Of one station, or of all."""

    station_id: Id | None = None
