"""A session of a day at one sample a second, in emulated time: core, loop and the real file stay small."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import edge.store
from edge.core import events as ev
from edge.core.configuration import Configuration
from edge.core.effects import Effect
from edge.core.facts import Fact, MeterSampled, SessionStarted, SessionStopped
from edge.core.kept import crowded
from edge.core.state import Connector, Station
from edge.core.values import Moment, Reading, TagInfo, TagStatus, Vehicle
from edge.loop import Loop
from edge.store import ENTRIES, MOST_SAMPLES, Save, Store
from tests.edge.link.bench import metered, started, stopped

BEGIN = datetime(2026, 11, 21, 10, tzinfo=UTC)
ALL = "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Current.Offered,Voltage"
KEYS = {
    "MeterValueSampleInterval": "1",
    "MeterValuesSampledData": ALL,
    "ClockAlignedDataInterval": "60",
    "MeterValuesAlignedData": ALL,
    "StopTxnSampledData": ALL,
    "StopTxnAlignedData": ALL,
    "LocalPreAuthorize": "true",
}
LARGEST_FILE = 12_000_000
LARGEST_STATE = 200_000


def at(second: int) -> Moment:
    return Moment("boot", second * 1000, BEGIN + timedelta(seconds=second))


class Nobody:
    """Hands that do nothing."""

    def release(self, connector: int) -> None:
        pass

    def perform(self, effect: Effect) -> None:
        pass


class LongSession:
    """The real loop and the real file, second by second; saved once a minute, as a slow disk would."""

    def __init__(self, store: Store, path: Path, *, delivers: bool) -> None:
        self.store, self.path, self.delivers = store, path, delivers
        accepted = {"TAG": TagInfo(TagStatus.ACCEPTED)}
        station = Station({1: Connector(1)}, Configuration(values=KEYS), local_list=accepted)
        self.loop = Loop(station, store, Nobody())
        self.largest = 0
        self.samples = 0

    async def run(self, seconds: int) -> None:
        self.loop.take(ev.Started(at(0)))
        self.loop.take(ev.VehicleSeen(at(0), 1, Vehicle.ASKING))
        for second in range(1, seconds):
            self.tick(second)
            if second == 1:
                self.loop.take(ev.TagTapped(at(second), "TAG", (1,)))
            if second % 60 == 0:
                await self.minute(second)
        self.loop.take(ev.TagTapped(at(seconds), "TAG", (1,)))
        self.loop.take(ev.ContactorReleased(at(seconds), 1, "asked"))
        self.tick(seconds + 1)
        await self.minute(seconds + 1)

    def tick(self, second: int) -> None:
        now = at(second)
        self.loop.take(ev.Ticked(now))
        self.loop.take(
            ev.MeterRead(now, 1, Reading(10**7 + 3 * second, 11_040, now.mono_ms, (16_000,) * 3, (230_123,) * 3))
        )

    async def minute(self, second: int) -> None:
        await self.loop.flush()
        while self.delivers and (entry := await self.store.next_entry()) is not None:
            await self.answered(entry.seq, entry.fact, at(second))
        self.largest = max(self.largest, sum(file.stat().st_size for file in self.path.parent.iterdir()))

    async def answered(self, seq: int, fact: Fact, now: Moment) -> None:
        self.samples += isinstance(fact, MeterSampled)
        if isinstance(fact, SessionStarted):
            info = TagInfo(TagStatus.ACCEPTED)
            self.loop.take(ev.StartAnswered(now, seq, fact.session_id, fact.id_tag, 1, info))
            await self.loop.flush()
        else:
            await self.store.settle(seq)

    async def state_bytes(self) -> int:
        return sum(len(key) + len(value) for key, value in (await self.store.load()).items())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "edge.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(path)
    yield opened
    await opened.close()


async def waiting(store: Store) -> list[Fact]:
    """Everything that waits, oldest first."""
    return [entry.fact for entry in await store._entries(f"{ENTRIES} WHERE parked IS NULL ORDER BY seq")]


async def check_offline(store: Store, path: Path, seconds: int) -> None:
    session = LongSession(store, path, delivers=False)
    await session.run(seconds)
    assert session.largest < LARGEST_FILE
    facts = await waiting(store)
    samples = facts[1:-1]
    assert isinstance(facts[0], SessionStarted)
    assert isinstance(facts[-1], SessionStopped)
    assert 100 < len(facts[-1].transaction_data) <= 200
    most = edge.store.MOST_SAMPLES
    assert most // 4 < len(samples) <= most + edge.store.COUNT_EVERY + 60
    moments = [fact.moment.mono_ms for fact in samples]
    assert moments == sorted(moments)
    distances = {later - earlier for earlier, later in pairwise(moments)}
    # two kinds of values share the room, of which thinning leaves half; distances double
    assert max(distances) <= 2 * 2 * 2_000 * -(-seconds // most)
    assert await session.state_bytes() < 10_000


async def check_delivered(store: Store, path: Path, seconds: int) -> None:
    session = LongSession(store, path, delivers=True)
    await session.run(seconds)
    assert session.samples == (seconds - 2) + (seconds - 1) // 60
    assert session.largest < LARGEST_FILE
    assert await store.waiting() == (0, 0)
    assert await session.state_bytes() < 10_000


def sampled(session_id: str | None, second: int, context: str = "Sample.Periodic", connector: int = 1) -> MeterSampled:
    return MeterSampled(session_id, connector, Reading(second, None, second * 1000), at(second), context, (ALL,))


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 400), st.integers(2, 50), st.integers(1, 900))
def test_what_must_go_leaves_the_rest_evenly_spread(values: int, room: int, interval_s: int) -> None:
    """Again and again, as new values come."""
    samples: list[MeterSampled] = []
    for place in range(values):
        samples.append(sampled("s", place * interval_s))
        if len(samples) > 2 * room:
            gone = crowded(samples, room)
            samples = [sample for place, sample in enumerate(samples) if place not in gone]
            assert room // 2 <= len(samples) <= room
            distances = {b.moment.mono_ms - a.moment.mono_ms for a, b in pairwise(samples)}
            assert len(distances) <= 1
            assert samples[0].moment.mono_ms == 0
    assert len(samples) <= 2 * room


def test_where_there_is_room_nothing_goes() -> None:
    assert crowded([sampled("s", second) for second in range(10)], 10) == []
    assert crowded([], 10) == []


def test_what_was_asked_for_never_goes() -> None:
    values = [sampled("s", second // 2, "Trigger" if second % 2 else "Sample.Periodic") for second in range(100)]
    gone = crowded(values, 20)
    assert {values[place].context for place in gone} == {"Sample.Periodic"}


async def test_only_a_crowded_session_is_thinned_and_order_and_ends_stay(store: Store) -> None:
    clock = [sampled("long", second, "Sample.Clock") for second in range(0, MOST_SAMPLES + 500, 60)]
    periodic = [sampled("long", second) for second in range(MOST_SAMPLES + 500)]
    long = sorted([*periodic, *clock], key=lambda fact: fact.moment.mono_ms)
    other: list[Fact] = [started("other", 1, 2), metered("other", 2, 2), stopped("other", 3, 2), metered(None, 4, 2)]
    facts = [started("long", 0), *other, *long, stopped("long", 9_999)]
    for place in range(0, len(facts), 300):
        await store.save([Save({}, facts=tuple(facts[place : place + 300]))])
    left = await waiting(store)
    assert len(left) < len(facts) - 2_000
    assert left[:5] == facts[:5]
    assert left[-1] == facts[-1]
    stayed = set(left)
    assert [fact for fact in facts if fact in stayed] == left
    assert [fact for fact in left if isinstance(fact, MeterSampled) and fact.context == "Sample.Clock"] == clock


async def test_what_is_being_sent_stays_and_what_is_parked_is_thinned_too(store: Store) -> None:
    await store.save([Save({}, facts=tuple(sampled("s", second) for second in range(4)))])
    await store.rendered(2, b"{}")
    await store.rendered(4, b"{}")
    await store.park(4, "refused")
    await store.save([Save({}, facts=tuple(sampled("s", second) for second in range(4, MOST_SAMPLES + 500)))])
    left = await waiting(store)
    assert [fact.moment.mono_ms for fact in left[:4]] == [0, 1_000, 4_000, 8_000]
    assert await store.parked() == []


async def test_a_long_session_without_a_link_stays_small(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour and a tenth of the room: as often thinned as ten hours."""
    monkeypatch.setattr(edge.store, "MOST_SAMPLES", MOST_SAMPLES // 10)
    monkeypatch.setattr(edge.store, "COUNT_EVERY", 50)
    await check_offline(store, path, 3600)


async def test_a_long_session_with_a_link_stays_small(store: Store, path: Path) -> None:
    await check_delivered(store, path, 1200)


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_a_day_without_a_link_stays_small(store: Store, path: Path) -> None:
    await check_offline(store, path, 24 * 3600)


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_a_day_with_a_link_stays_small(store: Store, path: Path) -> None:
    await check_delivered(store, path, 24 * 3600)
