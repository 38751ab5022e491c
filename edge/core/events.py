"""What can happen to a charge point; every event carries its moment."""

from dataclasses import dataclass

from edge.core.values import Moment, Reading, TagInfo, Vehicle


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened."""

    at: Moment


@dataclass(frozen=True, slots=True)
class Started(Event):
    """The agent has loaded its state and begins to decide; the first event, so that no session that is over engages."""


@dataclass(frozen=True, slots=True)
class Ticked(Event):
    """Time has passed; about once a second."""


# --- hardware


@dataclass(frozen=True, slots=True)
class TagTapped(Event):
    """A card was presented to a reader that serves `connectors`."""

    id_tag: str
    connectors: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReaderFailed(Event):
    """A card reader cannot read cards."""

    reader: int
    info: str


@dataclass(frozen=True, slots=True)
class ReaderRecovered(Event):
    """A card reader that had failed reads cards again."""

    reader: int


@dataclass(frozen=True, slots=True)
class VehicleSeen(Event):
    """The control pilot of a connector says something new; `why` it is taken for faulty if it cannot be read."""

    connector: int
    vehicle: Vehicle
    why: str = ""


@dataclass(frozen=True, slots=True)
class MeterRead(Event):
    """The meter of a connector answered."""

    connector: int
    reading: Reading


@dataclass(frozen=True, slots=True)
class MeterFailed(Event):
    """The meter of a connector has been silent or implausible for too long."""

    connector: int
    info: str


@dataclass(frozen=True, slots=True)
class ContactorEngaged(Event):
    """The guardian closed the circuit."""

    connector: int


@dataclass(frozen=True, slots=True)
class ContactorReleased(Event):
    """The guardian opened the circuit; `why` is asked, lease, disconnected or trip:NAME."""

    connector: int
    why: str


@dataclass(frozen=True, slots=True)
class ContactorDisobeyed(Event):
    """The feedback contact tells otherwise than the guardian told the contactor; `closed`: it is welded."""

    connector: int
    closed: bool


@dataclass(frozen=True, slots=True)
class ContactorObeyed(Event):
    """The feedback contact tells what the guardian told the contactor."""

    connector: int


@dataclass(frozen=True, slots=True)
class InputTripped(Event):
    """A trip input (emergency_stop, ground_fault, door, temperature, ...) went active, or cannot be read; why not."""

    name: str
    unread: bool = False
    info: str = ""


@dataclass(frozen=True, slots=True)
class InputCleared(Event):
    """A trip input went back to normal."""

    name: str


@dataclass(frozen=True, slots=True)
class CableLocked(Event):
    """The bolt is known to hold the plug."""

    connector: int


@dataclass(frozen=True, slots=True)
class CableUnlocked(Event):
    """The bolt is known to let the plug go."""

    connector: int


@dataclass(frozen=True, slots=True)
class LockFailed(Event):
    """The bolt did not follow `LockCable` or `UnlockCable`, or no longer holds."""

    connector: int
    info: str


@dataclass(frozen=True, slots=True)
class OfferFailed(Event):
    """The current limit could not be told to the car; it is tried again."""

    connector: int
    info: str


@dataclass(frozen=True, slots=True)
class OfferMade(Event):
    """The car was told its current limit."""

    connector: int


@dataclass(frozen=True, slots=True)
class IndicatorFailed(Event):
    """Lights, buzzer or display of a connector could not be told; it is tried again."""

    connector: int
    info: str


@dataclass(frozen=True, slots=True)
class IndicatorRecovered(Event):
    """An indicator that had failed shows again what it was told."""

    connector: int


# --- the central system


@dataclass(frozen=True, slots=True)
class WentOnline(Event):
    """The central system has accepted this station and the socket is up."""


@dataclass(frozen=True, slots=True)
class WentOffline(Event):
    """The socket is down, or the station is no longer accepted."""


@dataclass(frozen=True, slots=True)
class TagAnswered(Event):
    """The answer to `AskAuthorization`; None when none came (error, silence, no socket)."""

    id_tag: str
    info: TagInfo | None


@dataclass(frozen=True, slots=True)
class StartAnswered(Event):
    """StartTransaction.conf for the fact `seq` of the outbox."""

    seq: int
    session_id: str
    id_tag: str
    transaction_id: int
    info: TagInfo


@dataclass(frozen=True, slots=True)
class StopAnswered(Event):
    """StopTransaction.conf for the fact `seq` of the outbox."""

    seq: int
    session_id: str
    id_tag: str | None
    info: TagInfo | None


@dataclass(frozen=True, slots=True)
class Asked(Event):
    """A request that wants exactly one `Reply` with the same `request`."""

    request: str


@dataclass(frozen=True, slots=True)
class RemoteStartAsked(Asked):
    """RemoteStartTransaction."""

    id_tag: str
    connector: int | None


@dataclass(frozen=True, slots=True)
class RemoteStopAsked(Asked):
    """RemoteStopTransaction."""

    transaction_id: int


@dataclass(frozen=True, slots=True)
class AvailabilityAsked(Asked):
    """ChangeAvailability; connector 0 is the whole station."""

    connector: int
    operative: bool


@dataclass(frozen=True, slots=True)
class UnlockAsked(Asked):
    """UnlockConnector."""

    connector: int


@dataclass(frozen=True, slots=True)
class ResetAsked(Asked):
    """Reset."""

    hard: bool


@dataclass(frozen=True, slots=True)
class ResetFailed(Event):
    """A `Restart` of the hardware could not be carried out, after all its retries; the agent lives on."""

    info: str


@dataclass(frozen=True, slots=True)
class ConfigurationAsked(Asked):
    """ChangeConfiguration."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class CacheClearAsked(Asked):
    """ClearCache."""


@dataclass(frozen=True, slots=True)
class MeterValuesAsked(Asked):
    """TriggerMessage(MeterValues); None is every connector. Accepted records one `MeterSampled`, context Trigger."""

    connector: int | None


@dataclass(frozen=True, slots=True)
class ClearAsked(Asked):
    """A technician says that what was wrong with a connector is mended; the reply is Accepted, Nothing or Persists."""

    connector: int


@dataclass(frozen=True, slots=True)
class StopAsked(Asked):
    """A stop asked for at the station itself (technician's command line, button)."""

    connector: int
