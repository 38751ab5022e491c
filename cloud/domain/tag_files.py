"""Tags in a CSV file: what each line says, and what is wrong with it; and all tags as such a file."""

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, tzinfo
from io import StringIO
from typing import Any

from cloud.domain.tags import Tag

TAG = "tag"
_FORMULA = re.compile("'*[=+@-]")


@dataclass(frozen=True, slots=True)
class Line:
    """One tag with its terms, those of a bad line as far as they tell whose it is; `why` it is bad, if so."""

    number: int
    id_tag: str
    terms: Mapping[str, Any]
    why: str | None = None


def read(text: str, zone: tzinfo) -> list[Line]:
    """The lines of a file whose first names its columns; only `tag` is needed, a column that is missing says nothing.

    Cells are parted by commas, or by semicolons as spreadsheets do where the comma is in numbers.
    Columns: tag, name, parent, group, tariff, valid_from and expires (days in `zone`, or times that name
    their own), blocked (yes or no), sessions.
    """
    plain = text.removeprefix("\ufeff")
    first = plain.partition("\n")[0]
    delimiter = ";" if ";" in first and "," not in first else ","
    reader = csv.DictReader(StringIO(plain), restkey="", strict=True, delimiter=delimiter)
    try:
        return _lines(reader, zone)
    except csv.Error as error:
        return [Line(max(1, reader.line_num), "", {}, f"it cannot be read: {error}")]


def _lines(reader: "csv.DictReader[str]", zone: tzinfo) -> list[Line]:
    heads = [head.strip().lower() for head in reader.fieldnames or ()]
    unknown = [head for head in heads if head != TAG and head not in _COLUMNS]
    if TAG not in heads or unknown or len(set(heads)) < len(heads):
        known = ", ".join((TAG, *_COLUMNS))
        return [Line(1, "", {}, f"the first line must name the columns, each once, and {TAG} among them: {known}")]
    reader.fieldnames = heads
    return _once([_line(reader.line_num, row, zone) for row in reader])


def write(tags: Iterable[Tag], tariffs: Mapping[int, str], zone: tzinfo) -> str:
    """The file of these tags, which `read` takes as it is; text that a spreadsheet would compute has an apostrophe."""
    written = StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow((TAG, *_COLUMNS))
    for tag in tags:
        terms = terms_of(tag, tariffs)
        cells = (tag.id_tag, *(_told(terms[name], zone) for name, _convert in _COLUMNS.values()))
        writer.writerow([f"'{cell}" if _FORMULA.match(cell) else cell for cell in cells])
    return written.getvalue()


def terms_of(tag: Tag, tariffs: Mapping[int, str]) -> dict[str, Any]:
    """A tag's terms by the names of `Line.terms`; `tariffs` are names by id."""
    own = {name: getattr(tag, name) for name in ("note", "parent", "valid_from", "expires_at", "blocked")}
    group, tariff = tag.group.name if tag.group else "", tariffs[tag.tariff_id] if tag.tariff_id else ""
    return {**own, "group": group, "tariff": tariff, "most_sessions": tag.most_sessions}


def changes(before: Mapping[str, Any], after: Mapping[str, Any], zone: tzinfo) -> list[tuple[str, str, str]]:
    """Columns whose cells differ, each with what it was and what it is; `after` may have fewer terms."""
    cells = [
        (head, _told(before[name], zone), _told(after[name], zone))
        for head, (name, _convert) in _COLUMNS.items()
        if name in after
    ]
    return [each for each in cells if each[1] != each[2]]


def _told(value: object, zone: tzinfo) -> str:
    if isinstance(value, datetime):
        local = value.astimezone(zone)
        whole = datetime.combine(local, time(), zone).timestamp() == value.timestamp()
        return f"{local:%Y-%m-%d}" if whole else local.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value).strip()


def _line(number: int, row: Mapping[str, Any], zone: tzinfo) -> Line:
    if "" in row or None in row.values():
        return Line(number, str(row.get(TAG) or ""), {}, "it has more or fewer fields than the first line")
    cells = {head: _text_of(cell.strip()) for head, cell in row.items()}
    id_tag, terms = cells.pop(TAG), dict[str, Any]()
    for head, cell in cells.items():
        name, convert = _COLUMNS[head]
        try:
            terms[name] = convert(cell, zone)
        except ValueError as error:
            return Line(number, id_tag, {"note": cells.get("name", "")}, f"{cell!r} in column {head} {error}")
    return Line(number, id_tag, terms)


def _text_of(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _once(lines: list[Line]) -> list[Line]:
    """Of lines with the same tag only the first is good."""
    first = {line.id_tag.upper(): line.number for line in reversed(lines)}
    return [
        line
        if line.why or first[line.id_tag.upper()] == line.number
        else replace(line, why=f"the tag stands in line {first[line.id_tag.upper()]} already")
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
        at = datetime.fromisoformat(cell)
    except ValueError as error:
        raise ValueError("is not a day such as 2027-12-31") from error
    if at.tzinfo is None and at != datetime.combine(at, time()):
        raise ValueError("is neither a day such as 2027-12-31 nor a time with its zone")
    return at.replace(tzinfo=zone) if at.tzinfo is None else at


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
COLUMNS = tuple(_COLUMNS)
"""What may stand beside the tag."""
