"""Real processes for the tests: started, heard, frozen, killed and started again."""

import asyncio
import os
import re
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field

from bollard.demo.processes import Program, Running, end, start

PATIENCE_S = 20.0
SAYS_WITHIN_S = 100.0
ENDS_WITHIN_S = 90.0


@dataclass
class Actor:
    """One program, over all its lives. `lifeless_ms` are the spans (monotonic) in which nobody was at work."""

    program: Program
    lines: list[str] = field(default_factory=list)
    lifeless_ms: list[tuple[int, int | None]] = field(default_factory=list)
    running: Running | None = None
    suffering: asyncio.Lock = field(default_factory=asyncio.Lock)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def pid(self) -> int:
        """The process itself."""
        assert self.running is not None
        return self.running.process.pid

    async def enter(self) -> "Actor":
        """Start, or start again."""
        self.running = await start(self.program, self._hear)
        self._awake()
        return self

    async def leave(self) -> int | None:
        """Ask it to end, kill it if it does not; returns the exit status."""
        if self.running is None:
            return None
        self._asleep()
        with suppress(ProcessLookupError):
            self._signal(signal.SIGCONT)
        await end([self.running], PATIENCE_S)
        status, self.running = self.running.process.returncode, None
        return status

    async def ends(self) -> int | None:
        """Wait until it has ended by itself; returns the exit status."""
        assert self.running is not None
        async with asyncio.timeout(ENDS_WITHIN_S):
            await self.running.ended
        status, self.running = self.running.process.returncode, None
        return status

    async def die(self) -> None:
        """SIGKILL to this process alone: whatever it started stays."""
        assert self.running is not None
        self._asleep()
        self.running.process.kill()
        await self.running.ended
        self.running = None

    def freeze(self) -> None:
        """SIGSTOP."""
        self._asleep()
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT)
        self._awake()

    async def says(self, pattern: str, since: int = 0) -> re.Match[str]:
        """The first line from number `since` on that matches, now or when it comes."""
        try:
            async with asyncio.timeout(SAYS_WITHIN_S):
                return await self._line(pattern, since)
        except TimeoutError:
            said = "\n".join(self.lines[-40:])
            raise AssertionError(f"{self.program.name} did not say {pattern!r}, but:\n{said}") from None

    async def _line(self, pattern: str, since: int) -> re.Match[str]:
        while True:
            self.news.clear()
            for line in self.lines[since:]:
                if match := re.search(pattern, line):
                    return match
            await self.news.wait()

    def _hear(self, who: str, line: str) -> None:
        self.lines.append(line)
        self.news.set()

    def _signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def _asleep(self) -> None:
        if not self.lifeless_ms or self.lifeless_ms[-1][1] is not None:
            self.lifeless_ms.append((now_ms(), None))

    def _awake(self) -> None:
        if self.lifeless_ms and self.lifeless_ms[-1][1] is None:
            self.lifeless_ms[-1] = (self.lifeless_ms[-1][0], now_ms())


def now_ms() -> int:
    """The monotonic clock, which all processes share."""
    return time.monotonic_ns() // 1_000_000
