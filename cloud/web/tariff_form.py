"""A tariff as a form: its fields as tables, what is filled in as terms, and every complaint at its field.

Names of fields are those of `cloud.domain.tariff_checks.Complaint`, such as `elements.0.ENERGY.price`.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Any

from starlette.datastructures import FormData

from cloud.domain.decimals import typed
from cloud.domain.errors import DomainError
from cloud.domain.money import minor_digits
from cloud.domain.tariff_checks import Complaint, complaints, lacking_vat
from cloud.domain.tariffs import Dimension, Element, PriceComponent, PriceLimit, Restrictions, Terms, Weekday
from cloud.domain.words import N_

MOST_ELEMENTS = 20
LONGEST = 60
MINUTE_S = 60

PRICES: Mapping[Dimension, tuple[str, str]] = {
    Dimension.ENERGY: (N_("Energy, a kWh"), "Wh"),
    Dimension.TIME: (N_("Charging, an hour"), "s"),
    Dimension.PARKING_TIME: (N_("Parking, an hour"), "s"),
    Dimension.FLAT: (N_("A session"), ""),
}
DAYS: Mapping[Weekday, str] = {
    Weekday.MONDAY: N_("Mon"),
    Weekday.TUESDAY: N_("Tue"),
    Weekday.WEDNESDAY: N_("Wed"),
    Weekday.THURSDAY: N_("Thu"),
    Weekday.FRIDAY: N_("Fri"),
    Weekday.SATURDAY: N_("Sat"),
    Weekday.SUNDAY: N_("Sun"),
}


@dataclass(frozen=True)
class Limit:
    """A field of OCPI's restrictions. `kind`: time, date, number or minutes (kept in seconds)."""

    name: str
    words: str
    kind: str


LIMITS = (
    Limit("start_time", N_("From o'clock"), "time"),
    Limit("end_time", N_("Until o'clock"), "time"),
    Limit("start_date", N_("From the day"), "date"),
    Limit("end_date", N_("Until, before the day"), "date"),
    Limit("min_kwh", N_("From so many kWh on"), "number"),
    Limit("max_kwh", N_("Up to so many kWh"), "number"),
    Limit("min_power", N_("From so many kW on"), "number"),
    Limit("max_power", N_("Below so many kW"), "number"),
    Limit("min_duration", N_("After so many minutes"), "minutes"),
    Limit("max_duration", N_("In the first minutes"), "minutes"),
)
SIDES = (("min_price", N_("A session costs at least")), ("max_price", N_("A session costs at most")))

NUMBER = N_("Give a number such as 0.39.")
TIME = N_("Give a time such as 22:00.")
DAY = N_("Give a day such as 2026-11-21.")
WITHOUT_VAT = N_("Give the amount without VAT too.")
NO_VAT = N_("Other prices have VAT. Give that of this one, or 0.")
CURRENCY = N_("Give a currency such as EUR.")


@dataclass
class Draft:
    """What was filled in, field by field, the terms that it makes, and what is wrong with which field."""

    values: dict[str, str]
    days: frozenset[tuple[int, str]] = frozenset()
    elements: int = 1
    terms: Terms | None = None
    problems: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return self.values.get(name, "")

    def limited(self, n: int) -> bool:
        """Whether an element applies only sometimes, or something about that is wrong."""
        names = [f"elements.{n}.{limit.name}" for limit in LIMITS]
        return any(self.text(name) or name in self.problems for name in names) or any(
            n == each for each, _ in self.days
        )


def labels(elements: int) -> dict[str, str]:
    """What each field is called, for complaints that stand away from it; several elements have numbers."""
    named = {"name": N_("Name"), "currency": N_("Currency"), "valid_from": N_("Valid from")}
    named["parking_grace_s"] = N_("Minutes of parking that are free")
    for side, words in SIDES:
        named |= {
            f"{side}.excl_vat": N_("{what}, without VAT").format(what=words),
            f"{side}.incl_vat": N_("{what}, with VAT").format(what=words),
        }
    for n in range(elements):
        for name, what in _OF_ELEMENT.items():
            named[f"elements.{n}.{name}"] = (
                N_("Prices {number}: {what}").format(number=n + 1, what=what) if elements > 1 else what
            )
    return named


def _of_element() -> dict[str, str]:
    named = {limit.name: limit.words for limit in LIMITS}
    for dimension, (words, _unit) in PRICES.items():
        named |= {f"{dimension}.price": words, f"{dimension}.vat": N_("{what}: VAT in %").format(what=words)}
        named[f"{dimension}.step_size"] = N_("{what}: steps").format(what=words)
    return named


_OF_ELEMENT = _of_element()


def drafted(form: FormData) -> Draft:
    """The form as it was sent; `terms` only if nothing is wrong with it."""
    values = {name: value.strip()[:LONGEST] for name, value in form.items() if isinstance(value, str)}
    count = values.get("elements", "")
    elements = min(MOST_ELEMENTS, max(1, int(count))) if count.isascii() and count.isdigit() and len(count) < 4 else 1
    days = frozenset(
        (n, day) for n in range(elements) for day in form.getlist(f"elements.{n}.day_of_week") if isinstance(day, str)
    )
    draft = Draft(values, days, elements)
    _judge(draft)
    return draft


def draft_of(terms: Terms) -> Draft:
    """The form of a tariff that there is."""
    values = {"currency": terms.currency, "parking_grace_s": _minutes(terms.parking_grace_s or None)}
    for side, bound in (("min_price", terms.min_price), ("max_price", terms.max_price)):
        if bound is not None:
            values |= {f"{side}.excl_vat": _plain(bound.excl_vat), f"{side}.incl_vat": _plain(bound.incl_vat)}
    for n, element in enumerate(terms.elements):
        for each in element.price_components:
            path = f"elements.{n}.{each.type}"
            values |= {f"{path}.price": _plain(each.price), f"{path}.vat": _plain(each.vat)}
            values[f"{path}.step_size"] = str(each.step_size) if each.step_size > 1 else ""
        for limit in LIMITS:
            values[f"elements.{n}.{limit.name}"] = _shown(limit, getattr(element.restrictions, limit.name))
    days = frozenset((n, str(day)) for n, each in enumerate(terms.elements) for day in each.restrictions.day_of_week)
    return Draft(values, days, max(1, len(terms.elements)), terms)


def _judge(draft: Draft) -> None:
    """Fills in terms or problems; complaints name the elements that are left once empty ones are gone."""
    reader = _Reader(draft)
    found = [(n, element) for n in range(draft.elements) if (element := reader.element(n)) is not None]
    currency = draft.text("currency").upper()
    try:
        minor_digits(currency)
    except DomainError:
        draft.problems["currency"] = CURRENCY
    limits = {side: reader.limit(side) for side, _words in SIDES}
    terms = Terms(currency, tuple(element for _n, element in found), **limits, parking_grace_s=reader.grace_s())
    if draft.problems:
        return
    for complaint in (*complaints(terms), *(Complaint(name, NO_VAT) for name in lacking_vat(terms))):
        first, *rest = complaint.field.split(".")
        name = ".".join([first, str(found[int(rest[0])][0]), *rest[1:]]) if first == "elements" else complaint.field
        draft.problems.setdefault(name, complaint.text)
    draft.terms = None if draft.problems else terms


class _Reader:
    """Reads the fields of a draft, noting what cannot be read."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    def element(self, n: int) -> Element | None:
        """None for one in which nothing was filled in."""
        prices = tuple(self._prices(n))
        limits = {limit.name: self._limit(limit, f"elements.{n}.{limit.name}") for limit in LIMITS}
        days = tuple(day for day in Weekday if (n, str(day)) in self._draft.days)
        given = {name: value for name, value in limits.items() if value is not None}
        return Element(prices, Restrictions(**given, day_of_week=days)) if prices or given or days else None

    def limit(self, side: str) -> PriceLimit | None:
        excl_vat, incl_vat = self._number(f"{side}.excl_vat"), self._number(f"{side}.incl_vat")
        if excl_vat is None and incl_vat is not None:
            self._draft.problems.setdefault(f"{side}.excl_vat", WITHOUT_VAT)
        return None if excl_vat is None else PriceLimit(excl_vat, incl_vat)

    def grace_s(self) -> int:
        return self._seconds("parking_grace_s") or 0

    def _prices(self, n: int) -> Iterator[PriceComponent]:
        for dimension in Dimension:
            path = f"elements.{n}.{dimension}"
            price, vat, step = (self._number(f"{path}.{part}") for part in ("price", "vat", "step_size"))
            if price is not None:
                yield PriceComponent(dimension, price, vat, 1 if step is None else int(step))

    def _limit(self, limit: Limit, name: str) -> Any:
        if limit.kind == "number":
            return self._number(name)
        if limit.kind == "minutes":
            return self._seconds(name)
        text = self._draft.text(name)
        if not text:
            return None
        with suppress(ValueError):
            return time.fromisoformat(text) if limit.kind == "time" else date.fromisoformat(text)
        self._draft.problems[name] = TIME if limit.kind == "time" else DAY
        return None

    def _seconds(self, name: str) -> int | None:
        minutes = self._number(name)
        return None if minutes is None else round(minutes * MINUTE_S)

    def _number(self, name: str) -> Decimal | None:
        text = self._draft.text(name)
        if not text:
            return None
        number = typed(text)
        if number is not None and abs(number) < Decimal(10) ** 12:
            return number
        self._draft.problems[name] = NUMBER
        return None


def _shown(limit: Limit, value: Any) -> str:
    if value is None:
        return ""
    if limit.kind == "minutes":
        return _minutes(value)
    return f"{value:%H:%M}" if isinstance(value, time) else _plain(value) if isinstance(value, Decimal) else str(value)


def _minutes(seconds: int | None) -> str:
    return "" if seconds is None else f"{seconds / MINUTE_S:g}"


def _plain(number: Decimal | None) -> str:
    return "" if number is None else f"{number:f}"
