"""Groups of tags: drivers who charge on the same terms."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import groups as rows
from cloud.db.queries import places
from cloud.db.queries import tags as tag_rows
from cloud.domain.tags import TagGroup
from cloud.services import audit, tags
from cloud.services.errors import AlreadyThere, NotFound


def add(conn: Connection, name: str, terms: Mapping[str, Any], now: datetime, user_id: int | None = None) -> TagGroup:
    """Adds a group, with terms as for `change`. Raises AlreadyThere, NotFound."""
    organisation_id = places.only_organisation(conn)
    if rows.find(conn, organisation_id, name):
        raise AlreadyThere(f"there is a group {name!r} already; `set-group` changes it")
    rows.insert(conn, organisation_id, name, {"created_at": now})
    return change(conn, name, terms, now, user_id)


def change(
    conn: Connection, name: str, terms: Mapping[str, Any], now: datetime, user_id: int | None = None
) -> TagGroup:
    """Gives a group other terms; those not given stay as they are.

    Terms: valid_from, expires_at, most_sessions, the name of a tariff ("" for none) and those of the only sites where
    it may charge (none: everywhere). Raises NotFound.
    """
    known = find(conn, name)
    organisation_id = places.only_organisation(conn)
    values = tags.named(conn, organisation_id, {key: value for key, value in terms.items() if key != "sites"})
    if values:
        rows.update(conn, known.id, values)
    if "sites" in terms:
        rows.set_sites(conn, known.id, [_site(conn, organisation_id, site) for site in terms["sites"]])
    tag_rows.changed(conn, organisation_id)
    audit.note(conn, user_id, "group changed", name, {"terms": sorted(terms)}, now)
    return find(conn, name)


def listed(conn: Connection) -> list[TagGroup]:
    """All groups, by name."""
    return rows.listed(conn, places.only_organisation(conn))


def find(conn: Connection, name: str) -> TagGroup:
    """The group of that name. Raises NotFound."""
    found = rows.find(conn, places.only_organisation(conn), name)
    if found is None:
        raise NotFound(f"there is no group {name!r}; `bollard cloud add-group` adds one")
    return found


def _site(conn: Connection, organisation_id: int, name: str) -> int:
    found = places.site_id(conn, organisation_id, name)
    if found is None:
        raise NotFound(f"there is no site {name!r}")
    return found
