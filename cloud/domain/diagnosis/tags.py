"""Rules about tags."""

from collections import defaultdict
from collections.abc import Iterator

from cloud.domain.diagnosis.conversation import Conversation, Exchange, Facts, Finding
from cloud.domain.tags import masked

_WHY = {
    "Invalid": ("is not known here", "Add it with `add-tag`, if it should charge."),
    "Blocked": ("is blocked", "Unblock it, if it should charge."),
    "Expired": ("has expired", "Give it a later expiry, if it should charge."),
    "ConcurrentTx": ("charges at another connector already", "Stop that session first."),
}


def refused(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    told: dict[tuple[str, str], list[Exchange]] = defaultdict(list)
    for each in talk.of("Authorize", "StartTransaction"):
        if each.tag_status in _WHY:
            told[str(each.asked("idTag")), str(each.tag_status)].append(each)
    for (tag, status), those in told.items():
        why, do = _WHY[status]
        if status == "Blocked" and tag in facts.refusals:
            why, do = f"may not charge here: {facts.refusals[tag]}", "Change its terms with `set-tag`, if it should."
        yield Finding(those[0].at, f"The tag {masked(tag)} {why}; the charger was told so.", do)


def asked_for(talk: Conversation) -> set[str]:
    """The tags that were refused as blocked, which has several reasons."""
    asked = talk.of("Authorize", "StartTransaction")
    return {str(each.asked("idTag")) for each in asked if each.tag_status == "Blocked"}


def charges_all_the_same(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    for start in talk.of("StartTransaction"):
        if start.tag_status not in _WHY:
            continue
        id, begin = start.answered("transactionId"), start.asked("meterStart")
        stops = [each for each in talk.of("StopTransaction") if each.asked("transactionId") == id]
        ends = [end for each in stops if isinstance(end := each.asked("meterStop"), int)]
        if isinstance(begin, int) and ends and ends[-1] > begin:
            what = f"The charger delivered {ends[-1] - begin} Wh to a tag that was refused ({start.tag_status})."
            do = "Set StopTransactionOnInvalidId, and AllowOfflineTxForUnknownId to false, with `configure`."
            yield Finding(start.at, what, do)
