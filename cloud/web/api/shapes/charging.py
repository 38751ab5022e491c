"""Sessions and commands."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from cloud.domain.commands import CommandKind, Step
from cloud.domain.sessions import SessionState
from cloud.domain.stations import ConnectorStatus
from cloud.web.api.endpoints import Id, Struct, Text
from cloud.web.api.shapes.places import IdTag

Moment = Annotated[datetime, Meta(tz=True)]
EnergyWh = Annotated[int, Meta(ge=0, le=10**12)]


class Session(msgspec.Struct):
    """A charging session. `cost_minor` includes VAT; `reasons` say why it is suspect; the tag is masked."""

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
    reasons: list[str]
    bill: str | None


class SessionQuery(Struct):
    """Which sessions: `live` are those that run or wait for their end; those that began in [since, until)."""

    state: SessionState | None = None
    live: bool | None = None
    station_id: Id | None = None
    site: Text | None = None
    since: Moment | None = None
    until: Moment | None = None


class Sample(msgspec.Struct):
    """What was measured at one instant (OCPP MeterValues)."""

    at: datetime
    context: str
    energy_wh: int | None
    power_w: int | None
    current_ma: int | None
    voltage_mv: int | None
    soc_percent: int | None


class ConnectorState(msgspec.Struct):
    """What a connector showed from then on (OCPP 1.6 section 7.7)."""

    at: datetime
    status: ConnectorStatus


class Decision(Struct):
    """How a review ends: billed as it is, or written off; `reason` stands in the audit log or on the credit note."""

    decision: Literal["bill", "write_off"]
    reason: Annotated[str, Meta(max_length=300)] = ""


class CorrectionWish(Struct):
    """New figures for an ended session, and why; what is left out stays. The reason stands on the bill."""

    reason: Annotated[str, Meta(min_length=1, max_length=300)]
    energy_wh: EnergyWh | None = None
    started_at: Moment | None = None
    ended_at: Moment | None = None
    tariff: Text | None = None


class CreditWish(Struct):
    """Why nothing is asked for the session; it stands on the credit note."""

    reason: Annotated[str, Meta(min_length=1, max_length=300)]


class TimelineEntry(msgspec.Struct):
    """A step of a command, and what there is to say about it."""

    step: Step
    detail: str
    at: datetime


class Command(msgspec.Struct):
    """Something a station was asked for; `parameters` and `answer` are OCPP's payloads without secrets."""

    id: int
    kind: CommandKind
    station_id: int
    identity: str
    parameters: dict[str, Any]
    state: Step
    asked_at: datetime
    expires_at: datetime
    session_id: int | None
    answer: dict[str, Any] | None


class CommandTold(msgspec.Struct):
    """A command with its timeline."""

    command: Command
    timeline: list[TimelineEntry]


class NewCommand(Struct):
    """Any of OCPP's messages to a station, with its payload; not sent any more after `expires_in_s`."""

    kind: CommandKind
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    expires_in_s: Annotated[int, Meta(ge=1, le=604_800)] | None = None


class StartWish(Struct):
    """The tag that shall charge."""

    id_tag: IdTag


class Reserved(msgspec.Struct):
    """The number of a reservation, and the command that asks for it."""

    number: int
    command: Command
