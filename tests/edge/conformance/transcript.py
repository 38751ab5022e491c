"""What passed between a station and the central system, line by line, as the judges read it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bollard.wire import times
from bollard.wire.frames import Call, Error, Frame, Result

TRANSACTION_MESSAGES = ("StartTransaction", "MeterValues", "StopTransaction")


@dataclass(frozen=True)
class Line:
    """One frame: when the central system saw it, on which of its connections, who sent it, and to which action."""

    at: datetime
    connection: int
    by_station: bool
    action: str
    frame: Frame

    @property
    def is_call(self) -> bool:
        """Whether it asks."""
        return isinstance(self.frame, Call)

    @property
    def is_error(self) -> bool:
        """Whether it refuses."""
        return isinstance(self.frame, Error)

    @property
    def payload(self) -> dict[str, Any]:
        """Of a call or its confirmation."""
        return self.frame.payload if isinstance(self.frame, Call | Result) else {}

    def __str__(self) -> str:
        arrow = "->" if self.by_station else "<-"
        kind = "" if self.is_call else ".conf" if not self.is_error else " refused"
        return f"{self.at:%H:%M:%S.%f} {self.connection} {arrow} {self.action}{kind} {self.payload}"


Transcript = Sequence[Line]


def calls(lines: Transcript, *actions: str, by_station: bool = True) -> Iterator[Line]:
    """The calls of one side, of these actions only if any are named."""
    for line in lines:
        if line.is_call and line.by_station is by_station and (not actions or line.action in actions):
            yield line


def confirmation(lines: Transcript, call: Line) -> Line | None:
    """The answer to a call, None if there was none."""
    answers = (line for line in lines if not line.is_call and line.by_station is not call.by_station)
    asked = call.connection, call.frame.message_id
    return next((line for line in answers if (line.connection, line.frame.message_id) == asked), None)


def moments(call: Line) -> list[datetime]:
    """Every timestamp in a call, in the order in which it stands there."""
    return list(_moments(call.payload))


def _moments(said: object) -> Iterator[datetime]:
    if isinstance(said, dict):
        for key, value in said.items():
            yield from [times.parse(value)] if key == "timestamp" else _moments(value)
    elif isinstance(said, list):
        for item in said:
            yield from _moments(item)


def registers_wh(call: Line) -> list[int]:
    """Every reading of the energy register in a transaction message, transactionData included."""
    bounds = [call.payload[key] for key in ("meterStart", "meterStop") if key in call.payload]
    meter_values = call.payload.get("meterValue", []) + call.payload.get("transactionData", [])
    sampled = [
        int(value["value"])
        for one in meter_values
        for value in one["sampledValue"]
        if value.get("measurand", "Energy.Active.Import.Register") == "Energy.Active.Import.Register"
    ]
    return sampled + bounds
