"""The agent's process: from its settings file to its exit status; a guardian that it brings starts while it imports."""

import asyncio
import os
import signal
import sqlite3
import sys
from asyncio.subprocess import Process
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from edge import settings
from edge.settings import Settings, SettingsError
from hardware.errors import HardwareError
from hardware.guardian_client import GuardianClient, GuardianLink

RESTART = 75
FAREWELL_S = 5.0
Say = Callable[[str], None]


async def _guardian(path: Path, wanted: Settings) -> tuple[GuardianLink | None, Process | None]:
    """The guardian that serves now; where none does, the one that is brought if the settings allow it."""
    guardian = await GuardianClient.met(wanted.guardian.socket)
    brought = await _spawn(path) if guardian is None and wanted.guardian.spawn else None
    return guardian, brought


async def _spawn(path: Path) -> Process:
    """A guardian in a session of its own: it must outlive us long enough to release."""
    command = [sys.executable, "-m", "bollard", "edge", "guardian", "--once", "--config", str(path)]
    return await asyncio.create_subprocess_exec(*command, start_new_session=True, stdin=asyncio.subprocess.DEVNULL)


async def _run(path: Path, say: Say) -> int:
    wanted = settings.load(path)
    ending = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, ending.set)
    wanted.made_data_dir()
    met, brought = await _guardian(path, wanted)
    from edge.app import opened  # the most of a start: meanwhile a guardian that was brought comes up

    guardian = met or await GuardianClient.connect(wanted.guardian.socket)
    async with opened(path, wanted, say, guardian) as agent:
        say(f"agent {wanted.identity} with {len(wanted.connectors)} connector(s), central system {wanted.csms.url}")
        working = asyncio.create_task(agent.run())
        stopping = asyncio.create_task(ending.wait())
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        working.cancel()
        await asyncio.wait((working,))
        status = _status(working, say)
    if brought is not None and status == RESTART:
        with suppress(TimeoutError):
            await asyncio.wait_for(brought.wait(), FAREWELL_S)
    return status


def _status(working: asyncio.Task[None], say: Say) -> int:
    if working.cancelled():
        return 0
    from edge.app import Restarted
    from edge.records import Damaged

    failed = working.exception()
    for error in _leaves(failed):
        if isinstance(error, Restarted):
            say(f"{error} reset: the agent starts again")
            return RESTART
        if isinstance(error, sqlite3.Error | TimeoutError):
            say(f"the agent cannot save and ends: {error or 'the disk hangs'}")
            return 1
        if isinstance(error, HardwareError | Damaged):
            say(f"the agent ends: {error}")
            return 1
    if failed is not None:
        raise failed
    return 0


def _leaves(error: BaseException | None) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for one in error.exceptions for leaf in _leaves(one)]
    return [] if error is None else [error]


def run(path: Path) -> int:
    """Run the agent of a settings file until SIGTERM or SIGINT; returns the exit status.

    A reset starts the software again in this very process, so that it needs no supervisor.
    """

    def say(text: str) -> None:
        print(text, flush=True)

    try:
        status = asyncio.run(_run(path, say))
    except (SettingsError, HardwareError, sqlite3.Error, OSError) as error:
        print(f"bollard edge run: {error}", file=sys.stderr)
        return 2
    if status == RESTART:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - our own command line, once more
    return status
