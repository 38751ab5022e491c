"""What survives a crash: the state as flat records, what has changed of them, and the state that they give back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from edge.core.configuration import remembered
from edge.core.facts import MeterSampled, Series
from edge.core.faults import HAZARDS, latched
from edge.core.state import Connector, Flow, Held, Session, Station
from edge.core.values import CachedTag, Fault, TagInfo

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Memory:
    """What a connector must not forget; `rest_wh` is the register at which its contactor welded."""

    session: Session | None = None
    operative: bool = True
    scheduled_inoperative: bool = False
    held: Held | None = None
    turned_wh: int = 0
    faults: dict[str, Fault] = field(default_factory=dict)
    rest_wh: int | None = None


@dataclass(frozen=True, slots=True)
class StationMemory:
    """What the station itself must not forget."""

    operative: bool = True


Durable = Memory | StationMemory | MeterSampled | TagInfo | str
Table = Mapping[Any, Durable]


def _tables(station: Station) -> dict[str, Table]:
    """Records by table and name, which are `station`, `connector/1`, `kept/1/CONTEXT/PLACE`, `cache/TAG`, ... on disk.

    A table that nothing was done to is the same object as before.
    """
    connectors = station.connectors.values()
    return {
        "station": {"": StationMemory(station.operative)},
        "connector": {c.id: _memory(c) for c in connectors},
        "cache": station.cache,
        "list": station.local_list,
        "configuration": station.configuration.values,
        **{f"kept/{c.id}/{context}": series.values for c in connectors for context, series in c.kept.items()},
    }


def _memory(c: Connector) -> Memory:
    rest_wh = c.flow.rest_wh if "weld" in c.faults else None
    return Memory(c.session, c.operative, c.scheduled_inoperative, c.held, c.turned_wh, latched(c), rest_wh)


def changed(before: Station, after: Station) -> dict[str, Durable | None]:
    """The records that differ; None where one is gone."""
    old, new = _tables(before), _tables(after)
    found: dict[str, Durable | None] = {}
    for table in old | new:
        was, now = old.get(table, {}), new.get(table, {})
        if was is not now:
            names = [name for name in {**was, **now} if was.get(name) != now.get(name)]
            found |= {f"{table}/{name}" if name != "" else table: now.get(name) for name in names}
    return found


def restored(station: Station, records: Mapping[str, Durable]) -> Station:
    """A fresh station with what an earlier one did not forget; records of connectors that are gone are left alone."""
    memories, kept = _only(Memory, records, "connector"), _only(MeterSampled, records, "kept")
    connectors = {
        number: _remember(connector, memories.get(str(number), Memory()), _series(number, kept))
        for number, connector in station.connectors.items()
    }
    return replace(
        station,
        connectors=connectors,
        operative=_only(StationMemory, records, "station").get("", StationMemory()).operative,
        cache=_only(CachedTag, records, "cache"),
        local_list=_only(TagInfo, records, "list"),
        configuration=remembered(station.configuration, _only(str, records, "configuration"))[0],
    )


def ignored(station: Station, records: Mapping[str, Durable]) -> list[str]:
    """What `restored` leaves alone since the station's keys do not take it any more, each as one sentence."""
    return remembered(station.configuration, _only(str, records, "configuration"))[1]


def _remember(connector: Connector, memory: Memory, kept: Mapping[str, Series]) -> Connector:
    return replace(
        connector,
        session=memory.session,
        operative=memory.operative,
        scheduled_inoperative=memory.scheduled_inoperative,
        held=memory.held,
        turned_wh=memory.turned_wh,
        faults={source: fault for source, fault in memory.faults.items() if source in HAZARDS},
        flow=Flow(rest_wh=memory.rest_wh),
        kept=kept,
    )


def _series(connector: int, kept: Mapping[str, MeterSampled]) -> dict[str, Series]:
    found: dict[str, dict[int, MeterSampled]] = {}
    for name, value in kept.items():
        number, context, place = name.split("/")
        if int(number) == connector:
            found.setdefault(context, {})[int(place)] = value
    return {context: Series(max(values) + 1, dict(sorted(values.items()))) for context, values in found.items()}


def _only(kind: type[T], records: Mapping[str, Durable], table: str) -> dict[str, T]:
    """The records of one table by their names."""
    of_table = ((key.partition("/"), record) for key, record in records.items())
    return {name: record for (found, _, name), record in of_table if found == table and isinstance(record, kind)}
