"""A Hard reset by the command of the settings, tried as often as ResetRetries says."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import PurePath

LONGEST_S = 30.0
PAUSE_S = 1.0


async def rebooted(command: Sequence[str], retries: int, say: Callable[[str], None]) -> str | None:
    """Run the command until it ends well; None, or why it did not the last time."""
    failure = None
    for attempt in range(retries + 1):
        await asyncio.sleep(PAUSE_S if attempt else 0)
        failure = await _failure(command)
        if failure is None:
            break
        say(f"hard reset, attempt {attempt + 1} of {retries + 1}: {failure}")
    return failure


async def _failure(command: Sequence[str]) -> str | None:
    name = PurePath(command[0]).name  # OCPP has 50 characters for a reason
    try:
        process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL)
    except OSError as error:
        return f"{name}: {error.strerror}"
    try:
        async with asyncio.timeout(LONGEST_S):
            status = await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
        return f"{name} does not end"
    return f"{name} ended with status {status}" if status else None
