"""Several stations and the running server over real sockets, tormented: the same books as when all goes well."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cloud.db.database import Database
from cloud.db.migrations import migrate
from tests.cloud.delivery.facts import STOP, Story, stories
from tests.cloud.delivery.server import Server
from tests.cloud.delivery.stage import Outage, Outcome, Stage, Torment, Weather, furnish
from tests.cloud.delivery.station import IN_ORDER, Fate
from tests.cloud.services.histories import STATIONS, STRANGER
from tests.cloud.services.test_any_order import UNHURRIED
from tests.postgres import Cluster, cluster
from tests.processes.outages import frozen, locked, no_room_on_disk, stopped

FATES = 14
ONCE = settings(UNHURRIED, phases=[Phase.reuse, Phase.generate])
"""What goes wrong between processes cannot be told again exactly, so nothing is gained by shrinking it."""
ENERGY, PRICE = -4, -1


@contextmanager
def on_stage(url: str, outages: Sequence[Outage]) -> Iterator[Callable[[Story, Torment], tuple[Outcome, Outcome]]]:
    """Tells a story well and in a torment, each to the same running server."""
    with asyncio.Runner() as loop:
        db = loop.run(Database.open(url))
        loop.run(db.write(furnish))
        stage = Stage(db, Server(url), outages)
        loop.run(stage.server.start())

        async def both(story: Story, torment: Torment) -> tuple[Outcome, Outcome]:
            books = await stage.told(story), await stage.told(story, torment)
            assert not (crashed := crashes(stage.server.lines)), crashed
            return books

        try:
            yield lambda story, torment: loop.run(both(story, torment))
        finally:
            loop.run(stage.server.stop())
            loop.run(db.close())


def crashes(lines: list[str]) -> str:
    """What the server said from its first traceback on."""
    crashed = [number for number, line in enumerate(lines) if "Traceback" in line]
    return "\n".join(lines[max(0, crashed[0] - 3) : crashed[0] + 200]) if crashed else ""


def torments(fates: Sequence[Fate]) -> st.SearchStrategy[Torment]:
    """Fates for every station, and little weather."""
    met = st.tuples(*[st.lists(st.sampled_from(fates), max_size=FATES)] * STATIONS)
    weather = st.tuples(st.sampled_from(Weather), st.integers(0, 9))
    return st.builds(Torment, met, st.dictionaries(st.integers(1, FATES * STATIONS), weather, max_size=3))


def the_same_however_delivered(
    url: str, outages: Sequence[Outage], examples: int, fates: Sequence[Fate], *, odd_meters: bool
) -> None:
    """Stories told badly end as if told well; unless a meter was odd, every known tag is billed, once."""
    with on_stage(url, outages) as told:

        @settings(ONCE, max_examples=examples)
        @given(story=stories(odd_meters=odd_meters), torment=torments(fates))
        def check(story: Story, torment: Torment) -> None:
            well, badly = told(story, torment)
            assert badly == well
            complete(story, well)

        check()


def complete(story: Story, books: Outcome) -> None:
    """The books say what happened, not only twice the same."""
    assert sorted(row[ENERGY] for row in books.sessions) == sorted(v.measured.energy_wh for v in story.visits)
    doubtful = [visit for visit in story.visits if visit.tag == STRANGER or visit.measured.findings]
    assert [row[PRICE] for row in books.sessions].count(None) == len(doubtful)
    assert len(books.bills) == len(story.visits) - len(doubtful)
    assert len(books.orphans) == sum(stray.action == STOP for stray in story.strays)
    assert len(books.samples) == sum(visit.last - 1 + visit.in_stop for visit in story.visits) + sum(
        stray.action != STOP for stray in story.strays
    )
    assert all(online for online, *_ in books.shown)


CASES = pytest.mark.parametrize(
    ("fates", "odd_meters"), [(IN_ORDER, True), (list(Fate), False)], ids=["odd-meters", "out-of-order"]
)


@CASES
def test_the_same_on_sqlite(sqlite_url: str, fates: list[Fate], odd_meters: bool) -> None:
    the_same_however_delivered(sqlite_url, [no_room_on_disk], 4, fates, odd_meters=odd_meters)


@CASES
def test_the_same_on_postgresql(
    postgres: Cluster, postgres_migrated: str, postgres_url: str, fates: list[Fate], odd_meters: bool
) -> None:
    closed = [lambda _server: postgres.closed(postgres_migrated)]
    the_same_however_delivered(postgres_url, closed, 4, fates, odd_meters=odd_meters)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@CASES
def test_the_same_on_sqlite_at_length(sqlite_url: str, fates: list[Fate], odd_meters: bool) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    ways: list[Outage] = [no_room_on_disk, lambda _server: locked(path)]
    the_same_however_delivered(sqlite_url, ways, 300, fates, odd_meters=odd_meters)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@CASES
def test_the_same_on_postgresql_at_length(fates: list[Fate], odd_meters: bool) -> None:
    with cluster(durable=True) as own:
        name = own.create()
        asyncio.run(migrate(own.url(name)))
        ways: list[Outage] = [
            lambda _server: own.closed(name),
            lambda _server: stopped(own),
            lambda _server: frozen(own),
        ]
        the_same_however_delivered(own.url(name), ways, 300, fates, odd_meters=odd_meters)
