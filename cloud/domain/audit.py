"""The audit log: what somebody changed, as it was before and as it is since."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing done; no `user` means the command line. `before` and `after` hold only what changed."""

    id: int
    at: datetime
    user: str | None
    action: str
    subject: str
    before: Values
    after: Values

    @property
    def fields(self) -> list[str]:
        """The names of what is told, in their order; what is new and empty is not worth telling."""
        names = dict.fromkeys((*self.before, *self.after))
        return [name for name in names if name in self.before or self.after[name] not in (None, "", [])]


@dataclass(frozen=True, slots=True)
class AuditSearch:
    """What is looked for: one user (0: the command line), words of the action or the subject, times."""

    user_id: int | None = None
    contains: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def differing(before: Values, after: Values) -> tuple[Values, Values]:
    """Both without what is the same in both."""
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return (
        {name: before[name] for name in changed if name in before},
        {name: after[name] for name in changed if name in after},
    )


def told(detail: Values) -> tuple[Values, Values]:
    """Before and after as a row of the log keeps them; a fact that changed nothing known stands as `after`."""
    if detail.keys() <= {"before", "after"}:
        return detail.get("before", {}), detail.get("after", {})
    return {}, detail
