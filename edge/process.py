"""The agent's process: from its settings file to its exit status; a guardian that it brings starts while it imports."""

import asyncio
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

from edge import settings
from edge.settings import Settings, SettingsError
from hardware.errors import HardwareError
from hardware.guardian_client import GuardianClient, GuardianLink

RESTART_STATUS = 75
Say = Callable[[str], None]


async def _guardian(path: Path, wanted: Settings) -> GuardianLink | None:
    """The guardian that serves now; None where none does, and one is brought if the settings allow it."""
    guardian = await GuardianClient.met(wanted.guardian.socket)
    if guardian is None and wanted.guardian.spawn:
        await _spawn(path)
    return guardian


async def _spawn(path: Path) -> None:
    """A guardian in a session of its own: it must outlive us long enough to release."""
    command = [sys.executable, "-m", "bollard", "edge", "guardian", "--once", "--config", str(path)]
    await asyncio.create_subprocess_exec(*command, start_new_session=True, stdin=asyncio.subprocess.DEVNULL)


async def _run(path: Path, say: Say) -> int:
    wanted = settings.load(path)
    ending = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, ending.set)
    wanted.made_data_dir()
    met = await _guardian(path, wanted)
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
        return _status(working, say)


def _status(working: asyncio.Task[None], say: Say) -> int:
    if working.cancelled():
        return 0
    from edge.app import Restarted
    from edge.records import Damaged

    failed = working.exception()
    for error in _leaves(failed):
        if isinstance(error, Restarted):
            say(f"{error} reset: the agent ends, to be started again")
            return RESTART_STATUS
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
    """Run the agent of a settings file until SIGTERM or SIGINT; returns the exit status."""

    def say(text: str) -> None:
        print(text, flush=True)

    try:
        return asyncio.run(_run(path, say))
    except (SettingsError, HardwareError, sqlite3.Error, OSError) as error:
        print(f"bollard edge run: {error}", file=sys.stderr)
        return 2
