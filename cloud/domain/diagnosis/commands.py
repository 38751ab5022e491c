"""Rules about what was asked of the station."""

from collections import defaultdict
from collections.abc import Iterator

from cloud.domain.diagnosis.conversation import Conversation, Exchange, Facts, Finding
from cloud.domain.messages import Kind

_NO = frozenset(
    {"Rejected", "Failed", "NotSupported", "NotImplemented", "UnlockFailed", "VersionMismatch", "Occupied"}
    | {"Faulted", "Unavailable", "UnknownVendorId", "UnknownMessageId"}
)
_CANNOT = ("NotSupported", "NotImplemented")


def unanswered(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    silent = [each for each in talk.asked if each.end and each.end.kind is Kind.SILENCE]
    if silent:
        actions = ", ".join(sorted({each.action for each in silent}))
        what = f"The charger did not answer {len(silent)} of {len(talk.asked)} commands ({actions})."
        yield Finding(silent[0].at, what, "Ask again; if it stays silent, `reset STATION --hard` or restart it there.")


def rejected(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    said: dict[tuple[str, str], list[Exchange]] = defaultdict(list)
    for each in talk.asked:
        if each.answered("status") in _NO:
            said[each.action, str(each.answered("status"))].append(each)
    for (action, status), those in said.items():
        do = (
            "This charger cannot do it."
            if status in _CANNOT
            else "Look at its status: it may be busy, faulted or out of service."
        )
        yield Finding(those[0].at, f"The charger answered {action} with {status} ({len(those)} times).", do)


def refused_by_station(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    said: dict[tuple[str, str], list[Exchange]] = defaultdict(list)
    for each in talk.asked:
        if each.end and each.end.kind is Kind.ERROR:
            said[each.action, each.end.text].append(each)
    for (action, text), those in said.items():
        what = f"The charger refused {action} with an error ({len(those)} times): {text}"
        do = "This charger cannot do it." if those[0].outcome in _CANNOT else "Its maker can explain the error."
        yield Finding(those[0].at, what, do)
