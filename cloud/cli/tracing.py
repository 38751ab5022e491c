"""The log of messages: searched, and one station's conversation with what is wrong in it."""

import re
from argparse import Namespace
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cloud.cli.verbs import Answer, Context, Verb, argument, printable, table
from cloud.domain.diagnosis.conversation import Finding
from cloud.domain.messages import Direction, Kind, Message, Search, with_masked_tags
from cloud.services import stations, traces
from cloud.services.errors import Malformed

_SHORT = 100
_AGO = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_WORDS = {Kind.OPENED: "connected", Kind.CLOSED: "disconnected", Kind.UNREADABLE: "unreadable", Kind.SILENCE: "silence"}
_NOTHING = "no messages; the log keeps those of the last days (BOLLARD_MESSAGE_DAYS)"

_SINCE = argument("--since", metavar="WHEN", help="a moment such as 2027-01-01T12:00, or how long ago, such as 90m")
_TAGS = argument("--show-tags", action="store_true", help="show idTags whole")


async def _messages(context: Context, asked: Namespace) -> Answer:
    wanted = Search(
        station_id=await _station_id(context, asked.station),
        action=asked.action,
        since=_since(context, asked.since),
        errors=asked.errors,
        contains=asked.contains,
    )
    found = await context.db.read(lambda conn: traces.search(conn, wanted, asked.limit, context.scope))
    shown = [_shown(message, whole_tags=asked.show_tags) for message in found]
    rows: list[tuple[object, ...]] = [
        (_clock(context, each.at), each.identity, each.direction, _what(each), _took(each), each.outcome, _text(each))
        for each in shown
    ]
    return Answer(shown, table("TIME STATION WAY MESSAGE MS OUTCOME TEXT", rows, _NOTHING))


async def _trace(context: Context, asked: Namespace) -> Answer:
    since = _since(context, asked.since)
    if asked.session is None:
        found = await context.read(traces.trace, asked.station, since, asked.limit)
    else:
        ask = (asked.station, asked.session, asked.limit)
        found = await context.read(traces.session_trace, *ask)
    shown = [_shown(message, whole_tags=asked.show_tags) for message in found.messages]
    lines = [_line(context, each) for each in shown]
    findings = [_masked(each) for each in found.findings] if not asked.show_tags else found.findings
    data = {"messages": shown, "findings": findings}
    return Answer(data, "\n".join([*lines, "", *_diagnosis(context, findings)] if lines else [_NOTHING]))


def _line(context: Context, message: Message) -> str:
    """`12:00:01.250  -->  StartTransaction  {…}` from the station, `<--` to it, with how long an answer took."""
    arrow = "-->" if message.direction is Direction.IN else "<--"
    arrow = "---" if message.kind in (Kind.OPENED, Kind.CLOSED) else arrow
    took = f"({_took(message)} ms)" if message.latency_ms is not None else ""
    said = (_clock(context, message.at), arrow, _what(message), took, _text(message))
    return "  ".join(printable(part) for part in said if part)


def _diagnosis(context: Context, findings: list[Finding]) -> list[str]:
    if not findings:
        return ["Nothing stands out."]
    told = [(f"{_clock(context, each.at)}  {printable(each.what)}", f"    {printable(each.do)}") for each in findings]
    return [line for pair in told for line in pair]


def _what(message: Message) -> str:
    if message.kind is Kind.CALL:
        return message.action
    if message.kind in (Kind.RESULT, Kind.ERROR):
        word = "answer" if message.kind is Kind.RESULT else "error"
        return f"{message.action or 'unasked'} {word}"
    if message.kind is Kind.SILENCE:
        return f"{message.action} {message.outcome}"
    return _WORDS[message.kind]


def _text(message: Message) -> str:
    shown = printable(message.text)
    return shown if len(shown) <= _SHORT else shown[: _SHORT - 1] + "…"


def _took(message: Message) -> str:
    return "" if message.latency_ms is None else f"{message.latency_ms:.0f}"


def _shown(message: Message, *, whole_tags: bool) -> Message:
    return message if whole_tags else replace(message, text=with_masked_tags(message.text))


def _masked(finding: Finding) -> Finding:
    return replace(finding, what=with_masked_tags(finding.what))


async def _station_id(context: Context, identity: str | None) -> int | None:
    if identity is None:
        return None
    return (await context.read(stations.find, identity)).id


def _since(context: Context, text: str | None) -> datetime | None:
    """A moment, local if it does not say otherwise, or a time ago. Raises Malformed."""
    if text is None:
        return None
    if ago := _AGO.fullmatch(text):
        return context.now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f"{text!r} is neither a moment such as 2027-01-01T12:00 nor a time ago such as 90m") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(context.settings.time_zone))


def _clock(context: Context, at: datetime) -> str:
    local = at.astimezone(ZoneInfo(context.settings.time_zone))
    return f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03}"


VERBS = (
    Verb(
        "messages",
        "search the log of messages between stations and here, the latest last",
        _messages,
        (
            argument("--station", metavar="STATION", help="only of this station"),
            argument("--action", metavar="ACTION", help="only these, such as StopTransaction, and their answers"),
            _SINCE,
            argument("--errors", action="store_true", help="only what went wrong"),
            argument("--contains", metavar="TEXT", help="only with this text, or of this message id"),
            argument("--limit", type=int, default=50, metavar="N", help="how many at most (50)"),
            _TAGS,
        ),
    ),
    Verb(
        "trace",
        "show what a station and the central system said to each other, and what is wrong with it",
        _trace,
        (
            argument("station", metavar="STATION", help="the station's identity"),
            argument("--session", type=int, metavar="SESSION", help="around a session, by its number in `sessions`"),
            _SINCE,
            argument("--limit", type=int, default=500, metavar="N", help="how many messages at most (500)"),
            _TAGS,
        ),
    ),
)
