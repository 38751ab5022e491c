"""Whether terms can price a session; every complaint names the element and the field."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import time
from decimal import Decimal

from cloud.domain.errors import BadTariff
from cloud.domain.money import minor_digits
from cloud.domain.tariffs import Dimension, Element, PriceComponent, PriceLimit, Restrictions, Terms, components
from cloud.domain.words import N_

_HIGHEST = Decimal(1_000_000)
_DECIMALS = 9
_LONGEST_S = 366 * 86_400
_WH_DECIMALS = 3


@dataclass(frozen=True, slots=True)
class Complaint:
    """`field`: such as `elements.0.ENERGY.price`, `elements.0.max_kwh`, `min_price.excl_vat` or `parking_grace_s`."""

    field: str
    text: str

    def __str__(self) -> str:
        first, *rest = self.field.split(".")
        return N_(f"element {int(rest[0]) + 1}: {self.text}") if first == "elements" else self.text


def check(terms: Terms) -> None:
    """Raises BadTariff with all complaints, or UnknownCurrency, when these terms cannot price a session."""
    minor_digits(terms.currency)
    if found := complaints(terms):
        raise BadTariff("; ".join(map(str, found)))


def complaints(terms: Terms) -> list[Complaint]:
    """Everything that is wrong with the terms, except for their currency."""
    if not components(terms.elements):
        return [Complaint("", "a tariff needs at least one price; for free charging give a price of 0")]
    found = [
        Complaint(f"elements.{n}.{field}", text)
        for n, element in enumerate(terms.elements)
        for field, text in _element(element)
    ]
    found += [Complaint(field, text) for field, text in _limits(terms)]
    if not 0 <= terms.parking_grace_s <= 86_400:
        text = f"parking_grace_s is {terms.parking_grace_s}; it must be between 0 and 86400 seconds"
        found.append(Complaint("parking_grace_s", text))
    return found


def lacking_vat(terms: Terms) -> list[str]:
    """The VAT fields that are empty although other prices have VAT; OCPI allows it, and it is seldom meant."""
    prices = [(n, each) for n, element in enumerate(terms.elements) for each in element.price_components]
    if not any(each.vat for _n, each in prices):
        return []
    return [f"elements.{n}.{each.type}.vat" for n, each in prices if each.vat is None and each.price]


Told = Iterator[tuple[str, str]]
"""The field below the one that is looked at, and what is wrong with it."""


def _element(element: Element) -> Told:
    types = [component.type for component in element.price_components]
    if not types:
        yield "price_components", "price_components is empty; give at least one price"
    for twice in [dimension for dimension in Dimension if types.count(dimension) > 1]:
        text = f"there are {types.count(twice)} prices for {twice}; one element has one price for each type"
        yield f"{twice}.price", text
    for component in element.price_components:
        yield from ((f"{component.type}.{field}", f"{component.type} {text}") for field, text in _component(component))
    yield from _restrictions(element.restrictions)


def _component(component: PriceComponent) -> Told:
    if bad := _bad_amount(component.price):
        yield "price", f"price is {component.price}; {bad}"
    if component.vat is not None and not (component.vat.is_finite() and 0 <= component.vat <= 100):
        yield "vat", f"vat is {component.vat}; it must be between 0 and 100 percent"
    if not 1 <= component.step_size <= _LONGEST_S:
        yield "step_size", f"step_size is {component.step_size}; it must be 1 or more"


def _bad_amount(amount: Decimal) -> str:
    if not amount.is_finite() or amount < 0:
        return "it must be 0 or more"
    exponent = amount.normalize().as_tuple().exponent
    if amount >= _HIGHEST or not isinstance(exponent, int) or exponent < -_DECIMALS:
        return f"it must be below {_HIGHEST:,} and have {_DECIMALS} decimals at most"
    return ""


def _restrictions(asked: Restrictions) -> Told:
    begin, end = asked.start_time, asked.end_time
    if end is not None and (begin or time()) == end:
        yield "end_time", f"start_time and end_time are both {end:%H:%M}; leave both out for the whole day"
    for what in ("kwh", "power", "duration"):
        yield from _range(what, getattr(asked, f"min_{what}"), getattr(asked, f"max_{what}"))
    for limit in ("min_kwh", "max_kwh"):
        amount = getattr(asked, limit)
        if amount is not None and amount.is_finite() and amount != round(amount, _WH_DECIMALS):
            yield limit, f"{limit} is {amount}; a meter counts whole Wh, so give {_WH_DECIMALS} decimals at most"
    if asked.start_date and asked.end_date and asked.start_date >= asked.end_date:
        text = f"end_date {asked.end_date} must be after start_date {asked.start_date}; it is the first day without"
        yield "end_date", text


def _range(what: str, low: Decimal | int | None, high: Decimal | int | None) -> Told:
    for field, limit in ((f"min_{what}", low), (f"max_{what}", high)):
        if limit is not None and not 0 <= Decimal(limit) < 10**9:
            yield field, f"{field} is {limit}; it must be 0 or more"
    if low is not None and high is not None and not low < high:
        yield f"max_{what}", f"max_{what} {high} is not above min_{what} {low}, so it would never apply"


def _limits(terms: Terms) -> Told:
    for field, limit in (("min_price", terms.min_price), ("max_price", terms.max_price)):
        if limit is not None:
            yield from ((f"{field}.{side}", f"{field}: {text}") for side, text in _limit(limit))
    for field, of in _SIDES.items():
        least, most = (of(limit) if limit else None for limit in (terms.min_price, terms.max_price))
        if least is not None and most is not None and least > most:
            yield f"max_price.{field}", f"max_price {field} {most} is below min_price {field} {least}"


_SIDES: dict[str, Callable[[PriceLimit], Decimal | None]] = {
    "excl_vat": lambda limit: limit.excl_vat,
    "incl_vat": lambda limit: limit.incl_vat,
}


def _limit(limit: PriceLimit) -> Told:
    for field, of in _SIDES.items():
        amount = of(limit)
        if amount is not None and (bad := _bad_amount(amount)):
            yield field, f"{field} is {amount}; {bad}"
    if limit.incl_vat is not None and limit.incl_vat < limit.excl_vat:
        yield "incl_vat", f"incl_vat {limit.incl_vat} is below excl_vat {limit.excl_vat}"
