"""Forms as tables of fields: how each is shown, and what was filled in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from cloud.domain.decimals import typed
from cloud.domain.money import minor_digits
from cloud.web.listing import day

LONGEST = 300


@dataclass(frozen=True)
class Field:
    """`kind`: text, email, count (a whole number), amount (with decimals), day, choice, or names (only offered)."""

    name: str
    words: str
    kind: str = "text"
    hint: str = ""
    required: bool = False


@dataclass(frozen=True)
class Form:
    """A form that posts to `action`; `id` names it on its page."""

    id: str
    action: str
    fields: tuple[Field, ...]
    submit: str
    icon: str = "check"
    values: Mapping[str, object] | None = None
    choices: Mapping[str, Mapping[str, str]] | None = None


def filled(form: FormData, fields: tuple[Field, ...], zone: ZoneInfo) -> dict[str, Any]:
    """What stands in the fields; None where nothing does, except for text. Raises HTTPException 400."""
    return {field.name: _value(field, text(form, field.name), zone) for field in fields}


def text(form: FormData, name: str) -> str:
    """A field's text without spaces around it."""
    value = form.get(name, "")
    return value.strip()[:LONGEST] if isinstance(value, str) else ""


def minor(given: Decimal | None, currency: str) -> int:
    """An amount of money in minor units. Raises HTTPException 400 unless it is one, exactly."""
    scaled = None if given is None else given.scaleb(minor_digits(currency))
    if scaled is None or not scaled.is_finite() or scaled != scaled.to_integral_value():
        raise HTTPException(400, "Give an amount of money such as 20 or 12.50.")
    return int(scaled)


def _value(field: Field, given: str, zone: ZoneInfo) -> Any:
    if field.kind == "count":
        return _count(given)
    if field.kind == "amount":
        return _amount(given)
    if field.kind == "day":
        return _day(given, zone)
    return given


def _count(given: str) -> int | None:
    if given and not (given.isascii() and given.isdigit() and len(given) < 10):
        raise HTTPException(400, "Give a whole number such as 3.")
    return int(given) if given else None


def _amount(given: str) -> Decimal | None:
    amount = typed(given)
    if given and (amount is None or abs(amount) >= Decimal(10) ** 12):
        raise HTTPException(400, "Give an amount such as 20 or 12.50.")
    return amount


def _day(given: str, zone: ZoneInfo) -> datetime | None:
    found = day(given, zone)
    if given and found is None:
        raise HTTPException(400, "Give a day such as 2026-11-21.")
    return found
