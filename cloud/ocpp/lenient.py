"""Reading a payload that a schema may have refused: what can be understood is taken, what is odd becomes a doubt."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from bollard.wire.times import parse

LARGEST_INT = 2**53
LARGEST_INT32 = 2**31
QUOTED_CHARACTERS = 60
NUMBER = re.compile(r"\s*[+-]?\d{1,18}(?:[.,]\d{1,9})?\s*", re.ASCII)
WHOLE = re.compile(r"\s*[+-]?\d{1,18}\s*", re.ASCII)
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(:\d\d(?:[.,]\d+)?)? ?([Zz]|[+-]\d\d(?::?\d\d)?)?", re.ASCII)
ENERGY = re.compile(r"(.*\d)\s*(k?)Wh\s*", re.IGNORECASE)


class Lenient:
    """One JSON object read field by field; what was not as it should be stands in plain words in `doubts`, or in
    `remarks` if it can mean one thing only, or if nothing depends on it.

    A reader returns None when the field is missing or cannot be understood.
    """

    def __init__(
        self, payload: Mapping[str, Any], doubts: list[str] | None = None, remarks: list[str] | None = None
    ) -> None:
        self.payload = payload
        self.doubts: list[str] = [] if doubts is None else doubts
        self.remarks: list[str] = [] if remarks is None else remarks

    @property
    def aside(self) -> "Lenient":
        """For fields that no bill depends on: whatever is odd about them is a remark."""
        return Lenient(self.payload, self.remarks, self.remarks)

    def doubt(self, text: str) -> None:
        if text not in self.doubts:
            self.doubts.append(text)

    def remark(self, text: str) -> None:
        if text not in self.remarks:
            self.remarks.append(text)

    def integer(self, name: str, below: int = LARGEST_INT) -> int | None:
        """A JSON integer; also 7.0, "7" and "7.0"."""
        return self._whole(name, as_number(self.payload.get(name)), below)

    def energy_wh(self, name: str) -> int | None:
        """As `integer`; text may also name a unit of Wh or kWh."""
        return self._whole(name, as_energy_wh(self.payload.get(name)), LARGEST_INT)

    def text(self, name: str, longest: int) -> str | None:
        """A JSON string that is not empty; also an integer in its JSON spelling. Too long ones stay whole."""
        raw = self.payload.get(name)
        if isinstance(raw, int) and not isinstance(raw, bool):
            self.doubt(f"{name} was the number {quoted(raw)} where text belongs")
            return str(raw)
        if not isinstance(raw, str) or not raw:
            self._unusable(name, raw, "text")
            return None
        if len(raw) > longest:
            self.doubt(f"{name} has {len(raw)} characters, more than the {longest} allowed")
        return raw

    def choice(self, name: str, known: frozenset[str], absent: str, unknown: str) -> str:
        """One of `known`, in any case; `absent` when there is none, `unknown` for anything else."""
        raw = self.payload.get(name)
        if raw is None:
            return absent
        if isinstance(raw, str) and raw in known:
            return raw
        self.remark(f"{name} {quoted(raw)} is not one that OCPP knows")
        alike = [each for each in known if isinstance(raw, str) and each.lower() == raw.lower()]
        return alike[0] if alike else unknown

    def moment(self, name: str) -> datetime | None:
        """A date and time, aware and in UTC; also with a blank for the T, without seconds, or with a zone of hours."""
        raw = self.payload.get(name)
        text = raw.strip() if isinstance(raw, str) else ""
        with suppress(ValueError):
            return parse(text)
        with suppress(ValueError):
            moment = parse(_spelt_out(text))
            self.remark(f"{name} {quoted(raw)} is not written as OCPP wants it")
            return moment
        self._unusable(name, raw, "a date and time")
        return None

    def objects(self, name: str) -> list["Lenient"]:
        """The JSON objects of an array, sharing these doubts; anything else in it is left out with a doubt."""
        raw = self.payload.get(name)
        if raw is None:
            return []
        items = raw if isinstance(raw, list) else [raw]
        good = [item for item in items if isinstance(item, dict)]
        if len(good) != len(items) or items is not raw:
            self.doubt(f"{name} is not a list of objects")
        return [Lenient(item, self.doubts, self.remarks) for item in good]

    def _whole(self, name: str, number: float | None, below: int) -> int | None:
        raw = self.payload.get(name)
        if number is None or abs(number) >= below:
            self._unusable(name, raw, "a usable whole number")
            return None
        if not isinstance(raw, int):
            clear = isinstance(raw, str) and WHOLE.fullmatch(raw)
            (self.remark if clear else self.doubt)(f"{name} was {quoted(raw)} where a whole number belongs")
        return round(number)

    def _unusable(self, name: str, raw: object, wanted: str) -> None:
        self.doubt(f"{name} is missing" if raw is None else f"{name} {quoted(raw)} is not {wanted}")


def _spelt_out(moment: str) -> str:
    match = MOMENT.fullmatch(moment)
    if match is None:
        return ""
    day, minute, seconds, zone = match.groups(default="")
    return f"{day}T{minute}{seconds or ':00'}{zone if len(zone) != len('+02') else zone + ':00'}"


def as_number(raw: object) -> float | None:
    """A number from a JSON number, integers staying exact, or from its text; None for anything else."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return None
    if not isinstance(raw, str):
        return raw if abs(raw) < LARGEST_INT else None
    return float(raw.replace(",", ".")) if NUMBER.fullmatch(raw) else None


def as_energy_wh(raw: object) -> float | None:
    """As `as_number`; text may end in Wh or kWh."""
    match = ENERGY.fullmatch(raw) if isinstance(raw, str) else None
    number = as_number(match[1] if match else raw)
    return number * 1000 if match and match[2] and number is not None else number


def quoted(raw: object) -> str:
    """A value as it may stand in a sentence: printable, short, in quotes where it is text."""
    text = ascii(raw)
    return text if len(text) <= QUOTED_CHARACTERS else text[: QUOTED_CHARACTERS - 1] + "…"
