"""Which station is reached through which socket of this process: the newest one wins."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bollard.wire.peer import Peer
from cloud.domain.stations import RegistrationStatus
from cloud.ocpp.budget import Budget
from cloud.ocpp.tape import Tape

Close = Callable[[int, str], Awaitable[None]]

REPLACED = REFUSED = FLOODING = 1008
RESTARTING, TRY_LATER = 1012, 1013
LINES, LINES_PER_S = 30, 60


@dataclass(eq=False, slots=True)
class Connection:
    """One authenticated socket.

    `registration`: what the last BootNotification was told, on this socket or an earlier one; None before the first.
    `heard`: the frame that came last, in case it is an incident; `lines`: how many the log may still show.
    `access`: how its station came in (see Station).
    `leaving`: we are closing it, and nothing that arrives on it counts any more.
    """

    station_id: int
    epoch: str
    close: Close
    registration: RegistrationStatus | None
    peer: Peer = field(init=False)
    tape: Tape = field(init=False)
    heard: str = ""
    lines: Budget = field(default_factory=lambda: Budget(LINES, LINES_PER_S))
    leaving: bool = False
    access: int = 0

    @property
    def registered(self) -> bool:
        return self.registration is RegistrationStatus.ACCEPTED


class Connections:
    """The sockets of this process by station; clean-up compares connections, never names."""

    def __init__(self) -> None:
        self._current: dict[int, Connection] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def enter(self, connection: Connection) -> None:
        """Make it the station's current connection; the one before is closed."""
        replaced = self._current.get(connection.station_id)
        self._current[connection.station_id] = connection
        if replaced is not None:
            self.hang_up(replaced, REPLACED, "the station connected again")

    def leave(self, connection: Connection) -> bool:
        """Forget it; False when a successor had already taken its place."""
        if self._current.get(connection.station_id) is not connection:
            return False
        del self._current[connection.station_id]
        return True

    def of(self, station_id: int) -> Connection | None:
        return self._current.get(station_id)

    @property
    def online(self) -> int:
        """How many stations are connected."""
        return len(self._current)

    def ids(self, told: RegistrationStatus) -> set[int]:
        """The stations here whose last boot was told this."""
        return {station_id for station_id, connection in self._current.items() if connection.registration is told}

    def accesses(self) -> dict[int, int]:
        """How each connected station came in."""
        return {station_id: connection.access for station_id, connection in self._current.items()}

    def hang_up(self, connection: Connection, code: int, reason: str) -> None:
        """Close a socket without waiting for its station, which may be gone for good."""
        connection.leaving = True
        task = asyncio.ensure_future(connection.close(code, reason))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def hang_up_all(self, code: int, reason: str) -> None:
        for connection in self._current.values():
            self.hang_up(connection, code, reason)
