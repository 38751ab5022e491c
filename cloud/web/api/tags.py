"""Tags and their groups, files of tags, and tags that nobody knows yet."""

from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import places
from cloud.db.queries import tags as rows
from cloud.db.queries import taps as tap_rows
from cloud.db.rows import Cut
from cloud.domain import tag_files
from cloud.domain.people import Permission
from cloud.domain.tags import Tag, TagGroup
from cloud.services import accounts, groups, tag_import, tags, taps
from cloud.services.bell import Topic
from cloud.services.tag_import import Outcome
from cloud.web.api import own
from cloud.web.api.endpoints import Call, Endpoint, Kind, given
from cloud.web.api.problems import Refused
from cloud.web.api.shapes import tags as shapes
from cloud.web.downloads import File

OFFICE, OFFICE_LOOK = Permission.OFFICE, Permission.OFFICE_LOOK
MOST_REFUSED = 1000
_BY_NAME = ("group", "tariff")


def shown(tag: Tag) -> dict[str, Any]:
    """A tag as it is told: with its group's number."""
    told = {name: getattr(tag, name) for name in shapes.Tag.__struct_fields__ if name != "group_id"}
    return told | {"group_id": tag.group.id if tag.group else None}


def listed(conn: Connection, call: Call) -> list[dict[str, Any]]:
    cut = Cut(call.limit, call.after)
    return [shown(tag) for tag in rows.listed(conn, call.organisation_id, cut, call.query.id_tag)]


def one(conn: Connection, call: Call) -> dict[str, Any]:
    return shown(own.tag(conn, call))


def add(conn: Connection, call: Call) -> dict[str, Any]:
    terms = given(call.body)
    id_tag, account = terms.pop("id_tag"), terms.pop("account")
    added = tags.add(conn, call.organisation_id, id_tag, call.now, user_id=call.user_id, **_named(terms))
    if account is not None:
        accounts.link(conn, call.organisation_id, id_tag, account, call.now, user_id=call.user_id)
    return shown(tags.find(conn, call.organisation_id, added.id_tag))


def change(conn: Connection, call: Call) -> dict[str, Any]:
    tag, terms = own.tag(conn, call), given(call.body)
    if "account" in terms:
        accounts.link(conn, call.organisation_id, tag.id_tag, terms.pop("account"), call.now, user_id=call.user_id)
    tags.change(conn, call.organisation_id, tag.id_tag, _named(terms), call.now, call.user_id)
    return shown(tags.find(conn, call.organisation_id, tag.id_tag))


def _named(terms: dict[str, Any]) -> dict[str, Any]:
    """The terms as the use cases take them: no group or tariff is called ""."""
    return {name: "" if value is None and name in _BY_NAME else value for name, value in terms.items()}


def file(conn: Connection, call: Call) -> str:
    zone = places.default_time_zone(conn, call.organisation_id)
    return tag_import.exported(conn, call.organisation_id, zone)


def made(csv: str) -> File:
    """The file of all tags."""
    return File("tags.csv", "text/csv; charset=utf-8", csv.encode())


def take_in(conn: Connection, call: Call) -> dict[str, Any]:
    body, own_office = call.body, call.organisation_id
    lines = tag_files.read(body.csv, places.default_time_zone(conn, own_office))
    how = {"user_id": call.user_id, "dry_run": body.dry_run, "skip_bad": body.skip_bad}
    done = tag_import.load(conn, own_office, lines, call.now, **how)
    refused = [
        {"line": each.line.number, "id_tag": each.line.id_tag, "why": each.why} for each in done.of(Outcome.REFUSED)
    ]
    counts = {str(outcome): len(done.of(outcome)) for outcome in Outcome}
    return {"written": done.written, "counts": counts, "refused": refused[:MOST_REFUSED]}


def unknown(conn: Connection, call: Call) -> Any:
    return tap_rows.listed(conn, call.scope, limit=call.limit + 1, before_id=call.after)


def enrol(conn: Connection, call: Call) -> dict[str, Any]:
    tap_id, who = call.params["tap_id"], (call.now, call.user_id)
    return shown(taps.enrol(conn, call.organisation_id, tap_id, call.scope, *who))


def group_list(conn: Connection, call: Call) -> Any:
    return groups.listed(conn, call.organisation_id)


def add_group(conn: Connection, call: Call) -> TagGroup:
    terms = given(call.body)
    return groups.add(conn, call.organisation_id, terms.pop("name"), _named(terms), call.now, call.user_id)


def change_group(conn: Connection, call: Call) -> TagGroup:
    name = _own_group(conn, call).name
    return groups.change(conn, call.organisation_id, name, _named(given(call.body)), call.now, call.user_id)


def remove_group(conn: Connection, call: Call) -> None:
    groups.remove(conn, call.organisation_id, _own_group(conn, call).name, call.now, call.user_id)


def _own_group(conn: Connection, call: Call) -> TagGroup:
    """The path's group; 404 when there is none."""
    known = {group.id: group for group in groups.listed(conn, call.organisation_id)}
    if call.params["group_id"] not in known:
        raise Refused(404)
    return known[call.params["group_id"]]


_TAG, _GROUP = "/tags/{tag_id:int}", "/groups/{group_id:int}"
RUNG = (Topic.INCIDENTS,)
ENDPOINTS = (
    Endpoint("GET", "/tags", "List tags", OFFICE_LOOK, listed, shapes.Tag, Kind.PAGE, shapes.TagQuery),
    Endpoint("POST", "/tags", "Add a tag", OFFICE, add, shapes.Tag, takes=shapes.NewTag, status=201, topics=RUNG),
    Endpoint("GET", "/tags/file", "Get all tags as CSV", OFFICE_LOOK, file, make=made, media="text/csv"),
    Endpoint(
        "POST",
        "/tags/file",
        "Take in a file of tags, or see what it would do",
        OFFICE,
        take_in,
        shapes.TagsTaken,
        takes=shapes.TagFile,
        topics=RUNG,
        largest=2 * 1024 * 1024,
    ),
    Endpoint("GET", _TAG, "Show a tag", OFFICE_LOOK, one, shapes.Tag),
    Endpoint("PATCH", _TAG, "Change a tag", OFFICE, change, shapes.Tag, takes=shapes.TagChange),
    Endpoint(
        "GET", "/taps", "List unknown tags that were held to a reader", OFFICE_LOOK, unknown, shapes.Tap, Kind.PAGE
    ),
    Endpoint("POST", "/taps/{tap_id:int}/tag", "Enrol one", OFFICE, enrol, shapes.Tag, status=201, topics=RUNG),
    Endpoint("GET", "/groups", "List groups of tags", OFFICE_LOOK, group_list, shapes.Group, Kind.ALL),
    Endpoint("POST", "/groups", "Add a group", OFFICE, add_group, shapes.Group, takes=shapes.NewGroup, status=201),
    Endpoint("PATCH", _GROUP, "Change a group", OFFICE, change_group, shapes.Group, takes=shapes.GroupChange),
    Endpoint("DELETE", _GROUP, "Delete a group in which no tag is", OFFICE, remove_group),
)
