"""Tags in a CSV file: what each line says, and what is wrong with it."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, tzinfo
from io import StringIO
from typing import Any

TAG = "tag"


@dataclass(frozen=True, slots=True)
class Line:
    """One tag with its terms; `why` it cannot be read, if so."""

    number: int
    id_tag: str
    terms: Mapping[str, Any]
    why: str | None = None


def read(text: str, zone: tzinfo) -> list[Line]:
    """The lines of a file whose first names its columns; only `tag` is needed, a column that is missing says nothing.

    Columns: tag, name, parent, group, tariff, valid_from and expires (days in `zone`), blocked (yes or no), sessions.
    """
    reader = csv.DictReader(StringIO(text.removeprefix("\ufeff")), restkey="", strict=True)
    heads = [head.strip().lower() for head in reader.fieldnames or ()]
    unknown = [head for head in heads if head != TAG and head not in _COLUMNS]
    if TAG not in heads or unknown or len(set(heads)) < len(heads):
        known = ", ".join((TAG, *_COLUMNS))
        return [Line(1, "", {}, f"the first line must name the columns, each once, and {TAG} among them: {known}")]
    reader.fieldnames = heads
    try:
        return _once([_line(reader.line_num, row, zone) for row in reader])
    except csv.Error as error:
        return [Line(reader.line_num, "", {}, f"it cannot be read: {error}")]


def _line(number: int, row: Mapping[str, Any], zone: tzinfo) -> Line:
    if "" in row or None in row.values():
        return Line(number, str(row.get(TAG) or ""), {}, "it has more or fewer fields than the first line")
    cells = {head: cell.strip() for head, cell in row.items()}
    id_tag, terms = cells.pop(TAG), dict[str, Any]()
    for head, cell in cells.items():
        name, convert = _COLUMNS[head]
        try:
            terms[name] = convert(cell, zone)
        except ValueError as error:
            return Line(number, id_tag, {}, f"{head} {cell!r} {error}")
    return Line(number, id_tag, terms)


def _once(lines: list[Line]) -> list[Line]:
    """Of lines with the same tag only the first is good."""
    first = {line.id_tag.upper(): line.number for line in reversed(lines)}
    return [
        line
        if line.why or first[line.id_tag.upper()] == line.number
        else Line(line.number, line.id_tag, {}, f"the tag stands in line {first[line.id_tag.upper()]} already")
        for line in lines
    ]


def _text(cell: str, _zone: tzinfo) -> str:
    return cell


def _text_or_none(cell: str, _zone: tzinfo) -> str | None:
    return cell or None


def _day(cell: str, zone: tzinfo) -> datetime | None:
    if not cell:
        return None
    try:
        return datetime.combine(datetime.strptime(cell, "%Y-%m-%d"), time(), zone)
    except ValueError as error:
        raise ValueError("is not a day such as 2027-12-31") from error


def _yes(cell: str, _zone: tzinfo) -> bool:
    if cell.lower() not in ("yes", "no", ""):
        raise ValueError("is neither yes nor no")
    return cell.lower() == "yes"


def _count(cell: str, _zone: tzinfo) -> int:
    if cell and not (cell.isascii() and cell.isdigit() and 0 < int(cell[:5]) <= 1000):
        raise ValueError("is not a number from 1 to 1000")
    return int(cell or 1)


_COLUMNS: Mapping[str, tuple[str, Callable[[str, tzinfo], Any]]] = {
    "name": ("note", _text),
    "parent": ("parent", _text_or_none),
    "group": ("group", _text),
    "tariff": ("tariff", _text),
    "valid_from": ("valid_from", _day),
    "expires": ("expires_at", _day),
    "blocked": ("blocked", _yes),
    "sessions": ("most_sessions", _count),
}
