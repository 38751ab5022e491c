"""At most so many of something in a while."""


class Budget:
    """A bucket of `limit` tokens that fills again evenly over `per_s` seconds."""

    def __init__(self, limit: int, per_s: float) -> None:
        self._limit = limit
        self._rate = limit / per_s
        self._tokens = float(limit)
        self._at_s = 0.0

    def spend(self, now_s: float) -> bool:
        """Take one token at a monotonic time; False when there is none left."""
        if not self.left(now_s):
            return False
        self._tokens -= 1
        return True

    def left(self, now_s: float) -> bool:
        """Whether there is a token to take."""
        self._tokens = min(self._limit, self._tokens + (now_s - self._at_s) * self._rate)
        self._at_s = now_s
        return self._tokens >= 1
