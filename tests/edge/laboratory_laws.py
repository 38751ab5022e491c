"""What must hold in the laboratory, whatever happens."""

from collections.abc import Collection
from itertools import pairwise
from typing import TYPE_CHECKING

from edge.core.facts import MeterSampled, SessionStarted, SessionStopped
from edge.core.faults import HAZARDS, Clears
from edge.core.state import Station
from tests.edge.laboratory_parts import WH_MJ

if TYPE_CHECKING:
    from tests.edge.laboratory import Laboratory


def holds(lab: "Laboratory") -> None:
    """At every instant: energy flows only for a saved session that goes on, through a plug that is held."""
    for n, outlet in lab.outlets.items():
        session = lab.disk.session_of(n)
        if session is not None and session.session_id not in lab.begun:
            lab.begun.add(session.session_id)
            assert not outlet.loose, f"connector {n}: a session began with a plug that is not held"
            assert session.session_id in lab.sound, f"connector {n}: a session began before a technician had been"
        if not outlet.closed:
            continue
        if n in lab.waiting:
            lab.violations.append(f"connector {n} is engaged before a technician has been")
        if outlet.loose:
            lab.violations.append(f"connector {n} is engaged with a plug that is not held")
        connector = lab.loop.station.connectors[n]
        if session is None:
            lab.violations.append(f"connector {n} is engaged without a saved session")
        elif session.id_tag in lab.central.bad_tags:
            lab.violations.append(f"connector {n} is engaged for a tag that nobody accepted")
        if connector.session is None or connector.session.stopping is not None:
            lab.violations.append(f"connector {n} is engaged although its session was stopped")
        if connector.faults or lab.loop.station.tripped:
            lab.violations.append(f"connector {n} is engaged while faulted")
    assert not lab.violations, lab.violations


def needing_a_technician(station: Station) -> set[int]:
    """Connectors with a fault that nobody else may clear."""
    every = station.connectors.items()
    return {n for n, c in every if any(HAZARDS[source].clears is Clears.BY_TECHNICIAN for source in c.faults)}


def balances(lab: "Laboratory") -> None:
    """Every Wh is in one session's facts, but for what a weld let through; every start has one stop; facts came in
    order."""
    facts = [lab.disk.fact(seq) for seq in sorted(lab.disk.ever)]
    for n, outlet in lab.outlets.items():
        starts = [f for f in facts if isinstance(f, SessionStarted) and f.connector == n]
        stops = [f for f in facts if isinstance(f, SessionStopped) and f.connector == n]
        assert [f.session_id for f in starts] == [f.session_id for f in stops]
        register, gaps = 5_000_000, []
        for start, stop in zip(starts, stops, strict=True):
            gaps.append(start.meter_start_wh - register)
            assert facts.index(start) < facts.index(stop)
            register = stop.meter_stop_wh
        gaps.append(outlet.register_wh - register)
        assert min(gaps) >= 0, "energy is in two sessions"
        assert sum(gaps) <= -(-outlet.stray_mj // WH_MJ), "energy flowed outside any session"
        assert sum(gaps) >= lab.known_stray_mj[n] // WH_MJ - len(gaps), "a weld's energy was billed"
    assert list(dict.fromkeys(lab.central.received)) == sorted(lab.disk.ever), "facts lost or out of order"
    samples = [f for f in facts if isinstance(f, MeterSampled) and f.session_id]
    assert {f.session_id for f in samples} <= {f.session_id for f in facts if isinstance(f, SessionStarted)}


def measures(lab: "Laboratory") -> None:
    """Values of the clock lie on its instants (here: 5 s), those of a session in order; StopTransaction has the first
    reading, the last one, and between them only values that were told too, each once; then nothing more is kept."""
    facts = [lab.disk.fact(seq) for seq in sorted(lab.disk.ever)]
    samples = [fact for fact in facts if isinstance(fact, MeterSampled)]
    for sample in samples:
        wall = sample.moment.wall
        assert sample.context != "Sample.Clock" or (wall and wall.second % 5 == wall.microsecond == 0), sample
    starts = {fact.session_id: fact for fact in facts if isinstance(fact, SessionStarted)}
    for stop in (fact for fact in facts if isinstance(fact, SessionStopped)):
        own = [sample for sample in samples if sample.session_id == stop.session_id]
        for one, two in pairwise(sample.moment for sample in own):
            assert one.boot_id != two.boot_id or one.mono_ms <= two.mono_ms
        if stop.transaction_data:
            begin, *between, end = stop.transaction_data
            kept, told = [_measured(sample) for sample in between], {_measured(sample) for sample in own}
            assert len(set(kept)) == len(kept) <= 198
            assert set(kept) <= told
            assert (begin.context, end.context) == ("Transaction.Begin", "Transaction.End")
            assert begin.reading.energy_wh == starts[stop.session_id].meter_start_wh
            assert (end.reading.energy_wh, end.moment) == (stop.meter_stop_wh, stop.moment)
    assert not any(key.startswith("kept/") for key in lab.disk.records)


def _measured(sample: MeterSampled) -> tuple[object, ...]:
    """What tells one value from another; the clock may have become known since."""
    return sample.context, sample.moment.boot_id, sample.moment.mono_ms, sample.reading


def frees(lab: "Laboratory") -> None:
    """Only what is kept for its owner is still locked, and UnlockConnector frees that too."""
    for n, outlet in lab.outlets.items():
        assert outlet.locked is (lab.loop.station.connectors[n].held is not None), n
        lab.unlock(n)
        lab.advance(1_000)
        assert lab.replies[f"request-{lab.requests}"] == ("Unlocked" if outlet.has_lock else "NotSupported")
        assert not outlet.locked


def soundly_begun(station: Station, waiting: Collection[int]) -> set[str]:
    """The sessions of connectors that need no technician: a slow disk may save one after what happened next."""
    broken = needing_a_technician(station) | set(waiting)
    return {c.session.session_id for n, c in station.connectors.items() if c.session is not None and n not in broken}
