"""The meter values of a session that are kept for its StopTransaction, however long it lasts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from edge.core.configuration import items, number
from edge.core.facts import MeterSampled, Series
from edge.core.state import Connector, Session, Station
from edge.core.values import Moment, Reading

PERIODIC, CLOCK = "Sample.Periodic", "Sample.Clock"
MEASURANDS = {PERIODIC: "StopTxnSampledData", CLOCK: "StopTxnAlignedData"}
ENDS = 2
LONGEST_MS = 2**40

Kind = tuple[str, str]


def with_kept(station: Station, connector: Connector, fact: MeterSampled) -> Connector:
    """The connector that keeps this value too, if it has a session and the key of the value's context asks for it."""
    measurands = items(station.configuration, MEASURANDS[fact.context])
    if connector.session is None or not measurands:
        return connector
    room = (number(station.configuration, "StopTransactionMaxMeterValues") - ENDS) // len(MEASURANDS)
    series = with_value(connector.kept.get(fact.context, Series()), replace(fact, measurands=measurands), room)
    return replace(connector, kept={**connector.kept, fact.context: series})


def with_value(series: Series, value: MeterSampled, room: int) -> Series:
    """One value more; of more than `room`, every second, fourth, ... is kept, evenly over the whole session."""
    seen = series.seen + 1
    stride = 1 << ((seen - 1) // room).bit_length()
    if series.seen % stride:
        return replace(series, seen=seen)
    values = {place: kept for place, kept in series.values.items() if place % stride == 0}
    return Series(seen, {**values, series.seen: value})


def transaction_data(
    station: Station, connector: Connector, session: Session, last: Reading, end: Moment
) -> tuple[MeterSampled, ...]:
    """StopTransaction's transactionData: the first and the last reading with all that either key asks for, and what
    was kept between; nothing where both keys are empty."""
    wanted = (item for key in MEASURANDS.values() for item in items(station.configuration, key))
    measurands = tuple(dict.fromkeys(wanted))
    if not measurands:
        return ()
    first = session.begun or Reading(session.meter_start_wh, None, session.started.mono_ms)
    ends = (("Transaction.Begin", first, session.started), ("Transaction.End", last, end))
    begin, ending = (
        MeterSampled(session.session_id, connector.id, reading, moment, context, measurands)
        for context, reading, moment in ends
    )
    return (begin, *_between(connector, session), ending)


def thinned(values: Sequence[MeterSampled]) -> list[MeterSampled]:
    """Every second value of each context; so the one of Transaction.Begin and that of Transaction.End stay."""
    seen: Counter[str] = Counter()
    left = []
    for value in values:
        if seen[value.context] % 2 == 0:
            left.append(value)
        seen[value.context] += 1
    return left


def crowded(values: Sequence[MeterSampled], room: int) -> list[int]:
    """The places of the values that must go so that at most `room` wait, evenly spread over their session.

    The smallest distance between two of a kind is doubled until it parts the time of each kind into few enough.
    """
    times = _times_ms(values)
    spacing_ms = min((b - a for of_kind in times.values() for a, b in pairwise(of_kind) if b > a), default=LONGEST_MS)
    while spacing_ms < LONGEST_MS and sum((kind[-1] - kind[0]) // spacing_ms + 1 for kind in times.values()) > room:
        spacing_ms *= 2
    last_ms: dict[Kind, int] = {}
    gone = []
    for place, value in enumerate(values) if len(values) > room else ():
        kind, mono_ms = _kind(value), value.moment.mono_ms
        if kind in times and mono_ms - last_ms.get(kind, -LONGEST_MS) < spacing_ms:
            gone.append(place)
        else:
            last_ms[kind] = mono_ms
    return gone


def _times_ms(values: Sequence[MeterSampled]) -> dict[Kind, list[int]]:
    """When the values of each kind were taken; what was asked for by name is of no kind."""
    times: dict[Kind, list[int]] = {}
    for value in values:
        if value.context in MEASURANDS:
            times.setdefault(_kind(value), []).append(value.moment.mono_ms)
    return times


def _kind(value: MeterSampled) -> Kind:
    return value.context, value.moment.boot_id


def _between(connector: Connector, session: Session) -> list[MeterSampled]:
    """What was kept, as it happened: boot after boot."""
    values = [value for series in connector.kept.values() for value in series.values.values()]
    boots = list(dict.fromkeys([session.started.boot_id, *(value.moment.boot_id for value in values)]))
    return sorted(values, key=lambda value: (boots.index(value.moment.boot_id), value.moment.mono_ms))
