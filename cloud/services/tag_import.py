"""Many tags at once: all of them, or none unless the bad ones may be skipped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import groups, tariffs
from cloud.db.queries import tags as rows
from cloud.domain import tag_files
from cloud.domain.tag_files import Line, terms_of
from cloud.domain.tags import Tag, tag_key
from cloud.domain.words import N_
from cloud.services import audit, tags


class Outcome(StrEnum):
    """What becomes of a line."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Judged:
    """A line and what becomes of it; `why` it is refused, if so. `before`: the terms of the tag that is there."""

    line: Line
    outcome: Outcome
    why: str | None = None
    before: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Imported:
    """What became (or would become) of each line, and whether anything was written."""

    lines: tuple[Judged, ...]
    written: bool

    def of(self, outcome: Outcome) -> list[Judged]:
        """The lines of one outcome, in their order."""
        return [each for each in self.lines if each.outcome is outcome]


@dataclass(frozen=True, slots=True)
class _Known:
    """What there is already: tags by key with their terms, groups and tariffs by name."""

    tags: Mapping[str, tuple[Tag, Mapping[str, Any]]]
    ids: Mapping[str, Mapping[str, int]]


def load(
    conn: Connection,
    organisation_id: int,
    lines: Sequence[Line],
    now: datetime,
    *,
    user_id: int | None = None,
    dry_run: bool = False,
    skip_bad: bool = False,
) -> Imported:
    """Adds tags, or gives known ones their line's terms. Writes nothing if a line is bad, unless told to skip it."""
    known = _known(conn, organisation_id)
    judged = Imported(tuple(_judged(line, known) for line in lines), written=False)
    bad = judged.of(Outcome.REFUSED)
    if dry_run or len(bad) == len(lines) or (bad and not skip_bad):
        return judged
    _write(conn, organisation_id, judged, known, now, user_id)
    return Imported(judged.lines, written=True)


def exported(conn: Connection, organisation_id: int, zone: tzinfo) -> str:
    """All tags as a file that `load` takes, in the order in which they were added."""
    every = sorted(rows.every_tag(conn, organisation_id), key=lambda tag: tag.id)
    return tag_files.write(every, tariffs.names(conn, organisation_id), zone)


def _known(conn: Connection, organisation_id: int) -> _Known:
    named = tariffs.names(conn, organisation_id)
    every = {tag_key(tag.id_tag): (tag, terms_of(tag, named)) for tag in rows.every_tag(conn, organisation_id)}
    of_groups = {group.name: group.id for group in groups.listed(conn, organisation_id)}
    return _Known(every, {N_("group"): of_groups, N_("tariff"): {name: id for id, name in named.items()}})


def _judged(line: Line, known: _Known) -> Judged:
    why = line.why or _objection(line, known)
    if why:
        return Judged(line, Outcome.REFUSED, why)
    _tag, terms = known.tags.get(tag_key(line.id_tag), (None, None))
    if terms is None:
        return Judged(line, Outcome.ADDED)
    same = all(terms[name] == value for name, value in line.terms.items())
    return Judged(line, Outcome.UNCHANGED if same else Outcome.CHANGED, before=terms)


def _objection(line: Line, known: _Known) -> str | None:
    for text in (line.id_tag, line.terms.get("parent") or line.id_tag):
        if not tags.possible(text):
            return tags.no_tag(text)
    for kind, ids in known.ids.items():
        name = line.terms.get(kind)
        if name and name not in ids:
            return f"there is no {kind} {name!r}; add it first"
    _tag, before = known.tags.get(tag_key(line.id_tag), (None, {}))
    return tags.validity(line.terms, before)


def _write(
    conn: Connection, organisation_id: int, judged: Imported, known: _Known, now: datetime, user_id: int | None
) -> None:
    added = [(each.line.id_tag, _columns(each.line, known)) for each in judged.of(Outcome.ADDED)]
    changed = [(known.tags[tag_key(each.line.id_tag)], each.line) for each in judged.of(Outcome.CHANGED)]
    rows.insert_many(conn, organisation_id, [(id_tag, {**tags.FRESH, **values}) for id_tag, values in added], now)
    rows.update_many(conn, [(tag.id, _columns(line, known)) for (tag, _terms), line in changed])
    if added or changed:
        rows.changed(conn, organisation_id)
    audit.changes(
        conn,
        organisation_id,
        user_id,
        "tag added",
        [(each.line.id_tag, {}, each.line.terms) for each in judged.of(Outcome.ADDED)],
        now,
    )
    told = [(tag.id_tag, terms, {**terms, **line.terms}) for (tag, terms), line in changed]
    audit.changes(conn, organisation_id, user_id, "tag changed", told, now)
    counts = {"added": len(added), "changed": len(changed)}
    audit.note(conn, organisation_id, user_id, "tags imported", str(len(added) + len(changed)), counts, now)


def _columns(line: Line, known: _Known) -> dict[str, Any]:
    values = {name: value for name, value in line.terms.items() if name not in known.ids}
    return values | {f"{kind}_id": ids.get(line.terms[kind]) for kind, ids in known.ids.items() if kind in line.terms}
