"""A guardian's process on duty at an outlet, and agents that come to it."""

import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from random import Random

from hardware.guardian import Engaged
from hardware.guardian_client import GuardianClient
from tests.hardware.benches import ProcessBench
from tests.hardware.running import PATIENCE_S, Running, running

SHORT_LEASE_MS = 400
LONG_LEASE_MS = 10_000
SLACK_MS = 1_000


class Systemd:
    """Hears what a service tells systemd."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(PATIENCE_S)

    def hears(self) -> str:
        """The next message."""
        return self._socket.recv(100).decode()

    def close(self) -> None:
        self._socket.close()


class Post:
    """A guardian on duty at a bench."""

    def __init__(self, process: Running, path: Path, bench: ProcessBench, systemd: Systemd) -> None:
        self.process = process
        self.path = path
        self.bench = bench
        self.systemd = systemd

    def released_within_ms(self, since_ms: int) -> int:
        """Waits until the contactor has released; how long after `since_ms` (monotonic) that was."""
        deadline = time.monotonic() + PATIENCE_S
        while (last := self.bench.truth().conductions[-1]).real_to_ms is None:
            assert time.monotonic() < deadline, "still engaged"
            time.sleep(0.01)
        return last.real_to_ms - since_ms


@contextmanager
def on_duty(bench: ProcessBench, directory: Path, stay: str, lease_ms: int = LONG_LEASE_MS) -> Iterator[Post]:
    path, systemd = directory / "guardian.sock", Systemd(directory / "notify.sock")
    arguments = ("-m", "tests.hardware.guardian_program", bench.world, str(path), str(lease_ms), stay, bench.outlet)
    with running(*arguments, environment={"NOTIFY_SOCKET": str(systemd.path)}) as process:
        assert systemd.hears() == "READY=1"
        yield Post(process, path, bench, systemd)
    systemd.close()


@asynccontextmanager
async def engaged(post: Post) -> AsyncIterator[tuple[GuardianClient, AsyncIterator[object]]]:
    """A client that has engaged connector 1."""
    client = await GuardianClient.connect(post.path)
    events = client.events()
    client.engage(1)
    assert await anext(events) == Engaged(1)
    yield client, events
    client.close()


@contextmanager
def living_agent(post: Post) -> Iterator[Running]:
    """An agent's process that has engaged connector 1 and renews its lease."""
    with running("-m", "tests.hardware.agent_program", str(post.path)) as agent:
        agent.line_with("Engaged(connector=1)")
        yield agent


def now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


def killed_or_stopped_at_random(post: Post, random: Random) -> None:
    """One agent's life and sudden end; nothing conducts longer than the lease after it."""
    with living_agent(post) as agent:
        time.sleep(random.uniform(0, 0.1))
        agent.signal(random.choice((signal.SIGSTOP, signal.SIGKILL)))
        assert post.released_within_ms(now_ms()) < SHORT_LEASE_MS + SLACK_MS
