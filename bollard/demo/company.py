"""The company of processes on stage: enters scene by scene, is watched, leaves in the reverse order."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any, TypeVar

from bollard.demo.errors import DemoError
from bollard.demo.lines import Say
from bollard.demo.processes import Program, Running, end, family, kill, start

T = TypeVar("T")
READY_WITHIN_S = 30.0
PATIENCE_S = 8.0


class Company:
    """All processes that the demo has started and not yet seen off.

    `hear` gets each line that they print; each scene has `patience_s` to end before it is killed.
    """

    def __init__(self, hear: Say, patience_s: float = PATIENCE_S) -> None:
        self._hear = hear
        self._patience_s = patience_s
        self._scenes: list[list[Running]] = []
        self._awaited: dict[str, tuple[re.Pattern[str], asyncio.Future[re.Match[str]]]] = {}

    async def enter(self, *programs: Program) -> None:
        """Start programs that belong to one scene: they also end together."""
        scene: list[Running] = []
        self._scenes.append(scene)
        for program in programs:
            scene.append(await start(program, self._listen))

    async def enter_and_say(self, lines: Mapping[Program, str]) -> list[re.Match[str]]:
        """Start programs and wait for the lines by which each tells that it is ready, or raise `DemoError`."""
        loop = asyncio.get_running_loop()
        said = [loop.create_future() for _ in lines]
        for (program, pattern), match in zip(lines.items(), said, strict=True):
            self._awaited[program.name] = (re.compile(pattern), match)
        await self.enter(*lines)
        try:
            return await asyncio.wait_for(self.unless_one_is_lost(asyncio.gather(*said)), READY_WITHIN_S)
        except TimeoutError:
            silent = " and ".join(each.name for each, match in zip(lines, said, strict=True) if not match.done())
            raise DemoError(f"Not ready after {READY_WITHIN_S:.0f} s: {silent}.") from None

    async def unless_one_is_lost(self, task: asyncio.Future[T]) -> T:
        """The result of some work, or `DemoError` with the last words of a process that ends meanwhile."""
        watched: dict[asyncio.Future[Any], Running] = {each.ended: each for each in self.everyone()}
        try:
            done, _ = await asyncio.wait([task, *watched], return_when=asyncio.FIRST_COMPLETED)
            if task in done:
                return task.result()
            raise DemoError(_obituary(watched[next(iter(done))]))
        finally:
            task.cancel()

    async def leave(self) -> None:
        """End all, scene by scene, the last to enter first."""
        while self._scenes:
            await end(self._scenes[-1], self._patience_s)
            self._scenes.pop()

    def kill(self) -> None:
        """End all at once, without asking."""
        for each in self.everyone():
            kill(family(each.process.pid))

    def everyone(self) -> list[Running]:
        """Whoever is on stage."""
        return [each for scene in self._scenes for each in scene]

    def _listen(self, name: str, line: str) -> None:
        self._hear(name, line)
        if name in self._awaited:
            pattern, said = self._awaited[name]
            if (match := pattern.search(line)) and not said.done():
                said.set_result(match)


def _obituary(gone: Running) -> str:
    last_words = "".join(f"\n    {line}" for line in gone.last_lines)
    how = f"{gone.program.name} ended by itself with status {gone.process.returncode}."
    return f"{how} Its last lines:{last_words}" if last_words else f"{how} It said nothing."
