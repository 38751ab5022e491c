"""A process under chip.c that has one part in its hands, and does with it what lines of JSON on its input say."""

import asyncio
import inspect
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from hardware import catalogue, errors
from hardware.ports import Part, Signal


async def main(shelf: str, driver: str, settings: str) -> None:
    """The child: make the part, then obey until the input ends."""
    part: Any = None
    line = json.dumps([])
    while line:
        try:
            if part is None:
                part, result = getattr(catalogue, shelf).make(Part(driver, json.loads(settings))), None
            else:
                method, *arguments = json.loads(line)
                if method == "show":
                    arguments[0] = Signal(arguments[0])
                result = getattr(part, method)(*arguments)
                result = await result if inspect.isawaitable(result) else result
            print(json.dumps([result, None]), flush=True)
        except errors.HardwareError as error:
            print(json.dumps([str(error), type(error).__name__]), flush=True)
        line = await asyncio.to_thread(sys.stdin.readline)


class InHand:
    """A part in a process of its own; each of its methods is called there, and its errors are raised here."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self._child = child
        self._answer()

    def __getattr__(self, method: str) -> Any:
        def call(*arguments: object) -> object:
            assert self._child.stdin
            self._child.stdin.write(json.dumps([method, *arguments]) + "\n")
            self._child.stdin.flush()
            return self._answer()

        return call

    def _answer(self) -> object:
        assert self._child.stdout
        result, error = json.loads(self._child.stdout.readline())
        if error:
            raise getattr(errors, error)(result)
        return result


@contextmanager
def in_hand(environment: Mapping[str, str], shelf: str, driver: str, **settings: object) -> Iterator[Any]:
    """That part of the catalogue, made in a process with this environment."""
    words = (sys.executable, "-m", "tests.hardware.hands", shelf, driver, json.dumps(settings))
    with subprocess.Popen(
        words, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        try:
            yield InHand(child)
        finally:
            child.kill()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
