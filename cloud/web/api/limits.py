"""Rate limits: a bucket of requests for each key, in the memory of this process."""

import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

REMEMBERED = 10_000


@dataclass(frozen=True)
class Spent:
    """What is left after a request; `wait_s` is above 0 when there was nothing left for it."""

    limit: int
    remaining: int
    full_in_s: int
    wait_s: int

    @property
    def headers(self) -> Mapping[str, str]:
        """RateLimit headers (draft-ietf-httpapi-ratelimit-headers), and Retry-After where it must wait."""
        told = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.full_in_s),
        }
        return told | ({"Retry-After": str(self.wait_s)} if self.wait_s else {})


class Buckets:
    """A bucket of `limit` tokens for each key, filled again evenly over a minute; the quietest key is forgotten."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buckets: OrderedDict[int, tuple[float, float]] = OrderedDict()

    def spend(self, key: int, now_s: float) -> Spent:
        """Takes a token at a monotonic time, if there is one."""
        left, at_s = self._buckets.pop(key, (float(self._limit), now_s))
        left = min(self._limit, left + (now_s - at_s) * self._limit / 60)
        wait_s = 0 if left >= 1 else math.ceil((1 - left) * 60 / self._limit)
        left -= 0 if wait_s else 1
        self._buckets[key] = (left, now_s)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        return Spent(self._limit, int(left), math.ceil((self._limit - left) * 60 / self._limit), wait_s)
