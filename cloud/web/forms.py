"""Forms as tables of fields: how each is shown, what was filled in, and the form again when it was refused."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from starlette.datastructures import FormData

from cloud.domain import decimals
from cloud.domain.money import minor_digits
from cloud.domain.words import N_
from cloud.web.refusals import Refusal, Refused

LONGEST = 300
Words = str | tuple[str, Mapping[str, object]]
"""A text to be translated, or one with gaps and what fills them."""
Choices = Mapping[str, Any]
"""What is sent -> its words, or its words and what they mean."""

EMPTY = N_("Please fill this in.")
TOO_LONG = N_("This is too long.")
NONE_CHOSEN = N_("Please choose at least one.")
NOT_OFFERED = N_("Please choose one of the entries offered.")
ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "email": {"type": "email"},
    "day": {"type": "date"},
    "moment": {"type": "datetime-local", "step": "1"},
    "count": {"inputmode": "numeric"},
    "amount": {"inputmode": "decimal"},
    "number": {"inputmode": "decimal"},
    "secret": {"type": "password"},
    "code": {"autocapitalize": "none", "spellcheck": "false"},
    "once": {"autocapitalize": "characters", "spellcheck": "false"},
}
"""What an input of each kind has."""
NEVER_ECHOED = frozenset({"secret", "once"})


@dataclass(frozen=True)
class Field:
    """`kind`: text, email, code (as typed), secret (a password), once (a code that is good once), count (a whole
    number), amount (of money), number (with decimals), day, moment, lines, script (lines for machines), names (only
    offered), choice (one of a list), one (of a few), some (any of a few).

    `hint` stands in the label, `help` below. `also`: what services call it, where that is not its name.
    """

    name: str
    words: str
    kind: str = "text"
    hint: Words = ""
    required: bool = False
    longest: int = LONGEST
    autocomplete: str = "off"
    also: tuple[str, ...] = ()
    help: Words = ""
    shortest: int | None = None

    @property
    def attributes(self) -> Mapping[str, object]:
        return {**ATTRIBUTES.get(self.kind, {}), "minlength": self.shortest}


@dataclass(frozen=True)
class Press:
    """A button that sends a form; `name` and `value` tell it from the others."""

    words: str
    icon: str
    style: str = ""
    name: str = ""
    value: str = ""
    id: str = ""


@dataclass(frozen=True)
class Form:
    """A form that posts to `action`; `id` names it on its page. `back`: where Cancel leads; `note` ends the fields.

    `problems`: what is wrong with which field, once it was refused.
    """

    id: str
    action: str
    fields: tuple[Field, ...]
    submit: str = ""
    icon: str = "check"
    values: Mapping[str, object] | None = None
    choices: Mapping[str, Any] | None = None
    back: str = ""
    note: Words = ""
    presses: tuple[Press, ...] = ()
    hidden: Mapping[str, str] = field(default_factory=dict)
    focus: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def buttons(self) -> tuple[Press, ...]:
        return self.presses or (Press(self.submit, self.icon),)

    def value(self, name: str) -> Any:
        """What stands in a field at first: text, or the keys of what is chosen."""
        value = (self.values or {}).get(name)
        if isinstance(value, Collection) and not isinstance(value, str):
            return frozenset(map(str, value))
        return "" if value is None else str(value)

    def offered(self, name: str) -> Any:
        return (self.choices or {}).get(name, {})

    def again(self, typed: FormData, problems: Mapping[str, str]) -> "Form":
        """With what was typed, except for secrets, and what is wrong with it."""
        values = {each.name: _typed(each, typed) for each in self.fields if each.kind not in NEVER_ECHOED}
        return replace(self, values=values, problems={self._own(name): text for name, text in problems.items()})

    def _own(self, name: str) -> str:
        return next((each.name for each in self.fields if name in (each.name, *each.also)), name)


def again(context: Mapping[str, Any], refusal: Refusal) -> dict[str, Any]:
    """What a page shows, with the refused form again, and as `refused` the complaints: (field's id, its words, why).

    A page whose fields are in no `Form` gives their words as `labels`.
    """
    marked = {
        name: value.again(refusal.typed, refusal.problems)
        for name, value in context.items()
        if isinstance(value, Form) and value.action == refusal.action
    }
    places = {
        name: (f"{form.id}-{each.name}", each.words)
        for form in marked.values()
        for each in form.fields
        for name in (each.name, *each.also)
    }
    labels = context.get("labels", {})
    told = [(*places.get(name, (name, labels.get(name, ""))), text) for name, text in refusal.problems.items()]
    return {**context, **marked, "refused": told, "typed": refusal.typed, "wrong": refusal.problems}


def filled(
    form: FormData, fields: tuple[Field, ...], zone: tzinfo = UTC, choices: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What stands in the fields; None where nothing does, except for text. `choices`: only these may be chosen.

    Days and moments are those of `zone`. Raises Refused, with all that is wrong.
    """
    given, problems = dict[str, Any](), dict[str, str]()
    for each in fields:
        try:
            given[each.name] = _read(each, form, zone, (choices or {}).get(each.name))
        except Refused as refused:
            problems |= refused.problems
    if problems:
        raise Refused(problems)
    return given


def text(form: FormData, name: str) -> str:
    """A field's text without spaces around it; empty when there is none."""
    value = form.get(name, "")
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else ""


def whole(form: FormData, name: str) -> int:
    """A whole number that the page itself put there. Raises Refused."""
    value = text(form, name)
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise Refused({name: NOT_OFFERED}, 400)
    return int(value)


def minor(given: Decimal | None, currency: str, name: str = "amount") -> int:
    """An amount of money in minor units. Raises Refused unless it is one, exactly."""
    scaled = None if given is None else given.scaleb(minor_digits(currency))
    if scaled is None or not scaled.is_finite() or scaled != scaled.to_integral_value():
        raise Refused({name: N_("Give an amount of money such as 20 or 12.50.")})
    return int(scaled)


def day(text: str, zone: tzinfo, *, later: int = 0) -> datetime | None:
    """The midnight at which a day like 2026-11-21 begins in `zone`, or so many days later; None when it is no day.

    The first and the last year of the calendar have moments that are in no year of another zone.
    """
    try:
        begins = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=zone)
    except ValueError:
        return None
    return begins + timedelta(days=later) if MINYEAR < begins.year < MAXYEAR else None


def _typed(field: Field, typed: FormData) -> object:
    if field.kind == "some":
        return [value for value in typed.getlist(field.name) if isinstance(value, str)]
    return text(typed, field.name)


def _read(field: Field, form: FormData, zone: tzinfo, offered: Collection[str] | None) -> Any:
    """Raises Refused."""
    given = _typed(field, form)
    if field.required and not given:
        raise Refused({field.name: NONE_CHOSEN if field.kind == "some" else EMPTY})
    if isinstance(given, list):
        if offered is not None and not set(given) <= set(offered):
            raise Refused({field.name: NOT_OFFERED})
        return given
    assert isinstance(given, str)
    if len(given) > field.longest:
        raise Refused({field.name: TOO_LONG})
    if offered is not None and field.kind in {"choice", "one"} and given not in offered:
        raise Refused({field.name: NOT_OFFERED})
    read = _READ.get(field.kind)
    return read(field, given, zone) if read and given else None if read else given


def _count(field: Field, given: str, _zone: tzinfo) -> int:
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise Refused({field.name: N_("Give a whole number such as 3.")})
    return int(given)


def _number(field: Field, given: str, _zone: tzinfo) -> Decimal:
    number = decimals.typed(given)
    if number is None or abs(number) >= Decimal(10) ** 12:
        raise Refused({field.name: N_("Give a number such as 20 or 12.5.")})
    return number


def _day(field: Field, given: str, zone: tzinfo) -> datetime:
    found = day(given, zone)
    if found is None:
        raise Refused({field.name: N_("Give a day such as 2026-11-21.")})
    return found


def _moment(field: Field, given: str, zone: tzinfo) -> datetime:
    try:
        found = datetime.fromisoformat(given).replace(tzinfo=zone)
    except ValueError:
        found = None
    if found is None or not MINYEAR < found.year < MAXYEAR:
        raise Refused({field.name: N_("Give the time with its day, such as 2026-11-21 10:32.")})
    return found


_READ: Mapping[str, Callable[[Field, str, tzinfo], Any]] = {
    "count": _count,
    "amount": _number,
    "number": _number,
    "day": _day,
    "moment": _moment,
}
