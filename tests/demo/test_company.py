"""The demo's processes: heard, missed when they die, and ended whatever they do."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bollard.demo.company import Company
from bollard.demo.errors import DemoError
from bollard.demo.processes import Program, Running

READY = r"world at (\S+):(\d+)"
heard: list[tuple[str, str]] = []


@pytest.fixture
async def company() -> AsyncIterator[Company]:
    heard.clear()
    company = Company(lambda who, line: heard.append((who, line)), patience_s=2.0)
    try:
        yield company
    finally:
        await company.leave()


def world(*words: str) -> Program:
    return Program("world", ("world", "--port", "0", *words))


async def listening(company: Company) -> Running:
    """A world that answers, so that it also listens to signals."""
    (match,) = await company.enter_and_say({world(): READY})
    reader, writer = await asyncio.open_connection(match[1], int(match[2]))
    writer.write(b"{}\n")
    assert b"error" in await reader.readline()
    writer.close()
    return company.everyone()[0]


def alive_in(session: int) -> list[int]:
    """Processes of a session that have not ended."""
    alive = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            alive.append(int(stat.parent.name))
    return alive


async def test_a_line_tells_that_it_is_ready(company: Company) -> None:
    (match,) = await company.enter_and_say({world(): READY})
    assert int(match[2]) > 0
    assert heard[0][0] == "world"


async def test_one_that_dies_is_named_with_its_last_lines(company: Company) -> None:
    (match,) = await company.enter_and_say({world(): READY})
    with pytest.raises(DemoError, match=re.compile("second ended by itself with status 1.*taken|in use", re.DOTALL)):
        await company.enter_and_say({Program("second", ("world", "--port", match[2])): READY})


async def test_all_leave_when_asked(company: Company) -> None:
    running = await listening(company)
    await company.leave()
    assert running.process.returncode == 0
    assert alive_in(running.process.pid) == []


async def test_one_that_does_not_listen_is_killed(company: Company) -> None:
    running = await listening(company)
    os.kill(running.process.pid, signal.SIGSTOP)
    await company.leave()
    assert running.process.returncode == -signal.SIGKILL
