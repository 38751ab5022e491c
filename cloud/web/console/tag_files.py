"""Many tags by a file: looked at line by line first, then taken with one click."""

from typing import Any

from sqlalchemy import Connection
from starlette.datastructures import FormData

from cloud.domain import tag_files
from cloud.domain.people import Permission
from cloud.domain.tag_files import Line
from cloud.domain.words import N_
from cloud.services import tag_import
from cloud.services.bell import Topic
from cloud.services.tag_import import Imported, Judged, Outcome
from cloud.web import uploads
from cloud.web.console.office import zone
from cloud.web.listing import address, number_after
from cloud.web.pages import Action, Done, Look, Page, Shown
from cloud.web.refusals import Refused
from cloud.web.uploads import LARGEST_POST
from cloud.web.words import Sign

IMPORT = "/tags/import"
CHECK = f"{IMPORT}/check"
MOST_LINES = 10_000
"""Taken in one unit of work, for which the stations wait."""
MOST_SHOWN = 200
OUTCOMES = {
    Outcome.REFUSED: Sign(N_("Refused"), "alert", "bad"),
    Outcome.ADDED: Sign(N_("New"), "add", "good"),
    Outcome.CHANGED: Sign(N_("Changed"), "check", "busy"),
    Outcome.UNCHANGED: Sign(N_("As it is"), "check", "off"),
}
"""In the order in which they are shown."""
TOO_MANY = N_("That is more than 10,000 lines. Split it into several files, each with the line of column names.")
NOT_ANY_MORE = N_("Some of these lines cannot be taken any more. Look at them again.")


def page(conn: Connection, look: Look) -> dict[str, Any]:
    """The form; once something was sent, with what would become of it."""
    told = {name: number_after(look.query.get(name)) for name in (Outcome.ADDED, Outcome.CHANGED)}
    form = look.typed or FormData()
    try:
        seen = _looked_at(conn, look, uploads.given(form))
    except Refused:
        seen = _shown(uploads.typed(form), (), {})
    return {**seen, "told": told if None not in told.values() else None}


def check(conn: Connection, look: Look, form: FormData) -> Shown:
    """Says what an import would do, line by line. Raises Refused for what cannot be read."""
    return Shown("tag_import", {**_looked_at(conn, look, uploads.given(form)), "told": None})


def take(conn: Connection, look: Look, form: FormData) -> Done | Shown:
    """Imports the lines that were looked at; others are shown first. Raises Refused if more are bad than was shown."""
    text = uploads.given(form)
    if not uploads.looked_at(form, text):
        return check(conn, look, form)
    lines, by = _read(conn, look, text), look.me.user.id
    skip_bad = form.get("skip") == "yes"
    done = tag_import.load(conn, look.organisation_id, lines, look.now, user_id=by, skip_bad=skip_bad)
    if not done.written:
        raise Refused({"lines": NOT_ANY_MORE}, 409)
    counts = {str(outcome): str(len(done.of(outcome))) for outcome in (Outcome.ADDED, Outcome.CHANGED)}
    return Done(address(IMPORT, counts), (Topic.INCIDENTS,))


def _looked_at(conn: Connection, look: Look, text: str) -> dict[str, Any]:
    where, lines = zone(conn, look), _read(conn, look, text)
    done = tag_import.load(conn, look.organisation_id, lines, look.now, dry_run=True)
    first = [each for outcome in OUTCOMES for each in done.of(outcome)][:MOST_SHOWN]

    def changes(each: Judged) -> list[tuple[str, str, str]]:
        return tag_files.changes(each.before, each.line.terms, where) if each.before else []

    return _shown(text, [(each, changes(each)) for each in first], _counts(done))


def _read(conn: Connection, look: Look, text: str) -> list[Line]:
    """Raises Refused."""
    if text.count("\n") > MOST_LINES:
        raise Refused({"lines": TOO_MANY})
    return tag_files.read(text, zone(conn, look))


def _counts(done: Imported) -> dict[Outcome, int]:
    return {outcome: len(done.of(outcome)) for outcome in OUTCOMES}


def _shown(text: str, lines: Any, counts: dict[Outcome, int]) -> dict[str, Any]:
    return {
        **uploads.shown(text),
        "signs": OUTCOMES,
        "counts": counts,
        "lines": lines,
        "more": sum(counts.values()) - len(lines),
        "refused_lines": counts.get(Outcome.REFUSED, 0),
        "good_lines": counts.get(Outcome.ADDED, 0) + counts.get(Outcome.CHANGED, 0),
        "columns": ", ".join(tag_files.COLUMNS),
    }


PAGES = (Page(IMPORT, "tag_import", page, needs=Permission.OFFICE),)
ACTIONS = (
    Action(CHECK, check, Permission.OFFICE, only_reads=True, page=IMPORT, largest=LARGEST_POST),
    Action(IMPORT, take, Permission.OFFICE, largest=LARGEST_POST),
)
