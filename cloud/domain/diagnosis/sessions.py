"""Rules about sessions: their starts, their stops, and whose they are."""

from collections import defaultdict
from collections.abc import Iterator

from cloud.domain.diagnosis.conversation import Conversation, Exchange, Facts, Finding
from cloud.domain.words import N_

START, STOP, METER, STATUS = "StartTransaction", "StopTransaction", "MeterValues", "StatusNotification"


def unknown_stop(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    for each in talk.of(STOP):
        id = each.asked("transactionId")
        if isinstance(id, int) and id > 0 and str(id) not in facts.owners:
            what = f"The charger sent a stop for session {id}, which it never started here."
            do = "Nothing was billed. It may come from a former central system; `orphans` shows it with its energy."
            yield Finding(each.at, what, do)


def number_not_learnt(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    """Stations whose start was never answered stop with -1 or 0."""
    lost = [each for each in talk.of(STOP) if each.asked("transactionId") in (-1, 0)]
    if lost:
        what = f"The charger sent {len(lost)} stops without a session's number: it never got the answer to its start."
        yield Finding(lost[0].at, what, "`orphans` shows those that found no session; `join-stop` gives them one.")


def not_its_own(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    for id, owner in facts.owners.items():
        naming = [each for each in talk.of(STOP, METER) if str(each.asked("transactionId")) == id]
        if naming and owner != facts.identity:
            what = f"The charger reported about session {id}, which belongs to {owner}."
            yield Finding(naming[0].at, what, "The session was left alone. Were two chargers swapped, or one cloned?")


def repeated(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    for action, word in ((START, N_("start")), (STOP, N_("stop"))):
        same: dict[str, list[Exchange]] = defaultdict(list)
        for each in talk.of(action):
            same[each.call.text].append(each)
        for again in same.values():
            if len(again) > 1:
                what = f"The charger sent the same {word} {len(again)} times: it did not get the answer."
                yield Finding(again[0].at, what, "It counts once. Check the connection if this goes on.")


def two_at_once(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    places = defaultdict(list)
    for row in facts.running:
        places[row.connector].append(row)
    for connector, rows in places.items():
        if len(rows) > 1:
            numbers = N_(" and ").join(str(row.id) for row in sorted(rows, key=lambda row: row.id))
            what = f"Connector {connector} has {len(rows)} open sessions ({numbers}): the stop of the older is missing."
            yield Finding(max(row.started_at for row in rows), what, "It is closed by itself after the grace period.")


def not_stopped(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    for row in facts.running:
        told = [each for each in talk.of(STATUS) if each.asked("connectorId") == row.connector]
        started = [each for each in talk.of(START) if str(each.answered("transactionId")) == row.transaction_id]
        free = told and told[-1].asked("status") == "Available"
        if free and started and told[-1].at > started[-1].at:
            what = f"Session {row.id} is open, but its connector {row.connector} is reported as Available."
            yield Finding(told[-1].at, what, "Its stop has not arrived; it is closed by itself after the grace period.")
