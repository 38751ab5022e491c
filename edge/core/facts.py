"""What the central system must learn; a fact is saved before energy flows and delivered in order, once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.core.values import Moment, Reading, StopReason


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """A session began: StartTransaction. `meter_start_wh` is the meter's own register."""

    session_id: str
    connector: int
    id_tag: str
    meter_start_wh: int
    moment: Moment
    reservation_id: int | None = None


@dataclass(frozen=True, slots=True)
class MeterSampled:
    """A reading worth sending: MeterValues. `session_id` is None on an idle connector; `context` and
    `measurands` carry OCPP names (`Sample.Periodic`, `Voltage.L1`, ...); the car was offered `offer_ma` a phase."""

    session_id: str | None
    connector: int
    reading: Reading
    moment: Moment
    context: str
    measurands: tuple[str, ...]
    offer_ma: int = 0


@dataclass(frozen=True, slots=True)
class Series:
    """What is kept of a session's values of one context, by their place among all that were `seen`."""

    seen: int = 0
    values: Mapping[int, MeterSampled] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SessionStopped:
    """A session ended: StopTransaction."""

    session_id: str
    connector: int
    meter_stop_wh: int
    moment: Moment
    reason: StopReason
    id_tag: str | None = None
    transaction_data: tuple[MeterSampled, ...] = ()


Fact = SessionStarted | MeterSampled | SessionStopped
