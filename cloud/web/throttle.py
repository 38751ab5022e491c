"""Slows down guessing from one place; the pause of one name is the service's own."""

from collections import OrderedDict
from collections.abc import Hashable

TRIES = 20
PAUSE_S = 300.0
REMEMBERED = 10_000


class Throttle:
    """Counts tries by key, in memory and bounded: the key that was quiet longest is forgotten first."""

    def __init__(self, tries: int = TRIES, pause_s: float = PAUSE_S) -> None:
        self._tries = tries
        self._pause_s = pause_s
        self._recent: OrderedDict[Hashable, list[float]] = OrderedDict()

    def wait_s(self, key: Hashable, now_s: float) -> float:
        """Counts a try at a monotonic time and returns 0; or, when there were too many, how long to wait."""
        recent = [at_s for at_s in self._recent.pop(key, ()) if now_s - at_s < self._pause_s]
        self._recent[key] = recent
        if len(recent) >= self._tries:
            return self._pause_s - (now_s - recent[0])
        recent.append(now_s)
        if len(self._recent) > REMEMBERED:
            self._recent.popitem(last=False)
        return 0.0

    def take_back(self, key: Hashable) -> None:
        """The last try was right and does not count; those before it do, or an account of one's own would hide them."""
        if self._recent.get(key):
            self._recent[key].pop()
