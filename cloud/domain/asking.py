"""Forms of commands: the fields that a request's schema has, and the payload that somebody's answers make."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from cloud.domain.decimals import typed
from cloud.domain.errors import BadAnswer

Schema = Mapping[str, Any]


class FieldKind(StrEnum):
    """How a value is typed in. `periods`: a line each of second, limit and perhaps phases; `json`: any other list."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    MOMENT = "moment"
    CHOICE = "choice"
    LINES = "lines"
    PERIODS = "periods"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a payload; `path` leads to it. Not `required` is what may be left empty."""

    path: tuple[str, ...]
    kind: FieldKind
    required: bool
    choices: tuple[str, ...] = ()
    most_characters: int | None = None

    @property
    def name(self) -> str:
        return ".".join(self.path)

    @property
    def last(self) -> str:
        return self.path[-1]


def fields(schema: Schema) -> tuple[Field, ...]:
    """The fields of a request (a JSON schema as OCPP 1.6 has them), what is required first."""
    found = list(_fields(schema, (), required=True))
    return tuple(sorted(found, key=lambda field: (field.path[0] not in schema.get("required", ()), not field.required)))


def payload(form: tuple[Field, ...], answers: Mapping[str, str], zone: ZoneInfo) -> dict[str, Any]:
    """The payload; what is empty is left out, times are those of `zone`. Raises BadAnswer."""
    made: dict[str, Any] = {}
    for field in form:
        text = answers.get(field.name, "").strip()
        if not text and field.required:
            raise BadAnswer("please say what it is to be", field.name)
        if text:
            _put(made, field.path, _value(field, text, zone))
    return made


def _fields(schema: Schema, path: tuple[str, ...], *, required: bool) -> Iterator[Field]:
    for name, inner in schema.get("properties", {}).items():
        needed = required and name in schema.get("required", ())
        if inner.get("type") == "object":
            yield from _fields(inner, (*path, name), required=needed)
        else:
            choices = tuple(inner.get("enum", ()))
            yield Field((*path, name), _kind(inner), needed, choices, inner.get("maxLength"))


def _kind(inner: Schema) -> FieldKind:
    if "enum" in inner:
        return FieldKind.CHOICE
    if inner.get("type") == "array":
        items = inner.get("items", {})
        if items.get("type") == "string":
            return FieldKind.LINES
        return FieldKind.PERIODS if "startPeriod" in items.get("properties", {}) else FieldKind.JSON
    if inner.get("format") == "date-time":
        return FieldKind.MOMENT
    return {"integer": FieldKind.WHOLE, "number": FieldKind.NUMBER}.get(inner["type"], FieldKind.TEXT)


def _put(made: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        made = made.setdefault(name, {})
    made[path[-1]] = value


def _value(field: Field, text: str, zone: ZoneInfo) -> Any:
    match field.kind:
        case FieldKind.WHOLE:
            return _whole(field, text)
        case FieldKind.NUMBER:
            return _number(field, text)
        case FieldKind.MOMENT:
            return _moment(field, text, zone)
        case FieldKind.LINES:
            return [line.strip() for line in text.splitlines() if line.strip()]
        case FieldKind.PERIODS:
            return [_period(field, line.split()) for line in text.splitlines() if line.strip()]
        case FieldKind.JSON:
            return _json(field, text)
        case _:
            return text


def _whole(field: Field, text: str) -> int:
    if not text.removeprefix("-").isdecimal() or not text.isascii() or len(text) > 11:
        raise BadAnswer("give a whole number", field.name)
    return int(text)


def _number(field: Field, text: str) -> float:
    number = typed(text)
    if number is None:
        raise BadAnswer("give a number such as 16 or 10.5", field.name)
    if number != round(number, 1):
        raise BadAnswer("give a number with at most one decimal", field.name)
    return float(number)


def _moment(field: Field, text: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadAnswer("give the time with its day, such as 2026-11-21 10:32", field.name) from error
    if not MINYEAR < moment.year < MAXYEAR:
        raise BadAnswer("give a time that is in some year everywhere", field.name)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _period(field: Field, parts: list[str]) -> dict[str, Any]:
    """`0 16` or `3600 10.5 1`: from which second, which limit, on how many phases."""
    if not 2 <= len(parts) <= 3:
        raise BadAnswer("a line gives the second, the limit and perhaps the phases, such as 0 16 3", field.name)
    period: dict[str, Any] = {"startPeriod": _whole(field, parts[0]), "limit": _number(field, parts[1])}
    return period | ({"numberPhases": _whole(field, parts[2])} if parts[2:] else {})


def _json(field: Field, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadAnswer("this is not JSON", field.name) from error
