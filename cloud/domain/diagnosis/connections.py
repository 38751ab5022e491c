"""Rules about connections, boots and frames."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from cloud.domain.diagnosis.conversation import Conversation, Exchange, Facts, Finding, crowd
from cloud.domain.messages import UNASKED, Direction, Kind
from cloud.domain.words import N_

REBOOTS, REBOOTS_WITHIN = 3, timedelta(minutes=30)
OPENINGS, OPENINGS_WITHIN = 4, timedelta(minutes=10)
FLOOD, FLOOD_WITHIN = 30, timedelta(minutes=1)
SLOW_MS = 5000
SECURITY = "SecurityError"


def reboots(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    boots = [each.at for each in talk.of("BootNotification")]
    if (most := crowd(boots, REBOOTS_WITHIN)) >= REBOOTS:
        what = f"The charger booted {most} times within {_minutes(REBOOTS_WITHIN)}: it restarts again and again."
        yield Finding(boots[0], what, "Check its power supply and its firmware; ask its maker with its diagnostics.")


def flaps(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    opened = [message.at for message in talk.kind(Kind.OPENED)]
    if (most := crowd(opened, OPENINGS_WITHIN)) >= OPENINGS:
        what = f"The charger connected {most} times within {_minutes(OPENINGS_WITHIN)}: its connection does not hold."
        do = "Check its network (mobile reception, router), and that no second device uses its identity and key."
        yield Finding(opened[0], what, do)


def speaks_before_boot(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    early = [each for each in talk.heard if each.outcome == SECURITY]
    if early:
        what = f"The charger sent {_several(early)} before its BootNotification was accepted; all were refused."
        yield Finding(early[0].at, what, "Restart it; if it goes on, its firmware does not boot as OCPP wants it.")


def unreadable(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    if frames := talk.kind(Kind.UNREADABLE):
        what = f"The charger sent {len(frames)} frames that cannot be read: {frames[0].text[:120]}"
        yield Finding(frames[0].at, what, "Its firmware does not speak OCPP-J here; ask its maker.")


def unasked(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    strays = [each for each in talk.others if each.outcome == UNASKED and each.direction is Direction.IN]
    if strays:
        what = f"The charger sent {len(strays)} answers to nothing that was asked, or answered after its time was over."
        yield Finding(strays[0].at, what, "If commands time out as well, raise BOLLARD_CALL_TIMEOUT_S.")


def floods(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    told = [each.at for each in talk.of("StatusNotification")]
    if (most := crowd(told, FLOOD_WITHIN)) > FLOOD:
        what = f"The charger sent {most} StatusNotifications within a minute: a status flickers."
        yield Finding(told[0], what, "Check plug, cable and contactor; raise its MinimumStatusDuration.")


def refused_by_us(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    """CALLERRORs of ours, each kind of them once."""
    refusals: dict[tuple[str, str], list[Exchange]] = defaultdict(list)
    for each in talk.heard:
        if each.end and each.end.kind is Kind.ERROR and each.outcome != SECURITY:
            refusals[each.action, each.end.text].append(each)
    for (action, text), those in refusals.items():
        what = f"The charger's {action} was refused {_times(those)}: {text}"
        yield Finding(those[0].at, what, "The message breaks the rules of OCPP; its maker must correct it.")


def not_answered_by_us(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    left = [each for each in talk.heard if each.end and each.end.kind is Kind.SILENCE]
    if left:
        what = f"The central system did not answer {_several(left)} before the connection ended."
        yield Finding(left[0].at, what, "Nothing is lost, the charger repeats it; look for outages of the database.")


def slow(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    for who, exchanges in (("The charger", talk.asked), ("The central system", talk.heard)):
        slow = [each for each in exchanges if each.end and (each.end.latency_ms or 0) > SLOW_MS and each.outcome]
        slow = [each for each in slow if each.end and each.end.kind is not Kind.SILENCE]
        if slow:
            longest = max(each.end.latency_ms or 0 for each in slow if each.end) / 1000
            what = f"{who} took up to {longest:.1f} s to answer {_several(slow)}."
            yield Finding(slow[0].at, what, "Check the mobile reception, and the load of this server (/metrics).")


def _several(exchanges: list[Exchange]) -> str:
    actions = sorted({each.action for each in exchanges})
    if len(exchanges) == 1:
        return N_(f"1 message ({actions[0]})")
    return N_(f"{len(exchanges)} messages ({', '.join(actions)})")


def _times(exchanges: list[Exchange]) -> str:
    return N_("once") if len(exchanges) == 1 else N_(f"{len(exchanges)} times")


def _minutes(span: timedelta) -> str:
    return N_(f"{span.seconds // 60} minutes")
