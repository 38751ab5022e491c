"""The demo's processes: started in groups of their own, listened to, and ended without leaving anyone behind."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LAST_LINES = 12
LONGEST_LINE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Program:
    """One `bollard …` command that runs until it is told to end."""

    name: str
    words: tuple[str, ...]


@dataclass(slots=True)
class Running:
    """A started program: `ended` is done once it and whatever it started have gone."""

    program: Program
    process: asyncio.subprocess.Process
    ended: asyncio.Task[None]
    last_lines: deque[str]


def command(words: Iterable[str]) -> list[str]:
    """The command line of `bollard …` in this same environment, with its output unbuffered."""
    return [sys.executable, "-u", "-m", "bollard", *words]


async def start(program: Program, hear: Callable[[str, str], None]) -> Running:
    """Start a program; each line that it prints goes to `hear(name, line)`."""
    process = await asyncio.create_subprocess_exec(
        *_dies_with_us(),
        *command(program.words),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        limit=LONGEST_LINE_BYTES,
    )
    last_lines: deque[str] = deque(maxlen=LAST_LINES)
    ended = asyncio.create_task(_listen(program.name, process, last_lines, hear))
    return Running(program, process, ended, last_lines)


async def end(running: Iterable[Running], patience_s: float) -> None:
    """Ask all of these to end, wait, then kill what is left of them and of whatever they started."""
    together = list(running)
    everyone = [pid for each in together for pid in family(each.process.pid)]
    for each in together:
        with suppress(ProcessLookupError):
            each.process.terminate()
    if together:
        await asyncio.wait([each.ended for each in together], timeout=patience_s)
    if any(not each.ended.done() for each in together):
        kill(everyone)
    for each in together:
        await each.ended


def kill(family: Iterable[int]) -> None:
    """SIGKILL to each of these processes that is still there."""
    for pid in family:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def family(pid: int) -> list[int]:
    """A process and whatever it started, and so on; also what has a session of its own, like a guardian."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(each for child in children for each in family(int(child)))]


async def _listen(
    name: str, process: asyncio.subprocess.Process, last_lines: deque[str], hear: Callable[[str, str], None]
) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        text = line.decode(errors="replace").rstrip()
        last_lines.append(text)
        hear(name, text)
    await process.wait()


def _dies_with_us() -> list[str]:
    """Linux can end a child when its parent is killed; where it cannot, only an orderly end is clean."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []
