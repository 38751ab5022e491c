"""Many tags at once: all of them, or none unless the bad ones may be skipped."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from cloud.db.queries import places
from cloud.db.queries import tags as rows
from cloud.domain.tag_files import Line
from cloud.services import audit, tags
from cloud.services.errors import ServiceError


@dataclass(frozen=True, slots=True)
class Imported:
    """How many tags were (or would be) added and changed, which lines are bad, and whether anything was written."""

    added: int
    changed: int
    bad: tuple[Line, ...]
    written: bool


def load(
    conn: Connection, lines: Sequence[Line], now: datetime, *, dry_run: bool = False, skip_bad: bool = False
) -> Imported:
    """Adds tags, or gives known ones their line's terms. Writes nothing if a line is bad, unless told to skip it."""
    judged = [line if line.why else replace(line, why=_objection(conn, line)) for line in lines]
    bad, good = [line for line in judged if line.why], [line for line in judged if not line.why]
    organisation_id = places.only_organisation(conn)
    known = sum(rows.find(conn, organisation_id, line.id_tag) is not None for line in good)
    written = not dry_run and bool(good) and (skip_bad or not bad)
    if written:
        for line in good:
            tags.put(conn, line.id_tag, line.terms, now)
        audit.note(conn, None, "tags imported", str(len(good)), {"added": len(good) - known, "changed": known}, now)
    return Imported(len(good) - known, known, tuple(bad), written)


def _objection(conn: Connection, line: Line) -> str | None:
    try:
        for text in (line.id_tag, line.terms.get("parent") or line.id_tag):
            tags.check(text)
        tags.named(conn, places.only_organisation(conn), line.terms)
    except ServiceError as error:
        return str(error)
    return None
