"""Tags: kept by the operator, asked for by stations."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import groups, tariffs
from cloud.db.queries import tags as rows
from cloud.domain.tags import NEVER_VALID, Tag, never_valid
from cloud.services import audit
from cloud.services.errors import AlreadyThere, Malformed, NotFound, NotNow

LONGEST_ID_TAG = 20
FRESH: Mapping[str, Any] = {"blocked": False, "note": ""}
"""The terms of a tag of which nothing else is known."""
VALIDITY = ("valid_from", "expires_at")
_OWN_TERMS = ("parent", "note", "blocked", "valid_from", "expires_at", "most_sessions")


def add(
    conn: Connection, organisation_id: int, id_tag: str, now: datetime, *, user_id: int | None = None, **terms: Any
) -> Tag:
    """Adds a tag, with terms as for `put`. Raises AlreadyThere, Malformed, NotFound, NotNow."""
    if rows.find(conn, organisation_id, id_tag):
        raise AlreadyThere(f"there is a tag {id_tag!r} already (tags are compared without case)", "id_tag")
    added = put(conn, organisation_id, id_tag, terms, now)
    audit.change(conn, organisation_id, user_id, "tag added", id_tag, {}, _terms(conn, added), now)
    return added


def change(
    conn: Connection,
    organisation_id: int,
    id_tag: str,
    terms: Mapping[str, Any],
    now: datetime,
    user_id: int | None = None,
) -> Tag:
    """Gives a tag other terms, as for `put`. Raises Malformed, NotFound, NotNow."""
    known = find(conn, organisation_id, id_tag)
    before = _terms(conn, known)
    audit.change(conn, organisation_id, user_id, "tag changed", known.id_tag, before, {**before, **terms}, now)
    return put(conn, organisation_id, id_tag, terms, now)


def put(conn: Connection, organisation_id: int, id_tag: str, terms: Mapping[str, Any], now: datetime) -> Tag:
    """The tag, known from now on, with the terms given; those not given stay as they are.

    Terms: parent, note, blocked, valid_from, expires_at, most_sessions, and the names of a group and a tariff ("" for
    none). Raises NotFound for a group or tariff, NotNow when tag or parent is not 1..20 characters, or Malformed for a
    validity without a moment in it.
    """
    for text in (id_tag, terms.get("parent") or id_tag):
        check(text)
    values = named(conn, organisation_id, terms)
    known = rows.find(conn, organisation_id, id_tag)
    check_validity(terms, known)
    if known is None:
        rows.insert(conn, organisation_id, id_tag, {**FRESH, "created_at": now, **values})
    elif values:
        rows.update(conn, known.id, values)
    rows.changed(conn, organisation_id)
    return find(conn, organisation_id, id_tag)


def listed(conn: Connection, organisation_id: int) -> list[Tag]:
    """The organisation's tags, in the order in which they were added."""
    return sorted(rows.every_tag(conn, organisation_id), key=lambda tag: tag.id)


def find(conn: Connection, organisation_id: int, id_tag: str) -> Tag:
    """The organisation's tag. Raises NotFound."""
    known = rows.find(conn, organisation_id, id_tag)
    if known is None:
        raise NotFound(f"there is no tag {id_tag!r}; `bollard cloud add-tag` adds one")
    return known


def block(
    conn: Connection,
    organisation_id: int,
    id_tag: str,
    now: datetime,
    *,
    blocked: bool = True,
    user_id: int | None = None,
) -> None:
    """Blocks a tag, or lets it charge again; stations that keep a list learn of it. Raises NotFound."""
    known = find(conn, organisation_id, id_tag)
    put(conn, organisation_id, id_tag, {"blocked": blocked}, now)
    action = "tag blocked" if blocked else "tag unblocked"
    audit.change(
        conn, organisation_id, user_id, action, known.id_tag, {"blocked": known.blocked}, {"blocked": blocked}, now
    )


def _terms(conn: Connection, tag: Tag) -> dict[str, Any]:
    """The terms of a tag, as for `put`."""
    own = {name: getattr(tag, name) for name in _OWN_TERMS}
    return {**own, "group": tag.group.name if tag.group else "", "tariff": tariffs.name_of(conn, tag.tariff_id) or ""}


def _missing(kind: str, name: str) -> str:
    if kind == "group":
        return f"there is no group {name!r}; `bollard cloud add-group` adds one"
    return f"there is no tariff {name!r}; `bollard cloud add-tariff` adds one"


def named(conn: Connection, organisation_id: int, terms: Mapping[str, Any]) -> dict[str, Any]:
    """Terms with the ids of the group and tariff that they name. Raises NotFound."""
    values = {name: value for name, value in terms.items() if name not in ("group", "tariff")}
    for name, find_by_name in (("group", groups.find), ("tariff", tariffs.find)):
        if name in terms:
            found = find_by_name(conn, organisation_id, terms[name]) if terms[name] else None
            if terms[name] and found is None:
                raise NotFound(_missing(name, terms[name]), name)
            values[f"{name}_id"] = found.id if found else None
    return values


def check(text: str) -> None:
    """Raises NotNow for what no tag can be."""
    if not possible(text):
        raise NotNow(no_tag(text), "id_tag")


def check_validity(terms: Mapping[str, Any], known: object) -> None:
    """Raises Malformed when the terms, with what is `known` of a tag or group, leave no moment to charge."""
    if objection := validity(terms, {name: getattr(known, name, None) for name in VALIDITY}):
        raise Malformed(objection, "expires_at")


def validity(terms: Mapping[str, Any], before: Mapping[str, Any]) -> str | None:
    """Why a validity that is changed to these terms can be none."""
    begins, ends = (terms.get(name, before.get(name)) for name in VALIDITY)
    return NEVER_VALID if terms.keys() & set(VALIDITY) and never_valid(begins, ends) else None


def no_tag(text: str) -> str:
    """Why it cannot be one."""
    return f"{text!r} is no tag; a tag has 1 to {LONGEST_ID_TAG} printable characters"


def possible(text: str) -> bool:
    """Whether it can be a tag."""
    return 0 < len(text) <= LONGEST_ID_TAG and text.isprintable()
