"""What a meter value costs the disk: it is waited for once, when the value is recorded."""

from dataclasses import replace

import pytest

from edge.core.facts import Fact
from tests.edge.central import HABITS, Central, one_after_the_other
from tests.edge.link.bench import Bench, metered, started


async def synchronous(bench: Bench) -> int:
    async with bench.store._db.execute("PRAGMA synchronous") as rows:
        row = await rows.fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize(
    ("fact", "known", "kept"),
    [
        (metered("s", 2), 7, False),
        (metered(None, 2), None, False),
        (metered("s", 2), None, True),
        (metered("s", 2), -1, True),
        (replace(metered(None, 2), moment=replace(metered(None, 2).moment, wall=None)), None, True),
        (started("s", 2), None, True),
    ],
)
async def test_only_what_could_be_rendered_otherwise_later_is_kept_as_it_was_sent(
    bench: Bench, central: Central, fact: Fact, known: int | None, kept: bool
) -> None:
    for action in ("MeterValues", "StartTransaction"):
        central.answers[action] = one_after_the_other(None, HABITS[action]({}))
    if known is not None:
        await bench.store.learn("s", known)
    await bench.record(fact)
    async with bench.linked(central):
        await central.until(lambda: bool({"MeterValues", "StartTransaction"} & set(central.actions())))
        entry = await bench.store.next_entry()
    assert entry is not None
    assert (entry.payload is not None) == kept


async def test_a_sample_sent_again_after_a_restart_is_the_same(bench: Bench, central: Central) -> None:
    central.answers["MeterValues"] = one_after_the_other(None, {})
    await bench.store.learn("s", 7)
    await bench.record(metered("s", 2))
    async with bench.linked(central):
        await central.expect("MeterValues")
    bench.clock.mono_ms += 77_777
    async with bench.linked(central):
        await bench.settled()
    first, second = [call.payload for call in central.calls if call.action == "MeterValues"]
    assert first == second


async def test_settling_does_not_wait_for_the_disk_and_what_follows_does(bench: Bench) -> None:
    told = list[str]()
    await bench.store._db.set_trace_callback(told.append)
    await bench.record(metered(None, 1), metered(None, 2))
    await bench.store.settle(1)
    assert await bench.store.waiting() == (1, 0)
    pragmas = [line for line in told if "synchronous" in line or line.startswith("DELETE")]
    assert [line.split()[-1] for line in pragmas] == ["synchronous=NORMAL", "1", "synchronous=FULL"]
    assert await synchronous(bench) == 2
