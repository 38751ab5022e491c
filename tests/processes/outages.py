"""Ways to keep a real database from committing, and to let it again."""

import os
import resource
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from tests.postgres import Cluster

Outage = Callable[[], AbstractContextManager[None]]


class Writer(Protocol):
    """A process that writes to the database's files."""

    @property
    def pid(self) -> int: ...


@contextmanager
def no_room_on_disk(writer: Writer) -> Iterator[None]:
    """A process that may not write a byte more to any file; SQLite meets this as it meets a full disk."""
    pid = writer.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):  # it may have been killed meanwhile
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Somebody else's transaction holds the SQLite file."""
    rival = sqlite3.connect(path, isolation_level=None)
    rival.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        rival.close()


@contextmanager
def stopped(cluster: Cluster) -> Iterator[None]:
    """PostgreSQL is shut down, and started again at the end."""
    cluster.stop("fast")
    try:
        yield
    finally:
        cluster.start()


@contextmanager
def frozen(cluster: Cluster) -> Iterator[None]:
    """PostgreSQL stands still with all its connections open."""
    processes = [cluster.server_pid, *_children(cluster.server_pid)]
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in processes:
            os.kill(pid, signal.SIGCONT)


def _children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(pid) for pid in listed.split()]
