"""Who knocks too often: strangers are held off by where they are, stations by how often they came in."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from itertools import pairwise

from cloud.ocpp.budget import Budget

FAILURES, FAILURES_PER_S = 30, 60
REMEMBERED = 10_000
VISITS, MANY_VISITS, VISITS_WITHIN_S = 20, 100, 300  # a technician's test program alone connects 72 times
PAUSE_S = 10
MOST_DEVICES = 3


def place(remote: str) -> Hashable:
    """Where a knock counts: an IPv4 address, or the /64 network that one IPv6 subscriber has to himself."""
    try:
        address = ip_address(remote)
    except ValueError:
        return remote
    if not isinstance(address, IPv6Address):
        return address
    return address.ipv4_mapped or ip_network((address, 64), strict=False)


class Strangers:
    """Failed handshakes by place. A place with too many is not even asked for its key, except by who had the right one.

    Stations behind the address of a stranger thus still come in; nothing counts against an identity by itself, so
    nobody elsewhere can shut it out. Memory is bounded: what was quiet longest is forgotten.
    """

    def __init__(self) -> None:
        self._failures: OrderedDict[Hashable, Budget] = OrderedDict()
        self._welcome: OrderedDict[Hashable, None] = OrderedDict()

    def may_try(self, remote: str, identity: str, now_s: float) -> bool:
        """Whether the key of this handshake is worth looking at."""
        where = place(remote)
        known = (where, identity)
        return self._left(known if known in self._welcome else where, now_s)

    def failed(self, remote: str, identity: str, now_s: float) -> None:
        where = place(remote)
        for key in (where, (where, identity)):
            self._failures.setdefault(key, Budget(FAILURES, FAILURES_PER_S)).spend(now_s)
            _keep(self._failures, key)

    def succeeded(self, remote: str, identity: str) -> None:
        known = (place(remote), identity)
        self._welcome[known] = None
        _keep(self._welcome, known)

    def _left(self, key: Hashable, now_s: float) -> bool:
        budget = self._failures.get(key)
        return budget is None or budget.left(now_s)


@dataclass(frozen=True, slots=True)
class Visit:
    """One handshake of a station that was let in, at a monotonic time."""

    at_s: float
    remote: str


class Pace:
    """How often each station came in lately; who comes too often is shown, and far too often waits a little."""

    def __init__(self) -> None:
        self._visits: dict[int, list[Visit]] = {}

    def wait_s(self, station_id: int, now_s: float) -> float:
        """How long the station is still to stay away: never more than ten seconds, and 0 for nearly everybody."""
        lately = self._lately(station_id, now_s)
        return 0 if len(lately) < MANY_VISITS else max(0, lately[-1].at_s + PAUSE_S - now_s)

    def came(self, station_id: int, remote: str, now_s: float) -> str:
        """Counts a visit; what the operator should know, or nothing."""
        visits = [*self._lately(station_id, now_s), Visit(now_s, remote)][-MANY_VISITS:]
        self._visits[station_id] = visits
        return "" if len(visits) < VISITS else _flapping([visit.remote for visit in visits[-VISITS:]])

    def _lately(self, station_id: int, now_s: float) -> list[Visit]:
        return [visit for visit in self._visits.get(station_id, ()) if now_s - visit.at_s < VISITS_WITHIN_S]


def _flapping(remotes: list[str]) -> str:
    devices, turns = sorted(set(remotes)), sum(one != other for one, other in pairwise(remotes))
    if len(devices) <= MOST_DEVICES and turns > len(remotes) // 2:
        return f"two devices use this identity: it connects in turn from {' and '.join(devices)}; give each its own"
    return "it connects again and again: its line or power is unsteady, or two devices use this identity"


def _keep(recent: OrderedDict[Hashable, None] | OrderedDict[Hashable, Budget], key: Hashable) -> None:
    recent.move_to_end(key)
    if len(recent) > REMEMBERED:
        recent.popitem(last=False)
