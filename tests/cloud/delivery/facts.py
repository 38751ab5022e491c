"""What stations must get told: the facts of their visits, and what they say of sessions that nobody knows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.cloud.services.histories import CONNECTORS, STATIONS, Visit, visits

Payload = dict[str, Any]
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=2)
START, METER, STOP = "StartTransaction", "MeterValues", "StopTransaction"
FORGOTTEN, GHOST = -1, "GHOST"


@dataclass(frozen=True)
class Fact:
    """One message; `visit` is the number of the visit whose transaction id it begins or needs, if any."""

    minute: float
    action: str
    payload: Payload
    visit: int | None = None
    connector: int = 0

    def ready(self, transactions: Mapping[int, int]) -> bool:
        """Whether it may overtake what is waiting before it."""
        return self.action != START and self.visit in transactions

    def rendered(self, transactions: Mapping[int, int]) -> Payload:
        if self.visit is None or self.action == START:
            return self.payload
        return self.payload | {"transactionId": transactions[self.visit]}


@dataclass(frozen=True)
class Stray:
    """A report without a session: of an unknown transaction, of none to tell (-1), or of none at all."""

    station: int
    minute: int
    action: str
    transaction_id: int | None

    @property
    def fact(self) -> Fact:
        at = (NOON + timedelta(minutes=self.minute, seconds=30)).isoformat()
        register = 50_000 + self.minute
        told = {} if self.transaction_id is None else {"transactionId": self.transaction_id}
        if self.action == STOP:
            return Fact(self.minute, STOP, told | {"idTag": GHOST, "meterStop": register, "timestamp": at})
        value = {"timestamp": at, "sampledValue": [{"value": str(register)}]}
        return Fact(self.minute, METER, told | {"connectorId": 1 + self.minute % CONNECTORS, "meterValue": [value]})


@dataclass(frozen=True)
class Story:
    """All that happens at a few stations."""

    visits: list[Visit]
    strays: list[Stray]

    def facts(self, station: int) -> list[Fact]:
        """What one station has to tell, in order of time."""
        told = [stray.fact for stray in self.strays if stray.station == station]
        for number, visit in enumerate(self.visits):
            told += _facts(number, visit) if visit.station == station else ()
        return sorted(told, key=lambda fact: fact.minute)


def _facts(number: int, visit: Visit) -> Iterator[Fact]:
    last, mine = visit.last, (number, visit.connector)
    yield Fact(visit.minute, START, visit.start(), *mine)
    for n in range(1, 1 if visit.in_stop else last):
        yield Fact(visit.minute + n, METER, visit.meter(n, FORGOTTEN), *mine)
    yield Fact(visit.minute + last, STOP, visit.stop(FORGOTTEN), *mine)


def stories(*, odd_meters: bool) -> st.SearchStrategy[Story]:
    """Visits and strays; no two strays of a station tell of the same minute."""
    where = (st.integers(0, STATIONS - 1), st.integers(0, 40))
    stops = st.builds(Stray, *where, st.just(STOP), st.sampled_from([FORGOTTEN, 0, 4711]))
    meters = st.builds(Stray, *where, st.just(METER), st.sampled_from([FORGOTTEN, 4711, None]))
    strays = st.lists(stops | meters, max_size=4, unique_by=lambda stray: (stray.station, stray.minute))
    return st.builds(Story, visits(odd_meters=odd_meters, noon=NOON), strays)
