"""Lists: their columns and filters as tables, and one page of rows by the key of the last row before it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from cloud.domain.people import Permission
from cloud.web.forms import day
from cloud.web.pages import Look

A_PAGE = 50
LONGEST = 200
Chosen = Mapping[str, Any]
Find = Callable[[Chosen, str | None, int], Sequence[Any]]


def nothing(_row: Any) -> None:
    return None


@dataclass(frozen=True)
class Column:
    """`kind` is a macro of `cells.html` that shows what `value` finds in a row; `note` stands small below it."""

    words: str
    kind: str
    value: Callable[[Any], Any]
    link: Callable[[Any], str | None] = nothing
    note: "Column | None" = None

    @property
    def amount(self) -> bool:
        return self.kind in {"kwh", "money", "count"}


@dataclass(frozen=True)
class Filter:
    """`kind`: text, day (its beginning), last_day (its end), or choice of `choices` or of the page's options."""

    name: str
    words: str
    kind: str = "text"
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Button:
    """A form of one button in a row; `fields` go with it."""

    action: str
    words: str
    icon: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Tool:
    """A link above a list, for those who may follow it."""

    link: str
    words: str
    icon: str
    needs: Permission = Permission.LOOK


@dataclass(frozen=True)
class Listing:
    """A list at `path`. `key` tells a row's place in its order, which pages on; `empty` is a heading and a hint."""

    path: str
    title: str
    columns: tuple[Column, ...]
    empty: tuple[str, str]
    filters: tuple[Filter, ...] = ()
    tools: tuple[Tool, ...] = ()
    key: Callable[[Any], object] = lambda row: row.id
    id: Callable[[Any], object] = lambda row: row.id


def listed(
    listing: Listing, look: Look, zone: ZoneInfo, find: Find, options: Mapping[str, Mapping[str, str]] | None = None
) -> dict[str, Any]:
    """What `listing.html` shows: the rows that `find(chosen, after, limit)` gives. `options`: a filter's own choices.

    A filter that cannot be read is as if it were not given, its field is empty, and `unread` names it.
    """
    offered = {filter.name: {**filter.choices, **(options or {}).get(filter.name, {})} for filter in listing.filters}
    chosen = {
        filter.name: value
        for filter in listing.filters
        if (value := _read(filter, look.query.get(filter.name, ""), offered[filter.name], zone)) is not None
    }
    typed = {filter.words: look.query.get(filter.name, "").strip()[:LONGEST] for filter in listing.filters}
    read = {filter.words for filter in listing.filters if filter.name in chosen}
    after = look.query.get("after") or None
    rows = list(find(chosen, after, A_PAGE + 1))
    given = {name: look.query[name] for name in chosen}
    following = given | {"after": str(listing.key(rows[A_PAGE - 1]))} if len(rows) > A_PAGE else None
    return {
        "listing": listing,
        "rows": rows[:A_PAGE],
        "given": given,
        "unread": [(words, text) for words, text in typed.items() if text and words not in read],
        "offered": offered,
        "beginning": None if after is None else address(listing.path, given),
        "following": address(listing.path, following) if following else None,
    }


def address(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def number_after(after: str | None) -> int | None:
    """The key as a whole number; one that no row can have pages nowhere."""
    return int(after) if after and after.isascii() and after.isdigit() and len(after) < 19 else None


def _read(filter: Filter, given: str, offered: Mapping[str, str], zone: ZoneInfo) -> Any:
    text = given.strip()[:LONGEST]
    if filter.kind == "choice":
        return text if text in offered else None
    if filter.kind == "text":
        return text or None
    return day(text, zone, later=1 if filter.kind == "last_day" else 0)
