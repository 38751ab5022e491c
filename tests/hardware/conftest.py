"""A world's process for the whole run, and a fresh outlet for each test."""

from collections.abc import Iterator

import pytest

from tests.hardware.benches import OUTLETS, Bench, ProcessBench, WorldProcess, here_bench, world_process


@pytest.fixture(scope="session")
def common_world() -> Iterator[WorldProcess]:
    """A process with many outlets."""
    with world_process(*(f"lab/{number}" for number in range(1, OUTLETS + 1))) as world:
        yield world


@pytest.fixture(scope="session")
def unused(common_world: WorldProcess) -> Iterator[str]:
    """Outlets of the common world that no test has touched."""
    return iter(common_world.ready.outlets)


@pytest.fixture
def process_bench(common_world: WorldProcess, unused: Iterator[str]) -> Iterator[ProcessBench]:
    """A fresh outlet of the world's process."""
    bench = ProcessBench(common_world, next(unused))
    yield bench
    bench.close()


@pytest.fixture(params=["here", "process"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """A fresh outlet, once in this process and once in another."""
    if request.param == "process":
        yield request.getfixturevalue("process_bench")
    else:
        with here_bench() as bench:
            yield bench
