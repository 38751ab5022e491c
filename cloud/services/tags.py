"""Tags: kept by the operator, asked for by stations."""

from datetime import datetime

from sqlalchemy import Connection

from cloud.db.queries import places
from cloud.db.queries import tags as rows
from cloud.domain.tags import Tag, TagVerdict, verdict
from cloud.services import audit
from cloud.services.errors import AlreadyThere, NotNow

LONGEST_ID_TAG = 20


def authorize(conn: Connection, station_id: int, id_tag: str, now: datetime) -> TagVerdict:
    """Authorize's answer; never ConcurrentTx. Changes nothing, so `Database.read` will do.

    A station without a tariff still authorizes; its sessions become suspect.
    """
    return verdict(rows.find(conn, places.organisation_of(conn, station_id), id_tag), now)


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
    audit.note(conn, user_id, "tag added", id_tag, {"parent": parent, "blocked": blocked}, now)
    return added


def _check(text: str) -> None:
    if not 0 < len(text) <= LONGEST_ID_TAG or not text.isprintable():
        raise NotNow(f"{text!r} is no tag; a tag has 1 to {LONGEST_ID_TAG} printable characters")
