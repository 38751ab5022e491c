"""What the shell must do. Order: `Release` at once; then state and facts are saved; then everything else."""

from dataclasses import dataclass

from edge.core.facts import Fact
from edge.core.values import Moment, Signal, StatusReport


@dataclass(frozen=True, slots=True)
class Release:
    """Open the circuit, now."""

    connector: int


@dataclass(frozen=True, slots=True)
class Engage:
    """Close the circuit for this session, once it is saved and if it is still wanted then."""

    connector: int
    session_id: str


@dataclass(frozen=True, slots=True)
class Offer:
    """Tell the car how much it may draw, mA a phase; 0 is nothing."""

    connector: int
    limit_ma: int


@dataclass(frozen=True, slots=True)
class LockCable:
    """Hold the plug; answered by `CableLocked` or `LockFailed`."""

    connector: int


@dataclass(frozen=True, slots=True)
class UnlockCable:
    """Let the plug go; answered by `CableUnlocked` or `LockFailed`."""

    connector: int


@dataclass(frozen=True, slots=True)
class ReadMeter:
    """Read the meter now; a decision waits for it."""

    connector: int


@dataclass(frozen=True, slots=True)
class Record:
    """Save this fact with the state; the outbox delivers it."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class Settled:
    """The central system has this fact; forget it in the same save."""

    seq: int


@dataclass(frozen=True, slots=True)
class Learned:
    """The central system's transaction id of a session."""

    session_id: str
    transaction_id: int


@dataclass(frozen=True, slots=True)
class AskAuthorization:
    """Authorize.req; answered by exactly one `TagAnswered`."""

    id_tag: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to an `Asked`, an OCPP status."""

    request: str
    status: str


@dataclass(frozen=True, slots=True)
class Report:
    """StatusNotification, when online; history is not replayed."""

    connector: int
    report: StatusReport
    moment: Moment


@dataclass(frozen=True, slots=True)
class Show:
    """Tell the driver, with so much light, blinking so often first (0: steady)."""

    connector: int
    signal: Signal
    text: str
    light_percent: int = 100
    blinks: int = 0


@dataclass(frozen=True, slots=True)
class Say:
    """One readable line for the log; never a whole tag. The latest refusals are kept for the technician."""

    text: str
    refusal: bool = False


@dataclass(frozen=True, slots=True)
class Restart:
    """Restart the software (Soft) or the hardware (Hard): every session has been closed or only waits for its meter."""

    hard: bool


Effect = (
    Release
    | Engage
    | Offer
    | LockCable
    | UnlockCable
    | ReadMeter
    | Record
    | Settled
    | Learned
    | AskAuthorization
    | Reply
    | Report
    | Show
    | Say
    | Restart
)
