"""The values that events, state and facts are made of."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

WRITTEN = datetime(2026, 11, 1, tzinfo=UTC)
OUTLIVED = datetime(2100, 1, 1, tzinfo=UTC)


def is_believable(wall: datetime) -> bool:
    """A time at which this software can be at work: not before it was written, and not in another age."""
    return WRITTEN < wall < OUTLIVED


@dataclass(frozen=True, slots=True)
class Moment:
    """When something happened: always (boot, monotonic ms); `wall` is aware UTC once the clock was known good."""

    boot_id: str
    mono_ms: int
    wall: datetime | None

    def moved_to(self, mono_ms: int) -> "Moment":
        """The moment of the same boot at another monotonic time."""
        wall = None if self.wall is None else self.wall + timedelta(milliseconds=mono_ms - self.mono_ms)
        return replace(self, mono_ms=mono_ms, wall=wall)

    def since(self, earlier: "Moment") -> timedelta | None:
        """The time that has passed; None when neither clock can tell."""
        if earlier.boot_id == self.boot_id:
            return timedelta(milliseconds=self.mono_ms - earlier.mono_ms)
        return None if earlier.wall is None or self.wall is None else self.wall - earlier.wall


class Vehicle(StrEnum):
    """The control pilot's word on the vehicle (IEC 61851-1); UNSENSED where nothing senses it."""

    UNSENSED = "unsensed"
    ABSENT = "absent"
    CONNECTED = "connected"
    ASKING = "asking"
    FAULTY = "faulty"


class Bolt(StrEnum):
    """Where the bolt of a cable lock is."""

    OPEN = "open"
    SHUT = "shut"


@dataclass(frozen=True, slots=True)
class Reading:
    """A meter reading: register in Wh, power in W, one current (mA) and voltage (mV) a phase, monotonic ms, and the
    number of the meter where it tells it; `wraps_at_wh` where the register starts again from 0, if it is known to."""

    energy_wh: int
    power_w: int | None
    taken_ms: int
    current_ma: tuple[int, ...] = ()
    voltage_mv: tuple[int, ...] = ()
    estimated: bool = False
    serial: str | None = None
    wraps_at_wh: int | None = None


class TagStatus(StrEnum):
    """OCPP 1.6 AuthorizationStatus."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    CONCURRENT_TX = "ConcurrentTx"


@dataclass(frozen=True, slots=True)
class TagInfo:
    """OCPP 1.6 idTagInfo."""

    status: TagStatus
    expires_at: datetime | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class CachedTag(TagInfo):
    """An idTagInfo in the authorization cache; the one learned later has the higher place."""

    place: int = 0


class StopReason(StrEnum):
    """OCPP 1.6 StopTransaction reason."""

    LOCAL = "Local"
    REMOTE = "Remote"
    EV_DISCONNECTED = "EVDisconnected"
    DE_AUTHORIZED = "DeAuthorized"
    UNLOCK_COMMAND = "UnlockCommand"
    SOFT_RESET = "SoftReset"
    HARD_RESET = "HardReset"
    REBOOT = "Reboot"
    POWER_LOSS = "PowerLoss"
    EMERGENCY_STOP = "EmergencyStop"
    OTHER = "Other"


class Status(StrEnum):
    """OCPP 1.6 ChargePointStatus."""

    AVAILABLE = "Available"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED_EV = "SuspendedEV"
    SUSPENDED_EVSE = "SuspendedEVSE"
    FINISHING = "Finishing"
    RESERVED = "Reserved"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a connector is Faulted: an OCPP 1.6 errorCode and a sentence for people."""

    error_code: str
    info: str


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What StatusNotification says of a connector (0 = the charge point itself)."""

    status: Status
    error_code: str = "NoError"
    info: str = ""


class Signal(StrEnum):
    """What the indicator tells the driver."""

    READY = "ready"
    CHECKING = "checking"
    PLUG_IN = "plug_in"
    PRESENT_TAG = "present_tag"
    CHARGING = "charging"
    PAUSED = "paused"
    FINISHED = "finished"
    REFUSED = "refused"
    FAULT = "fault"
    OUT_OF_SERVICE = "out_of_service"
