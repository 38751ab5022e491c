"""What a charge point knows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from edge.core.configuration import Configuration
from edge.core.facts import Series
from edge.core.values import (
    Bolt,
    CachedTag,
    Fault,
    Moment,
    Reading,
    Signal,
    Status,
    StatusReport,
    StopReason,
    TagInfo,
    TagStatus,
    Vehicle,
)

T = TypeVar("T")
AVAILABLE = StatusReport(Status.AVAILABLE)


@dataclass(frozen=True, slots=True)
class Stopping:
    """A session that was stopped and awaits the meter's last word."""

    reason: StopReason
    moment: Moment
    id_tag: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """What OCPP calls a transaction. `begun` is its first reading, `checkpoint` the last one worth a write to flash.

    Values are sampled whole intervals after `grid`: its start, or the last change of the interval.
    """

    session_id: str
    id_tag: str
    started: Moment
    meter_start_wh: int
    checkpoint: Reading
    checkpoint_at: Moment
    parent: str | None = None
    transaction_id: int | None = None
    refused: TagStatus | None = None
    refused_at_wh: int = 0
    stopping: Stopping | None = None
    grid: Moment | None = None
    begun: Reading | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A tag that may charge here and waits for the cable, its lock, or the meter's first word.

    Until a cable says where, it may move to any of `elsewhere`: the other connectors of the same reader.
    """

    id_tag: str
    info: TagInfo
    since_ms: int
    elsewhere: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """Whose cable stays locked although the session has ended; the same tag or one of the same parent frees it."""

    id_tag: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """All that a connector shows to the outside, computed from the state; the shell is told of differences."""

    conduct: bool = False
    offer_ma: int = 0
    locked: bool = False
    report: StatusReport = AVAILABLE
    alarms: tuple[StatusReport, ...] = ()
    signal: Signal = Signal.READY
    text: str = ""
    light_percent: int = 100
    blinks: int = 0


@dataclass(frozen=True, slots=True)
class Fitting:
    """What a connector is made of, from the settings: its limit in mA a phase, the most power in W that can flow,
    and which parts it has; one with a control pilot knows what the car wants."""

    max_current_ma: int = 32_000
    max_power_w: int = 25_000
    has_lock: bool = False
    has_indicator: bool = False
    has_pilot: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """What the meter has said of the current since the contactor last moved, in monotonic ms: since when it is more
    than allowed, since when some flows although released, since when none flows although engaged; and the register in
    Wh at rest."""

    over_ms: int | None = None
    stray_ms: int | None = None
    idle_ms: int | None = None
    rest_wh: int | None = None


@dataclass(frozen=True, slots=True)
class Odd:
    """The first and the last of some readings that do not follow from the last good one, but each from the former."""

    first: Reading
    last: Reading


@dataclass(frozen=True, slots=True)
class Connector:
    """One connector.

    `engaged` stays True from the wish to engage until the guardian has said released. Readings taken before
    `settled_ms` may miss energy of the last conducting interval. Before `rests_until_ms` it is not engaged again.
    Until `answers_until_ms` the car may take to answer the session's first offer. `ended` is why the last session did;
    until `lingers_until_ms` the connector goes on showing it, so that StopTransaction comes before what follows.
    `turned_wh` is what the register of a meter that starts again from 0 had counted before.
    `since` when it has had its status, None: since the start.
    `drew`: current has flowed in this session. `stuck`: the feedback contact says closed although released. After an
    over-current it cools until `cools_until_ms`.
    `sampled` is the moment of the last value of each context, `kept` what of them goes into StopTransaction.

    `bolt` is where the lock is known to be, `turning` where it was told to go and has not yet said that it is;
    a bolt that stuck is not told to open again before `unlocks_again_ms`. `unlocking` is the UnlockConnector that
    waits for its answer.
    """

    id: int
    fitting: Fitting = Fitting()
    session: Session | None = None
    operative: bool = True
    scheduled_inoperative: bool = False
    vehicle: Vehicle | None = None
    plugged_ms: int | None = None
    finished: bool = False
    ended: StopReason | None = None
    lingers_until_ms: int = 0
    grant: Grant | None = None
    held: Held | None = None
    bolt: Bolt | None = None
    turning: Bolt | None = None
    unlocks_again_ms: int = 0
    unlocking: str | None = None
    reading: Reading | None = None
    turned_wh: int = 0
    odd: Odd | None = None
    flow: Flow = Flow()
    drew: bool = False
    stuck: bool = False
    cools_until_ms: int = 0
    engaged: bool = False
    settled_ms: int = 0
    rests_until_ms: int = 0
    answers_until_ms: int = 0
    sampled: Mapping[str, Moment] = field(default_factory=dict)
    kept: Mapping[str, Series] = field(default_factory=dict)
    faults: Mapping[str, Fault] = field(default_factory=dict)
    since: Moment | None = None
    notice: str = ""
    notice_until_ms: int = 0
    output: Output = Output()

    @property
    def plugged(self) -> bool:
        """A car is known to be connected."""
        return self.vehicle in (Vehicle.CONNECTED, Vehicle.ASKING, Vehicle.FAULTY)

    @property
    def occupied(self) -> bool:
        """A cable is in the outlet: a car hangs on it, or the lock holds it.

        There is no proximity pilot: without a car, a cable that is not locked counts as taken out. A port that senses
        the plug itself would have its word here.
        """
        return self.plugged or self.bolt is Bolt.SHUT

    @property
    def secured(self) -> bool:
        """The plug cannot be pulled under load: the cable is fixed, or the bolt is known to hold."""
        return not self.fitting.has_lock or (self.bolt is Bolt.SHUT and self.turning is None)


@dataclass(frozen=True, slots=True)
class Question:
    """An Authorize.req on its way: for a tap at these connectors, or for a remote start."""

    connectors: tuple[int, ...]
    remote: bool
    asked_ms: int


@dataclass(frozen=True, slots=True)
class Station:
    """A charge point with its connectors; tags are kept in upper case, since OCPP compares them without case.

    Of the inputs that have `tripped`, some only cannot be read (`unread`: why). `conflicts` are entries of the local
    list that the central system has contradicted. While it is `resetting` (hard or not, asked for at `resetting_ms`)
    nothing begins; it is `restarting` once the shell was told to.
    """

    connectors: Mapping[int, Connector]
    configuration: Configuration = field(default_factory=Configuration)
    operative: bool = True
    cache: Mapping[str, CachedTag] = field(default_factory=dict)
    local_list: Mapping[str, TagInfo] = field(default_factory=dict)
    questions: Mapping[str, Question] = field(default_factory=dict)
    tripped: frozenset[str] = frozenset()
    unread: Mapping[str, str] = field(default_factory=dict)
    online: bool = False
    resetting: bool | None = None
    resetting_ms: int = 0
    restarting: bool = False
    resume_within_s: int = 300
    report: StatusReport = AVAILABLE
    alarms: tuple[StatusReport, ...] = ()
    warnings: Mapping[str, Fault] = field(default_factory=dict)
    conflicts: Mapping[str, TagInfo] = field(default_factory=dict)

    def having(self, connector: Connector) -> "Station":
        """The same station with this connector in place of its former self."""
        if self.connectors[connector.id] is connector:
            return self
        return replace(self, connectors={**self.connectors, connector.id: connector})

    def sessions(self) -> Iterator[tuple[Connector, Session]]:
        """Every open session with its connector."""
        for connector in self.connectors.values():
            if connector.session is not None:
                yield connector, connector.session
