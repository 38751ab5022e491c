"""Tags: kept by the operator, asked for by stations."""

from datetime import datetime

from sqlalchemy import Connection

from cloud.db.queries import places
from cloud.db.queries import tags as rows
from cloud.domain.tags import Tag
from cloud.services import audit
from cloud.services.errors import AlreadyThere, NotFound, NotNow

LONGEST_ID_TAG = 20


def add(
    conn: Connection,
    id_tag: str,
    now: datetime,
    *,
    parent: str | None = None,
    expires_at: datetime | None = None,
    blocked: bool = False,
    note: str = "",
    user_id: int | None = None,
) -> Tag:
    """Adds a tag. Raises AlreadyThere, or NotNow when it or its parent is not 1..20 characters."""
    for text in (id_tag, parent or id_tag):
        _check(text)
    organisation_id = places.only_organisation(conn)
    if rows.find(conn, organisation_id, id_tag):
        raise AlreadyThere(f"there is a tag {id_tag!r} already (tags are compared without case)")
    values = {"parent": parent, "expires_at": expires_at, "blocked": blocked, "note": note}
    added = rows.insert(conn, organisation_id, id_tag, {**values, "created_at": now})
    rows.changed(conn, organisation_id)
    audit.note(conn, user_id, "tag added", id_tag, {"parent": parent, "blocked": blocked}, now)
    return added


def block(conn: Connection, id_tag: str, now: datetime, *, blocked: bool = True, user_id: int | None = None) -> None:
    """Blocks a tag, or lets it charge again; stations that keep a list learn of it. Raises NotFound."""
    organisation_id = places.only_organisation(conn)
    known = rows.find(conn, organisation_id, id_tag)
    if known is None:
        raise NotFound(f"there is no tag {id_tag!r}")
    rows.update(conn, known.id, {"blocked": blocked})
    rows.changed(conn, organisation_id)
    audit.note(conn, user_id, "tag blocked" if blocked else "tag unblocked", known.id_tag, {}, now)


def _check(text: str) -> None:
    if not 0 < len(text) <= LONGEST_ID_TAG or not text.isprintable():
        raise NotNow(f"{text!r} is no tag; a tag has 1 to {LONGEST_ID_TAG} printable characters")
