"""Fixtures every part may use: a migrated database, on SQLite and on PostgreSQL alike."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from cloud.db.database import Database
from cloud.db.migrations import migrate
from tests.compiled import compile_once
from tests.postgres import Cluster, cluster


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How fast each hazard was released, as measured in emulated time by tests/edge/hazards."""
    passed = terminalreporter.stats.get("passed", [])
    lines = [words for report in passed for name, words in report.user_properties if name == "hazard"]
    if lines:
        terminalreporter.section("from cause to release, in emulated time")
    for line in lines:
        terminalreporter.write_line(line)


def pytest_configure() -> None:
    compile_once()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """The session's PostgreSQL cluster."""
    with cluster() as running:
        yield running


@pytest.fixture(scope="session")
def postgres_migrated(postgres: Cluster) -> str:
    """The name of a migrated PostgreSQL database that remembers how it was then."""
    name = postgres.create()
    asyncio.run(migrate(postgres.url(name)))
    postgres.remember(name)
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file from which others are copied."""
    path = tmp_path_factory.mktemp("template") / "bollard.db"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a fresh, migrated SQLite database."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'bollard.db')}"


@pytest.fixture
def postgres_url(postgres: Cluster, postgres_migrated: str) -> str:
    """The URL of a PostgreSQL database that is as after the migrations, whatever an earlier test did to its rows."""
    postgres.restore(postgres_migrated)
    return postgres.url(postgres_migrated)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh, migrated database, once for each kind."""
    fixture = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(fixture)
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open, migrated Database, once for each kind."""
    opened = await Database.open(database_url)
    yield opened
    await opened.close()
