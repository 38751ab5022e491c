"""How times look on pages: elements that machines read too, as short as they are clear."""

import re
from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from markupsafe import Markup

from cloud.domain.words import N_
from cloud.languages.formats import CLOCK, DAY, MOMENT, Formats

FULL = N_("d MMM y, HH:mm")
THIS_YEAR = N_("d MMM, HH:mm")
DAY_MARK = N_("d MMM")
EXACT = N_("EEEE, d MMMM y, HH:mm:ss z")
TODAY = "HH:mm"
YES, NO = N_("yes"), N_("no")
NAMES = frozenset(
    {"account", "address", "email", "footer", "group", "name", "note", "parent", "permissions"}
    | {"reference", "site", "sites", "tariff"}
)
"""Fields of the audit log that hold what people typed."""
_SENTENCE = re.compile(r"[^\W\d_]+(?=[ ,;.]|: |$)")
_UNIT = re.compile("_wh?$")
_DECIMAL = re.compile(r"-?\d+\.\d+")


class PageFormats(Formats):
    """The formats of one language and one time zone, with times as elements."""

    def typed(self, text: str) -> str:
        """A number in a field as one types it there, `12,50` in German; whatever is none stays as it is."""
        return self.exact(text) if _DECIMAL.fullmatch(text) else text

    def full(self, at: datetime) -> Markup:
        """`21 Nov 2026, 10:32`."""
        return self._element(at, FULL)

    def day(self, at: datetime) -> Markup:
        """`21 Nov 2026`."""
        return self._element(at, DAY)

    def clock(self, at: datetime) -> Markup:
        """`10:32:05`."""
        return self._element(at, CLOCK)

    def near(self, at: datetime, now: datetime) -> Markup:
        """As short as it is clear: `10:32` today, else `20 Nov, 10:32`, with the year when it is another."""
        then, today = at.astimezone(self.zone), now.astimezone(self.zone)
        if then.date() == today.date():
            return self._element(at, TODAY)
        return self._element(at, THIS_YEAR if then.year == today.year else FULL)

    def mark(self, at: datetime) -> str:
        """A moment below a chart: `10:30`, or `21 Nov` where a day begins."""
        begins = at.astimezone(self.zone).strftime("%H:%M") == "00:00"
        return self.date(at, DAY_MARK if begins else TODAY)

    def audited(self, value: Any, field: str) -> str:
        """A value of the audit log as people read it: with its unit, times at home, names as they were typed."""
        match value:
            case None | "" | []:
                return "–"
            case bool():
                return self.words.one(YES if value else NO)
            case list():
                return ", ".join(self.audited(each, field) for each in value)
            case int() if field.endswith("_wh"):
                return self.kwh(value, 3)
            case int() if field.endswith("_w"):
                return self.kw(value)
            case str() if field.endswith(("_at", "_from")) and (at := _moment(value)):
                return self._element(at, MOMENT)
        return str(value) if field in NAMES else self.words.part(str(value))

    def at_home_in(self, zone: ZoneInfo) -> Self:
        """The same formats with the times of another place."""
        return type(self)(self.words, zone)

    def _element(self, at: datetime, pattern: str) -> Markup:
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            at.isoformat(timespec="seconds"), self.date(at, EXACT), self.date(at, pattern)
        )


def _moment(text: str) -> datetime | None:
    """None for what is no moment, such as the `never` of a key without an end."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def field_words(field: str) -> str:
    """What a field of the audit log is called: without its unit, which stands at the value."""
    return _UNIT.sub("", field).replace("_", " ")


def verbatim(text: str) -> str:
    """The class of a text that gets no capital at its beginning, since a name or what somebody typed stands there."""
    return "" if not text or _SENTENCE.match(text) else " verbatim"


def at_field(text: str, id: str) -> str:
    """A complaint at the field of that id, without the field's name in front: `expiryDate: it has passed already`."""
    return text.removeprefix(f"{re.split('[-.]', id)[-1]}: ")
