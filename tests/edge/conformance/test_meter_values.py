"""Cases about what is measured during a session."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from tests.edge.conformance.script import TAG, status, stop, values
from tests.edge.conformance.stand import Stand

EVERYTHING = "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage"
ENERGY = "Energy.Active.Import.Register"
DAY = datetime(2026, 1, 1, tzinfo=UTC)
SOME = 3


async def told(bench: Stand, number: int, context: str, transaction: int) -> list[dict[str, Any]]:
    """So many MeterValues of a session, each with one moment and one context."""
    found: list[dict[str, Any]] = []
    while len(found) < number:
        (payload,) = await bench.central.sees(values(1, transactionId=transaction))
        (one,) = payload["meterValue"]
        assert {value["context"] for value in one["sampledValue"]} == {context}
        found.append(one)
    return found


def moments(sampled: list[dict[str, Any]]) -> list[datetime]:
    """When they were taken."""
    return [datetime.fromisoformat(one["timestamp"]) for one in sampled]


def measurands(one: dict[str, Any]) -> set[str]:
    """What was measured."""
    return {value["measurand"] for value in one["sampledValue"]}


async def test_070_sampled_values(bench: Stand) -> None:
    await bench.central.configure(MeterValueSampleInterval=1, MeterValuesSampledData=EVERYTHING)
    transaction = await bench.charging()
    sampled = await told(bench, SOME, "Sample.Periodic", transaction)
    assert {after - before for before, after in pairwise(moments(sampled))} == {timedelta(seconds=1)}
    assert [measurands(one) for one in sampled] == [set(EVERYTHING.split(","))] * SOME


async def test_071_clock_aligned_values(bench: Stand) -> None:
    keys = {"MeterValueSampleInterval": 0, "MeterValuesAlignedData": "", "ClockAlignedDataInterval": 2}
    await bench.central.configure(**keys)
    transaction = await bench.charging()
    sampled = await told(bench, SOME, "Sample.Clock", transaction)
    assert {(at - DAY) % timedelta(seconds=2) for at in moments(sampled)} == {timedelta()}
    assert {after - before for before, after in pairwise(moments(sampled))} == {timedelta(seconds=2)}
    assert [measurands(one) for one in sampled] == [{ENERGY}] * SOME


async def test_070_071_values_in_the_stop(bench: Stand) -> None:
    """No case of the list: what StopTxnSampledData and StopTxnAlignedData ask for."""
    keys = {"StopTxnSampledData": f"{ENERGY},Voltage", "StopTxnAlignedData": ENERGY, "ClockAlignedDataInterval": 1}
    await bench.central.configure(**keys)
    transaction = await bench.charging()
    await bench.central.sees(values(1, transactionId=transaction))
    await bench.central.sees(values(1, transactionId=transaction))
    bench.taps(TAG)
    (payload, _) = await bench.central.sees(stop("Local", transactionId=transaction), status(1, "Finishing"))
    data = payload["transactionData"]
    contexts = [{value["context"] for value in one["sampledValue"]} for one in data]
    assert (contexts[0], contexts[-1]) == ({"Transaction.Begin"}, {"Transaction.End"})
    assert {"Sample.Periodic"} in contexts and {"Sample.Clock"} in contexts
    assert measurands(data[0]) == measurands(data[-1]) == {ENERGY, "Voltage"}
    assert moments(data) == sorted(moments(data))
