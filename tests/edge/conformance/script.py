"""The words of a test script: which calls a case foresees, with only the fields that it is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bollard.wire.frames import Call

TAG = "04A1B2C3D4E5F6"
OTHER = "04FFEEDDCCBBAA"
UNTOLD = {"StopTransaction": {"reason": "Local"}}


@dataclass(frozen=True)
class Wanted:
    """A call with these fields, whatever else it says."""

    action: str
    fields: Mapping[str, Any]

    def fits(self, call: Call) -> bool:
        """Whether this is the call; a reason that is left out is Local."""
        said = UNTOLD.get(call.action, {}) | call.payload
        return call.action == self.action and self.fields.items() <= said.items()


def wanted(action: str, **fields: Any) -> Wanted:
    """Any call of that action with these fields."""
    return Wanted(action, fields)


def boot() -> Wanted:
    """BootNotification."""
    return wanted("BootNotification")


def authorize(tag: str = TAG) -> Wanted:
    """Authorize of a tag."""
    return wanted("Authorize", idTag=tag)


def status(connector: int, state: str, **fields: Any) -> Wanted:
    """StatusNotification; without an error unless another is named."""
    return wanted("StatusNotification", connectorId=connector, status=state, **{"errorCode": "NoError", **fields})


def start(connector: int, tag: str = TAG) -> Wanted:
    """StartTransaction."""
    return wanted("StartTransaction", connectorId=connector, idTag=tag)


def stop(reason: str, **fields: Any) -> Wanted:
    """StopTransaction for this reason."""
    return wanted("StopTransaction", reason=reason, **fields)


def values(connector: int, **fields: Any) -> Wanted:
    """MeterValues."""
    return wanted("MeterValues", connectorId=connector, **fields)


def statuses(first: str, second: str, whole: str = "Available") -> list[Wanted]:
    """What is told after a boot: the station and each connector."""
    return [status(0, whole), status(1, first), status(2, second)]
