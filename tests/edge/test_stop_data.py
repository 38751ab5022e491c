"""StopTransaction's transactionData: first and last reading always, what is kept between evenly spread and bounded."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bollard.wire.frames import Call, encode
from bollard.wire.schemas import check_request
from edge.core.configuration import MEASURANDS, PHASES, Configuration
from edge.core.facts import MeterSampled, Series, SessionStopped
from edge.core.kept import CLOCK, PERIODIC, transaction_data, with_kept, with_value
from edge.core.memory import changed
from edge.core.state import Connector, Session, Station
from edge.core.values import Moment, Reading, StopReason
from edge.link import translation
from tests.edge.scene import TAG, Scene

BEGIN = datetime(2026, 11, 21, 10, tzinfo=UTC)
ALL = ",".join([*MEASURANDS, *(f"{name}.{phase}" for name, phases in PHASES.items() for phase in phases)])
ROOM = 99


def at(second: int) -> Moment:
    return Moment("boot", second * 1000, BEGIN + timedelta(seconds=second))


def value(second: int, phases: int = 0, context: str = PERIODIC) -> MeterSampled:
    reading = Reading(10**9 + second, 22_080, second * 1000, (15_999,) * phases, (230_123,) * phases)
    return MeterSampled("session", 1, reading, at(second), context, (), 32_000)


def contexts(scene: Scene) -> list[str]:
    return [sample.context for sample in scene.stop().transaction_data]


def stop(scene: Scene) -> None:
    scene.tap(TAG)
    scene.advance(3_000)


def test_with_both_keys_empty_there_is_no_transaction_data() -> None:
    scene = Scene(MeterValueSampleInterval=5, ClockAlignedDataInterval=5)
    scene.charge()
    stop(scene)
    assert scene.stop().transaction_data == ()


def test_stop_txn_sampled_data_is_kept_between_begin_and_end() -> None:
    scene = Scene(MeterValueSampleInterval=10, StopTxnSampledData="Voltage,Power.Active.Import")
    scene.charge()
    scene.advance(31_000)
    stop(scene)
    assert contexts(scene) == ["Transaction.Begin", *4 * [PERIODIC], "Transaction.End"]
    begin, *between, end = scene.stop().transaction_data
    assert {later.moment.mono_ms - earlier.moment.mono_ms for earlier, later in pairwise([begin, *between])} == {10_000}
    assert (begin.reading.energy_wh, end.reading.energy_wh) == (5_000_000, scene.stop().meter_stop_wh)
    assert end.moment == scene.stop().moment
    assert {sample.measurands for sample in scene.stop().transaction_data} == {("Voltage", "Power.Active.Import")}


def test_stop_txn_aligned_data_is_kept_between_begin_and_end() -> None:
    scene = Scene(ClockAlignedDataInterval=20, StopTxnAlignedData="Voltage", MeterValueSampleInterval=10)
    scene.charge()
    scene.advance(60_000)
    stop(scene)
    assert contexts(scene) == ["Transaction.Begin", *3 * [CLOCK], "Transaction.End"]
    seconds = [sample.moment.wall.second for sample in scene.stop().transaction_data[1:-1] if sample.moment.wall]
    assert seconds == [20, 40, 0]


def test_begin_and_end_have_what_either_key_asks_for() -> None:
    scene = Scene(
        MeterValueSampleInterval=7,
        ClockAlignedDataInterval=5,
        StopTxnSampledData="Voltage,Current.Import",
        StopTxnAlignedData="Power.Active.Import,Voltage",
    )
    scene.charge()
    scene.advance(30_000)
    stop(scene)
    begin, *between, end = scene.stop().transaction_data
    assert begin.measurands == end.measurands == ("Voltage", "Current.Import", "Power.Active.Import")
    assert {sample.context: sample.measurands for sample in between} == {
        PERIODIC: ("Voltage", "Current.Import"),
        CLOCK: ("Power.Active.Import", "Voltage"),
    }
    moments = [sample.moment.mono_ms for sample in scene.stop().transaction_data]
    assert moments == sorted(moments)


def test_without_a_sample_interval_begin_and_end_are_there() -> None:
    scene = Scene(MeterValueSampleInterval=0, StopTxnSampledData="Energy.Active.Import.Register")
    scene.charge()
    stop(scene)
    assert contexts(scene) == ["Transaction.Begin", "Transaction.End"]


@pytest.mark.parametrize("life", ["crash", "power_cut"])
def test_what_was_kept_survives_an_interruption_and_is_forgotten_after_the_stop(life: str) -> None:
    scene = Scene(MeterValueSampleInterval=5, StopTxnSampledData="Voltage")
    scene.charge()
    scene.advance(20_000)
    if life == "crash":
        scene.crash()
    else:
        scene.power_cut(10_000)
    scene.advance(20_000)
    assert any(key.startswith("kept/1/Sample.Periodic/") for key in scene.disk.records)
    stop(scene)
    assert contexts(scene).count(PERIODIC) >= 8
    sent = [fact.moment for fact in scene.facts(MeterSampled) if fact.context == PERIODIC]
    kept = [sample.moment for sample in scene.stop().transaction_data if sample.context == PERIODIC]
    assert kept == sent
    assert not any(key.startswith("kept/") for key in scene.disk.records)


def test_stop_transaction_max_meter_values_is_never_exceeded() -> None:
    station = Station({1: Connector(1, session=session())}, keys(StopTxnSampledData=ALL, StopTxnAlignedData=ALL))
    connector = station.connectors[1]
    for second in range(1_000):
        connector = with_kept(station, connector, value(second))
        connector = with_kept(station, connector, value(second, context=CLOCK))
    data = transaction_data(station, connector, session(), Reading(1, None, 0), at(1_000))
    assert 100 < len(data) <= 200
    assert (data[0].context, data[-1].context) == ("Transaction.Begin", "Transaction.End")


def session() -> Session:
    return Session("session", TAG, at(0), 0, Reading(0, None, 0), at(0))


def keys(**values: str) -> Configuration:
    return replace(Configuration(), values=values)


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 5_000), st.integers(2, 200))
def test_what_is_kept_is_spread_evenly(values: int, room: int) -> None:
    series = Series()
    for place in range(values):
        series = with_value(series, value(place), room)
        assert len(series.values) <= room
    places = list(series.values)
    assert places[0] == 0
    assert [sample.moment.mono_ms // 1000 for sample in series.values.values()] == places
    steps = {later - earlier for earlier, later in pairwise(places)}
    assert len(steps) <= 1
    assert len(places) > min(values, room) // 2 - 1
    assert values - places[-1] <= 2 * max(steps, default=2)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 60_000), st.integers(0, 3), st.sampled_from([PERIODIC, CLOCK]))
@example(60_000, 3, PERIODIC)
def test_one_value_more_is_a_small_change_on_disk(seen: int, phases: int, context: str) -> None:
    """One record is written for a value, but for the few times when every second one goes."""
    station = Station({1: Connector(1, session=session())}, keys(StopTxnSampledData=ALL, StopTxnAlignedData=ALL))
    stride = 1 << (seen // ROOM).bit_length()
    kept = {place: value(place, phases, context) for place in range(0, seen, stride)}
    before = station.having(replace(station.connectors[1], kept={context: Series(seen, kept)}))
    after = before.having(with_kept(before, before.connectors[1], value(seen, phases, context)))
    records = changed(before, after)
    assert set(records) <= {f"kept/1/{context}/{seen}"}


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1_000), st.integers(0, 3), st.integers(1, 900), st.booleans())
@example(3_000, 3, 1, True)
def test_no_stop_transaction_exceeds_64_kib(values: int, phases: int, interval_s: int, both: bool) -> None:
    wanted = {"StopTxnSampledData": ALL} | ({"StopTxnAlignedData": ALL} if both else {})
    station = Station({1: Connector(1, session=session())}, keys(**wanted))
    connector = station.connectors[1]
    for place in range(values):
        for context in (PERIODIC, CLOCK):
            connector = with_kept(station, connector, value(place * interval_s, phases, context))
    last = value(values * interval_s, phases)
    begun = replace(session(), begun=value(0, phases).reading)
    data = transaction_data(station, connector, begun, last.reading, last.moment)
    fact = SessionStopped("session", 1, 1, last.moment, StopReason.EV_DISCONNECTED, "T" * 20, data)
    payload = translation.stop_transaction(fact, 2**31 - 1, lambda moment: moment.wall or BEGIN)
    frame = encode(Call("c" * 36, "StopTransaction", payload))
    assert len(frame.encode()) < 65_536
    check_request("StopTransaction", payload)
    told = payload["transactionData"]
    assert [told[0]["sampledValue"][0]["context"], told[-1]["sampledValue"][0]["context"]] == [
        "Transaction.Begin",
        "Transaction.End",
    ]
    fewer = len(told) < len(data)
    assert len(frame) > 30_000 or not fewer
    if not both:
        times = [datetime.fromisoformat(one["timestamp"]) for one in told[1:-1]]
        assert len({later - earlier for earlier, later in pairwise(times)}) <= 1
    assert msgspec.json.decode(frame)[3] == payload
