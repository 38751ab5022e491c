"""Tags and groups of tags: one by one, or many from a file."""

import asyncio
import sys
from argparse import ArgumentTypeError, Namespace
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cloud.cli.verbs import Answer, Context, Verb, argument, table
from cloud.domain import tag_files
from cloud.domain.tags import state
from cloud.services import groups, tag_import, tags
from cloud.services.errors import NotNow
from cloud.services.tag_import import Outcome


async def _add_tag(context: Context, asked: Namespace) -> Answer:
    whose, terms = context.organisation_id, _terms(context, asked)
    tag = await context.db.write(lambda conn: tags.add(conn, whose, asked.id_tag, context.now, **terms))
    return Answer(tag, f"tag {tag.id_tag} added")


async def _set_tag(context: Context, asked: Namespace) -> Answer:
    tag = await context.write(tags.change, asked.id_tag, _terms(context, asked), context.now)
    return Answer(tag, f"tag {tag.id_tag} changed")


async def _block_tag(context: Context, asked: Namespace) -> Answer:
    blocked = not asked.undo
    await context.write(tags.block, asked.id_tag, context.now, blocked=blocked)
    said = "may not charge any more" if blocked else "may charge again"
    return Answer({"tag": asked.id_tag, "blocked": blocked}, f"tag {asked.id_tag} {said}")


async def _tags(context: Context, asked: Namespace) -> Answer:
    found = await context.read(tags.listed)
    rows: list[tuple[object, ...]] = [
        (
            tag.id_tag,
            str(state(tag.blocked, tag.begins, tag.ends, context.now)),
            context.local(tag.valid_from),
            context.local(tag.expires_at),
            tag.group.name if tag.group else None,
            tag.parent,
            tag.note,
        )
        for tag in found
    ]
    return Answer(found, table("TAG STATE FROM EXPIRES GROUP PARENT NAME", rows, "no tags yet; add-tag adds one"))


async def _add_group(context: Context, asked: Namespace) -> Answer:
    group = await context.write(groups.add, asked.name, _terms(context, asked), context.now)
    return Answer(group, f"group {group.name} added")


async def _set_group(context: Context, asked: Namespace) -> Answer:
    group = await context.write(groups.change, asked.name, _terms(context, asked), context.now)
    return Answer(group, f"group {group.name} changed")


async def _remove_group(context: Context, asked: Namespace) -> Answer:
    await context.write(groups.remove, asked.name, context.now)
    return Answer({"group": asked.name}, f"group {asked.name} removed")


async def _groups(context: Context, asked: Namespace) -> Answer:
    found = await context.read(groups.listed)
    rows: list[tuple[object, ...]] = [
        (
            each.name,
            context.local(each.valid_from),
            context.local(each.expires_at),
            each.most_sessions,
            len(each.sites) or "all",
        )
        for each in found
    ]
    return Answer(found, table("GROUP FROM EXPIRES SESSIONS SITES", rows, "no groups yet; add-group adds one"))


async def _import_tags(context: Context, asked: Namespace) -> Answer:
    text = await asyncio.to_thread(_text, asked.file)
    lines = tag_files.read(text, ZoneInfo(context.settings.time_zone))
    how = {"dry_run": asked.dry_run, "skip_bad": asked.skip_bad}

    done = await context.write(tag_import.load, lines, context.now, **how)
    bad = [{"line": each.line.number, "tag": each.line.id_tag, "why": each.why} for each in done.of(Outcome.REFUSED)]
    counts = {str(outcome): len(done.of(outcome)) for outcome in Outcome}
    told = [f"line {each['line']}: {each['why']}" for each in bad]
    summary = ", ".join(f"{name}: {number}" for name, number in counts.items())
    said = "\n".join([*told, f"{summary}; {'done' if done.written else 'nothing was written'}"])
    if bad and not done.written and not asked.dry_run:
        raise NotNow(f"{said}\ncorrect the lines, or leave them out with --skip-bad")
    return Answer({**counts, "bad": bad, "written": done.written}, said)


async def _export_tags(context: Context, asked: Namespace) -> Answer:
    text = await context.read(tag_import.exported, ZoneInfo(context.settings.time_zone))
    return Answer({"csv": text}, text.rstrip("\n"))


def _text(path: str) -> str:
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotNow(f"{path} cannot be read: {error}") from error


def _terms(context: Context, asked: Namespace) -> dict[str, Any]:
    """The terms that were given; days are those of the organisation's clock, empty words mean none."""
    zone = ZoneInfo(context.settings.time_zone)
    given = {name: value for name in _TERMS if (value := getattr(asked, name, None)) is not None}
    days = {name: datetime.combine(value, time(), zone) for name, value in given.items() if isinstance(value, datetime)}
    return given | days


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d")
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a day such as 2027-12-31") from error


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:5]) <= 1000):
        raise ArgumentTypeError(f"{text!r} is not a number from 1 to 1000")
    return int(text)


_TERMS = ("note", "parent", "group", "tariff", "valid_from", "expires_at", "most_sessions", "blocked", "sites")
_ID_TAG = argument("id_tag", metavar="TAG", help="the idTag as the reader reports it, at most 20 characters")
_NAME = argument("name", metavar="NAME", help="the group's name")
_SHARED = (
    argument("--tariff", metavar="NAME", help="a tariff of its own, wherever it charges; '' for none"),
    argument("--from", dest="valid_from", type=_day, metavar="DAY", help="the first day on which it is valid"),
    argument("--expires", dest="expires_at", type=_day, metavar="DAY", help="the first day on which it is not valid"),
)
_OF_A_TAG = (
    _ID_TAG,
    argument("--name", dest="note", help="whose it is, for your own lists"),
    argument("--parent", help="tags of one parent may stop each other's sessions"),
    argument("--group", metavar="NAME", help="the group whose terms hold for it too; '' for none"),
    argument("--sessions", dest="most_sessions", type=_count, metavar="N", help="sessions at once (1)"),
    *_SHARED,
)
_OF_A_GROUP = (
    _NAME,
    argument("--sessions", dest="most_sessions", type=_count, metavar="N", help="sessions of its tags at once"),
    argument("--sites", nargs="*", metavar="SITE", help="the only sites where it may charge; without a name all"),
    *_SHARED,
)
_BLOCKED = argument("--blocked", action="store_true", default=None, help="known, but may not charge")

VERBS = (
    Verb("add-tag", "add a tag that may charge", _add_tag, (*_OF_A_TAG, _BLOCKED)),
    Verb("set-tag", "give a tag other terms; what is not given stays", _set_tag, _OF_A_TAG),
    Verb(
        "block-tag",
        "let a tag charge no more",
        _block_tag,
        (
            argument("id_tag", metavar="TAG", help="the idTag"),
            argument("--undo", action="store_true", help="let it charge again"),
        ),
    ),
    Verb("tags", "list the tags", _tags),
    Verb("add-group", "add a group of tags that charge on the same terms", _add_group, _OF_A_GROUP),
    Verb("set-group", "give a group other terms; what is not given stays", _set_group, _OF_A_GROUP),
    Verb("remove-group", "delete a group that has no tags any more", _remove_group, (_NAME,)),
    Verb("groups", "list the groups of tags", _groups),
    Verb("export-tags", "print all tags as the CSV file that import-tags takes", _export_tags),
    Verb(
        "import-tags",
        "add or change many tags from a CSV file with a line of column names: tag, and of name, parent, group, tariff, "
        "valid_from, expires, blocked, sessions whichever you like",
        _import_tags,
        (
            argument("file", metavar="FILE", help="the file; - for standard input"),
            argument("--dry-run", action="store_true", help="only tell what would be done"),
            argument("--skip-bad", action="store_true", help="leave out bad lines; otherwise one stops everything"),
        ),
    ),
)
