"""What the stations of a small business have to tell: visits, and their messages in order of time."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from cloud.domain.energy import Measured, Register, measure
from tests.cloud.conftest import NOON

STATIONS, CONNECTORS = 3, 2
KNOWN, STRANGER = ("ADA", "BOB"), "STRANGER"


@dataclass(frozen=True)
class Visit:
    """One car: where and when, and its register at start, at each meter value and at the stop."""

    station: int
    connector: int
    tag: str
    minute: int
    registers: tuple[int, ...]
    in_stop: bool
    noon: datetime = NOON

    @property
    def last(self) -> int:
        return len(self.registers) - 1

    def at(self, n: int) -> datetime:
        return self.noon + timedelta(minutes=self.minute + n)

    def moment(self, n: int) -> str:
        return self.at(n).isoformat()

    def value(self, n: int) -> dict[str, Any]:
        power = {"value": "7000", "unit": "W", "measurand": "Power.Active.Import"}
        return {"timestamp": self.moment(n), "sampledValue": [{"value": str(self.registers[n])}, power]}

    @property
    def measured(self) -> Measured:
        """What all its readings together say, one after the other."""
        return measure([Register(self.at(n), wh) for n, wh in enumerate(self.registers)], None)

    def start(self) -> dict[str, Any]:
        when = {"timestamp": self.moment(0), "meterStart": self.registers[0]}
        return {"connectorId": self.connector, "idTag": self.tag, **when}

    def meter(self, n: int, transaction_id: int) -> dict[str, Any]:
        return {"connectorId": self.connector, "transactionId": transaction_id, "meterValue": [self.value(n)]}

    def stop(self, transaction_id: int) -> dict[str, Any]:
        report = {"transactionId": transaction_id, "timestamp": self.moment(self.last)}
        data = {"transactionData": [self.value(n) for n in range(self.last)]} if self.in_stop else {}
        return {**report, "meterStop": self.registers[-1], **data}


Message = tuple[int, int]
"""A visit's number; 0 for its start, its last register for the stop, what is between for a meter value."""


@st.composite
def visits(draw: st.DrawFn, *, odd_meters: bool, noon: datetime = NOON) -> list[Visit]:
    """Each station's visits in order of time, its connectors side by side."""
    found = []
    for place in range(STATIONS * CONNECTORS):
        wh = draw(st.integers(1000, 10_000))
        for n in range(draw(st.integers(0, 2))):
            registers = [
                wh,
                *(wh := wh + step for step in draw(st.lists(st.integers(20, 300), min_size=1, max_size=4))),
            ]
            if odd_meters and draw(st.booleans()):
                registers[draw(st.integers(1, len(registers) - 1))] = draw(st.sampled_from([0, wh // 1000, wh + 10**6]))
            tag = draw(st.sampled_from([*KNOWN, STRANGER]))
            minute = 20 * n + place % CONNECTORS
            where, in_stop = (place // CONNECTORS, place % CONNECTORS + 1), draw(st.booleans())
            found.append(Visit(*where, tag, minute, tuple(registers), in_stop, noon))
    return found


def queue(history: list[Visit], number: int) -> deque[Message]:
    """What a station has to tell, in order of time."""
    told = [
        (visit.minute + n, index, n)
        for index, visit in enumerate(history)
        if visit.station == number
        for n in range(visit.last + 1)
        if n in (0, visit.last) or not visit.in_stop
    ]
    return deque((index, n) for _minute, index, n in sorted(told))
