"""Real processes under test: started, listened to line by line, and always ended."""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

PATIENCE_S = 20


class Running:
    """A child process whose output lines can be waited for."""

    def __init__(self, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        self._child = subprocess.Popen(
            [sys.executable, *arguments], stdout=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})}
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid

    def line_with(self, part: str) -> str:
        """The next line that contains `part`; lines before it are passed over."""
        while part not in (line := self._lines.get(timeout=PATIENCE_S)):
            pass
        return line

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._child.send_signal(number)

    def ended(self) -> int:
        """Wait for its end; the exit status."""
        return self._child.wait(PATIENCE_S)

    def end(self) -> None:
        """End it whatever state it is in."""
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait(PATIENCE_S)
        self._listener.join(PATIENCE_S)
        if self._child.stdout:
            self._child.stdout.close()

    def _listen(self) -> None:
        for line in self._child.stdout or ():
            self._lines.put(line.rstrip("\n"))


@contextmanager
def running(*arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[Running]:
    """A Python process with these arguments, ended on leaving."""
    process = Running(*arguments, environment=environment)
    try:
        yield process
    finally:
        process.end()
