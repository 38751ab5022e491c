"""What is wrong with a station, in plain words: a table of rules over what it said and what is known."""

from collections.abc import Callable, Iterable

from cloud.domain.diagnosis import clocks, commands, connections, meters, sessions, tags
from cloud.domain.diagnosis.conversation import Conversation, Facts, Finding

Rule = Callable[[Conversation, Facts], Iterable[Finding]]

RULES: tuple[Rule, ...] = (
    connections.reboots,
    connections.flaps,
    connections.speaks_before_boot,
    connections.unreadable,
    connections.unasked,
    connections.floods,
    connections.refused_by_us,
    connections.not_answered_by_us,
    connections.slow,
    clocks.wrong,
    clocks.late,
    sessions.unknown_stop,
    sessions.number_not_learnt,
    sessions.not_its_own,
    sessions.repeated,
    sessions.two_at_once,
    sessions.not_stopped,
    tags.refused,
    tags.charges_all_the_same,
    meters.no_energy,
    meters.went_back,
    meters.faulted,
    commands.unanswered,
    commands.rejected,
    commands.refused_by_station,
)


def diagnosed(talk: Conversation, facts: Facts) -> list[Finding]:
    """Everything the rules find, in the order in which it began."""
    found = [finding for rule in RULES for finding in rule(talk, facts)]
    return sorted(found, key=lambda finding: finding.at)
