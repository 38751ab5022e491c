"""A world's process for the whole run, and a fresh outlet for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hardware.benches import OUTLETS, Bench, ProcessBench, WorldProcess, here_bench, world_process
from tests.hardware.chip import Chip, chip


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


@pytest.fixture(name="here_bench")
def fixture_here_bench() -> Iterator[Bench]:
    """A fresh outlet of a world in this process."""
    with here_bench() as bench:
        yield bench


@pytest.fixture(params=["here", "process"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """A fresh outlet, once in this process and once in another."""
    bench: Bench = request.getfixturevalue(f"{request.param}_bench")
    return bench


@pytest.fixture
def pins(tmp_path: Path) -> Iterator[Chip]:
    """The pins of a Raspberry Pi that float once their process has ended."""
    with chip(tmp_path, kept=False) as one:
        yield one
