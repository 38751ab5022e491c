"""Tariffs as OCPI writes them (Tariff object of 2.2.1, and what 2.3.0 calls otherwise), in both directions."""

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, cast

from cloud.domain.errors import BadTariff
from cloud.domain.tariff_checks import check
from cloud.domain.tariffs import (
    Dimension,
    Element,
    PriceComponent,
    PriceLimit,
    Restrictions,
    TariffVersion,
    Terms,
    Weekday,
)

Read = Callable[[Any], Any]
_TELLS_NOTHING = frozenset({"country_code", "party_id", "type", "tariff_alt_text", "tariff_alt_url", "energy_mix"})
_TELLS_NOTHING |= {"last_updated", "preauthorize_amount"}
"""Fields for people and partners, which do not change a price."""
_MOST_DIGITS = 30
"""Before and behind the point: 1e999999999 is short to write, and its digits fill the memory."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A tariff that was read: `name` is OCPI's id; the validity is None where none is given."""

    name: str
    terms: Terms
    valid_from: datetime | None
    valid_until: datetime | None


def read(given: object) -> Imported:
    """The tariff in a parsed JSON or TOML document with Decimal numbers. Raises BadTariff, UnknownCurrency."""
    told = _fields(given, _TARIFF, ("id", "currency", "elements"), _TELLS_NOTHING)
    limits = {side: told[side] for side in ("min_price", "max_price") if side in told}
    terms = Terms(told["currency"], told["elements"], **limits, parking_grace_s=told.get("parking_grace_s", 0))
    check(terms)
    return Imported(told["id"], terms, told.get("start_date_time"), told.get("end_date_time"))


def parse(text: str) -> Imported:
    """The tariff in a text: JSON, or the same as TOML; numbers exactly as they are written. Raises as `read`."""
    try:
        if text.lstrip().startswith("{"):
            return read(json.loads(text, parse_float=Decimal))
        return read(tomllib.loads(text, parse_float=Decimal))
    except (ValueError, RecursionError) as error:
        raise BadTariff(f"it is neither JSON (an object) nor TOML: {error}") from error


def _fields(
    given: object, known: Mapping[str, Read], needed: tuple[str, ...] = (), ignored: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The known fields, read; null means not given. Raises BadTariff that leads to the field."""
    if not isinstance(given, dict):
        raise _wrong(given, "it must be an object with fields")
    told = {name: value for name, value in cast("dict[str, Any]", given).items() if value is not None}
    if strange := sorted(told.keys() - known.keys() - ignored):
        raise BadTariff(f"there is no field {strange[0]!r}; known are {', '.join(known)}")
    if missing := [name for name in needed if name not in told]:
        raise BadTariff(f"{missing[0]} is missing")
    found = {name: _under(name, known[name], value) for name, value in told.items() if name in known}
    return {name: value for name, value in found.items() if value is not None}


def _under(name: str, read: Read, value: Any) -> Any:
    try:
        return read(value)
    except BadTariff as why:
        raise BadTariff(f"{name}: {why}") from why


def _wrong(value: object, expected: str) -> BadTariff:
    return BadTariff(f"{value} is wrong; {expected}")


def _element(given: Any) -> Element:
    told = _fields(given, {"price_components": _each("price", _component), "restrictions": _restrictions})
    return Element(told.get("price_components", ()), told.get("restrictions", Restrictions()))


def _component(given: Any) -> PriceComponent:
    return PriceComponent(**_fields(given, _COMPONENT, ("type", "price")))


def _restrictions(given: Any) -> Restrictions:
    return Restrictions(**_fields(given, _RESTRICTIONS))


def _each(name: str, read: Read) -> Read:
    def every(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise _wrong(value, "it must be a list")
        return tuple(_under(f"{name} {n}", read, one) for n, one in enumerate(value, 1))

    return every


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _wrong(value, "it must be text")
    return value


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _wrong(value, "it must be a number")
    number = Decimal(value)
    _sign, digits, exponent = number.as_tuple()
    if isinstance(exponent, int) and max(abs(exponent), len(digits)) > _MOST_DIGITS:
        raise BadTariff(f"a number has at most {_MOST_DIGITS} digits")
    return number


def _whole(value: Any) -> int:
    number = _number(value)
    if not number.is_finite() or number != int(number):
        raise _wrong(value, "it must be a whole number")
    return int(number)


def _one_of(kinds: type[Dimension] | type[Weekday]) -> Read:
    def read(value: Any) -> Dimension | Weekday:
        if value not in list(kinds):
            raise _wrong(value, f"it must be one of {', '.join(kinds)}")
        return kinds(value)

    return read


def _time(value: Any) -> time:
    if isinstance(value, time):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        raise _wrong(value, "it must be a time such as 13:30, from 00:00 to 23:59")
    return time.fromisoformat(value)


def _date(value: Any) -> date:
    try:
        return value if type(value) is date else date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise _wrong(value, "it must be a day such as 2026-12-24") from error


def _instant(value: Any) -> datetime:
    """OCPI's DateTime is UTC, with or without a Z."""
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise _wrong(value, "it must be a time in UTC such as 2026-12-24T18:00:00Z") from error
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _limit(value: Any) -> PriceLimit:
    """OCPI 2.3.0 names the amount `before_taxes` and lists the taxes on it."""
    told = _fields(value, {**_LIMIT, "before_taxes": _number, "taxes": _taxes})
    if "before_taxes" in told:
        taxes = told.get("taxes")
        told = {"excl_vat": told["before_taxes"], "incl_vat": None if taxes is None else told["before_taxes"] + taxes}
    if "excl_vat" not in told:
        raise BadTariff("excl_vat, the amount without VAT, is missing")
    return PriceLimit(told["excl_vat"], told.get("incl_vat"))


def _tax(value: Any) -> Decimal:
    told = _fields(value, {"amount": _number}, ("amount",), frozenset({"name", "account_number", "percentage"}))
    return cast("Decimal", told["amount"])


def _taxes(value: Any) -> Decimal | None:
    listed = _each("tax", _tax)(value)
    return sum(listed, Decimal(0)) if listed else None


def _taxed(value: Any) -> None:
    if value not in ("NO", "N/A"):
        raise _wrong(value, "prices are taken without tax; give them so, with tax_included NO")


def _refused(why: str) -> Read:
    def refuse(value: Any) -> None:
        raise _wrong(value, why)

    return refuse


_BY_CURRENT = _refused("prices by current are not supported; use min_power or max_power in kW")
_LIMIT: dict[str, Read] = {"excl_vat": _number, "incl_vat": _number}
_COMPONENT: dict[str, Read] = {
    "type": _one_of(Dimension),
    "price": _number,
    "vat": _number,
    "step_size": _whole,
}
_RESTRICTIONS: dict[str, Read] = {
    "start_time": _time,
    "end_time": _time,
    "start_date": _date,
    "end_date": _date,
    "min_kwh": _number,
    "max_kwh": _number,
    "min_power": _number,
    "max_power": _number,
    "min_duration": _whole,
    "max_duration": _whole,
    "day_of_week": _each("day", _one_of(Weekday)),
    "min_current": _BY_CURRENT,
    "max_current": _BY_CURRENT,
    "reservation": _refused("prices of reservations are not supported; leave this element out"),
}
_TARIFF: dict[str, Read] = {
    "id": _text,
    "currency": _text,
    "elements": _each("element", _element),
    "min_price": _limit,
    "max_price": _limit,
    "start_date_time": _instant,
    "end_date_time": _instant,
    "parking_grace_s": _whole,
    "tax_included": _taxed,
}


def write(version: TariffVersion) -> dict[str, Any]:
    """The version as OCPI 2.2.1 writes it, with plain numbers; `parking_grace_s`, which is ours, only if it is set."""
    terms = version.terms
    return {
        "id": version.name,
        "currency": terms.currency,
        "elements": [_written(element) for element in terms.elements],
        **{side: _limit_written(limit) for side, limit in _limits(terms) if limit},
        **({"parking_grace_s": terms.parking_grace_s} if terms.parking_grace_s else {}),
        "start_date_time": _utc(version.valid_from),
        **({"end_date_time": _utc(version.valid_until)} if version.valid_until else {}),
        "last_updated": _utc(version.valid_from),
    }


def _limits(terms: Terms) -> tuple[tuple[str, PriceLimit | None], ...]:
    return ("min_price", terms.min_price), ("max_price", terms.max_price)


def _limit_written(limit: PriceLimit) -> dict[str, Any]:
    incl_vat = {} if limit.incl_vat is None else {"incl_vat": _plain(limit.incl_vat)}
    return {"excl_vat": _plain(limit.excl_vat), **incl_vat}


def _written(element: Element) -> dict[str, Any]:
    asked = [_component_written(component) for component in element.price_components]
    given = {field: _plain(getattr(element.restrictions, field)) for field in _RESTRICTIONS if field in _ours(element)}
    return {"price_components": asked, **({"restrictions": given} if given else {})}


def _ours(element: Element) -> frozenset[str]:
    return element.restrictions.given


def _component_written(component: PriceComponent) -> dict[str, Any]:
    vat = {} if component.vat is None else {"vat": _plain(component.vat)}
    return {"type": component.type.value, "price": _plain(component.price), **vat, "step_size": component.step_size}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return [day.value for day in value] if isinstance(value, tuple) else value


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
