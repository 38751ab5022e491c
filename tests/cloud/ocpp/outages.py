"""Databases that really cannot commit: a disk that takes nothing more, a PostgreSQL server that is stopped."""

import resource
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from tests.postgres import Cluster

Outage = Callable[[], AbstractContextManager[None]]


@contextmanager
def disk_full() -> Iterator[None]:
    """No file of this process may grow, nor be written beyond its first bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def postgres_stopped(cluster: Cluster) -> Outage:
    """The server is shut down at once, and started again afterwards."""

    @contextmanager
    def outage() -> Iterator[None]:
        cluster.stop()
        try:
            yield
        finally:
            cluster.start()

    return outage
