"""The guardian's rules: leases and trip inputs over contactors, without a clock or a socket."""

from collections.abc import Mapping
from contextlib import suppress

from hardware.errors import HardwareError
from hardware.guardian.events import Cleared, Engaged, GuardianEvent, Released, Tripped
from hardware.guardian.mirrors import Mirrors
from hardware.ports import Contactor, Input


class Guardian:
    """Owns contactors and trip inputs; whoever runs it calls `poll` every few ms, with monotonic ms."""

    def __init__(self, contactors: Mapping[int, Contactor], inputs: Mapping[str, Input], lease_ms: int) -> None:
        self._contactors = contactors
        self._inputs = inputs
        self._mirrors = Mirrors(contactors)
        self._lease_ms = lease_ms
        self._lease_until_ms: dict[int, int] = {}
        self._releasing: dict[int, str] = {}
        self._tripped: dict[str, Tripped] = {}
        self._events: list[GuardianEvent] = []

    @property
    def engaged(self) -> frozenset[int]:
        """The connectors that hold a lease."""
        return frozenset(self._lease_until_ms)

    @property
    def amiss(self) -> list[GuardianEvent]:
        """What an agent that comes new must know: inputs that are tripped, contactors that do not obey."""
        return [*self._tripped.values(), *self._mirrors.standing]

    def engage(self, connector: int, now_ms: int) -> None:
        """Engage and begin a lease; refused (a `Released` event says why) while any input is tripped."""
        self._read_inputs()
        if connector not in self._contactors:
            self._events.append(Released(connector, "unknown"))
        elif self._tripped:
            self.release(connector, f"trip:{min(self._tripped)}")
        else:
            self._engage(connector, now_ms)

    def release(self, connector: int, why: str = "asked") -> None:
        """Release at once; a contactor that cannot be told is tried again at every poll."""
        self._lease_until_ms.pop(connector, None)
        self._releasing[connector] = why
        self._let_go()

    def release_all(self, why: str) -> None:
        """Release whatever is engaged."""
        for connector in self.engaged:
            self.release(connector, why)

    def renew(self, now_ms: int) -> None:
        """The agent lives: every lease that has not lapsed begins anew."""
        for connector, until_ms in self._lease_until_ms.items():
            if now_ms < until_ms:
                self._lease_until_ms[connector] = now_ms + self._lease_ms

    def poll(self, now_ms: int) -> list[GuardianEvent]:
        """Release what has lapsed or tripped; all events since the last poll, in order."""
        for connector in [c for c, until_ms in self._lease_until_ms.items() if now_ms >= until_ms]:
            self.release(connector, "lease")
        self._read_inputs()
        self._let_go()
        self._events += self._mirrors.look(self.engaged, now_ms)
        events, self._events = self._events, []
        return events

    def _engage(self, connector: int, now_ms: int) -> None:
        try:
            self._contactors[connector].engage()
        except HardwareError:
            self.release(connector, "failed")
        else:
            self._releasing.pop(connector, None)
            self._lease_until_ms[connector] = now_ms + self._lease_ms
            self._events.append(Engaged(connector))

    def _let_go(self) -> None:
        for connector, why in list(self._releasing.items()):
            with suppress(HardwareError):
                if connector in self._contactors:
                    self._contactors[connector].release()
                del self._releasing[connector]
                self._events.append(Released(connector, why))

    def _read_inputs(self) -> None:
        seen = {name: _seen(name, trip_input) for name, trip_input in sorted(self._inputs.items())}
        now = {name: tripped for name, tripped in seen.items() if tripped is not None}
        before, self._tripped = self._tripped, now
        for name, tripped in now.items():
            if name not in before or before[name].why != tripped.why:
                self._events.append(tripped)
                self.release_all(f"trip:{name}")
        self._events.extend(Cleared(name) for name in sorted(before.keys() - now.keys()))


def _seen(name: str, trip_input: Input) -> Tripped | None:
    """What keeps energy off; an input that cannot be read counts as tripped."""
    try:
        return Tripped(name) if trip_input.tripped() else None
    except HardwareError as error:
        return Tripped(name, "unread", " ".join(str(error).split()))
