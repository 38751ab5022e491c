"""The guardian's process: one Unix socket, one agent at a time, standard library only."""

import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from select import select

from hardware.errors import GuardianTaken
from hardware.guardian.events import WELCOME, GuardianEvent, encode
from hardware.guardian.leases import Guardian
from hardware.notify import notifier

_BEAT_MS = 200
_FIRST_AGENT_MS = 5_000


@dataclass
class _Agent:
    """The connection of one agent: commands in, events out."""

    connection: socket.socket
    buffer: bytes = field(default=b"")

    def obey(self, guardian: Guardian) -> bool:
        """Carry out what has arrived; False when the agent has gone or speaks nonsense."""
        try:
            received = self.connection.recv(4096)
            *lines, self.buffer = (self.buffer + received).split(b"\n")
            for line in lines:
                _command(guardian, line.decode().split(), _now_ms())
        except BlockingIOError:
            return True
        except (OSError, ValueError, LookupError):
            return False
        return bool(received) and len(self.buffer) < 100

    def tell(self, events: list[GuardianEvent]) -> bool:
        """False when the agent has gone, or has not listened for very long."""
        return self._say(b"".join(map(encode, events)))

    def welcome(self, amiss: list[GuardianEvent]) -> None:
        """The first words; an agent that has already gone is noticed later."""
        self._say(WELCOME + b"".join(map(encode, amiss)))

    def _say(self, message: bytes) -> bool:
        try:
            return self.connection.send(message) == len(message)
        except OSError:
            return False


def _command(guardian: Guardian, words: list[str], now_ms: int) -> None:
    match words:
        case ["renew"]:
            guardian.renew(now_ms)
        case ["engage", connector]:
            guardian.engage(int(connector), now_ms)
        case ["release", connector]:
            guardian.release(int(connector))
        case _:
            raise ValueError(words)


class _Service:
    """One guardian at one socket; the newest agent wins."""

    def __init__(self, guardian: Guardian, listener: socket.socket) -> None:
        self.guardian = guardian
        self.listener = listener
        self.agent: _Agent | None = None
        self._first_agent_by_ms = _now_ms() + _FIRST_AGENT_MS

    def turn(self, wait_s: float) -> bool:
        """Wait for a command or the next poll; False when an agent has just gone, or the first one does not come.

        Leases are judged before commands are read: what lay in the socket while we were stopped renews nothing.
        """
        sources = [self.listener] + ([self.agent.connection] if self.agent else [])
        ready, _, _ = select(sources, [], [], wait_s)
        gone = not self._poll()
        if self.agent and not gone and self.agent.connection in ready:
            gone = not self.agent.obey(self.guardian) or not self._poll()
        if gone:
            self.dismiss("disconnected")
        if self.listener in ready:
            self._welcome()
        return self.agent is not None or not (gone or _now_ms() > self._first_agent_by_ms)

    def dismiss(self, why: str) -> None:
        """Release everything and end the agent's connection."""
        self.guardian.release_all(why)
        self._poll()
        if self.agent:
            self.agent.connection.close()
        self.agent = None

    def _poll(self) -> bool:
        events = self.guardian.poll(_now_ms())
        return self.agent is None or not events or self.agent.tell(events)

    def _welcome(self) -> None:
        connection, _ = self.listener.accept()
        connection.setblocking(False)
        self.dismiss("disconnected")
        self.agent = _Agent(connection)
        self.agent.welcome(self.guardian.amiss)


def serve(make: Callable[[], Guardian], socket_path: str | Path, *, stay: bool, poll_ms: int = 20) -> None:
    """Serve agents at a Unix socket until SIGTERM or SIGINT, then release everything.

    The guardian, and with it its grip on the pins, is made only where no other one serves.
    Inputs and leases are looked at every `poll_ms`. Without `stay` it also ends once its agent has gone,
    or when none comes within 5 s.
    Tells systemd READY=1 and WATCHDOG=1. Raises `GuardianTaken` when that path cannot be had.
    """
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: stopping.append(received))
    notify = notifier()
    with _listening(Path(socket_path)) as listener:
        service = _Service(make(), listener)
        notify(b"READY=1")
        next_beat_ms = 0
        try:
            while not stopping and (service.turn(poll_ms / 1000) or stay):
                if _now_ms() >= next_beat_ms:
                    notify(b"WATCHDOG=1")
                    next_beat_ms = _now_ms() + _BEAT_MS
        finally:
            service.dismiss("stopped")


def is_served(socket_path: str | Path) -> bool:
    """Whether a guardian serves there; it is not disturbed."""
    path = Path(socket_path)
    try:
        with path.with_name(f"{path.name}.lock").open() as lock:
            flock(lock, LOCK_EX | LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


@contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    """The socket, for as long as the lock beside it is held: to ask whether somebody serves there would disturb it."""
    with socket.socket(socket.AF_UNIX) as listener, ExitStack() as closing:
        try:
            lock = closing.enter_context(path.with_name(f"{path.name}.lock").open("w"))
            flock(lock, LOCK_EX | LOCK_NB)
            path.unlink(missing_ok=True)
            listener.bind(str(path))
            closing.callback(path.unlink, missing_ok=True)
            path.chmod(0o600)
            listener.listen()
        except BlockingIOError:
            raise GuardianTaken(f"another guardian already serves {path}: stop it or choose another socket") from None
        except OSError as error:
            raise GuardianTaken(f"the guardian cannot listen at {path}: {error.strerror or error}") from error
        yield listener


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
