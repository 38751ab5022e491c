"""Groups of tags: drivers who charge on the same terms."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import groups as rows
from cloud.db.queries import places, tariffs
from cloud.db.queries import tags as tag_rows
from cloud.domain.tags import TagGroup
from cloud.services import audit, tags
from cloud.services.errors import AlreadyThere, Malformed, NotFound, NotNow

MOST_SESSIONS = 1000


def add(
    conn: Connection,
    organisation_id: int,
    name: str,
    terms: Mapping[str, Any],
    now: datetime,
    user_id: int | None = None,
) -> TagGroup:
    """Adds a group, with terms as for `change`. Raises AlreadyThere, Malformed, NotFound."""
    if not name.strip():
        raise Malformed("give the group a name", "name")
    if rows.find(conn, organisation_id, name):
        raise AlreadyThere(f"there is a group {name!r} already; `set-group` changes it", "name")
    rows.insert(conn, organisation_id, name, {"created_at": now})
    audit.change(conn, organisation_id, user_id, "group added", name, {}, {"name": name}, now)
    return change(conn, organisation_id, name, terms, now, user_id)


def change(
    conn: Connection,
    organisation_id: int,
    name: str,
    terms: Mapping[str, Any],
    now: datetime,
    user_id: int | None = None,
) -> TagGroup:
    """Gives a group other terms; those not given stay as they are.

    Terms: valid_from, expires_at, most_sessions, the name of a tariff ("" for none) and those of the only sites where
    it may charge (none: everywhere). Raises NotFound, Malformed.
    """
    known = find(conn, organisation_id, name)
    if terms.get("most_sessions") is not None and not 1 <= terms["most_sessions"] <= MOST_SESSIONS:
        raise Malformed(f"give a number from 1 to {MOST_SESSIONS}, or none for any number", "most_sessions")
    tags.check_validity(terms, known)
    values = tags.named(conn, organisation_id, {key: value for key, value in terms.items() if key != "sites"})
    if values:
        rows.update(conn, known.id, values)
    if "sites" in terms:
        rows.set_sites(conn, known.id, [_site(conn, organisation_id, site) for site in terms["sites"]])
    tag_rows.changed(conn, organisation_id)
    changed = find(conn, organisation_id, name)
    audit.change(conn, organisation_id, user_id, "group changed", name, _terms(conn, known), _terms(conn, changed), now)
    return changed


def remove(conn: Connection, organisation_id: int, name: str, now: datetime, user_id: int | None = None) -> None:
    """Deletes a group in which no tag is. Raises NotFound, NotNow."""
    known = rows.find(conn, organisation_id, name)
    if known is None:
        raise NotFound(f"there is no group {name!r}")
    if count := rows.count_of_tags(conn, known.id):
        raise NotNow(f"there are tags in the group {name!r}, {count} in all; give them another or none first")
    before = _terms(conn, known)
    rows.delete(conn, known.id)
    audit.change(conn, organisation_id, user_id, "group removed", name, before, {}, now)


def _terms(conn: Connection, group: TagGroup) -> dict[str, Any]:
    """The terms of a group, as for `change`."""
    own = {name: getattr(group, name) for name in ("valid_from", "expires_at", "most_sessions")}
    sites = sorted(places.site_name(conn, id) for id in group.sites)
    return {**own, "tariff": tariffs.name_of(conn, group.tariff_id) or "", "sites": sites}


def listed(conn: Connection, organisation_id: int) -> list[TagGroup]:
    """The organisation's groups, by name."""
    return rows.listed(conn, organisation_id)


def find(conn: Connection, organisation_id: int, name: str) -> TagGroup:
    """The group of that name. Raises NotFound."""
    found = rows.find(conn, organisation_id, name)
    if found is None:
        raise NotFound(f"there is no group {name!r}; `bollard cloud add-group` adds one")
    return found


def _site(conn: Connection, organisation_id: int, name: str) -> int:
    found = places.site_id(conn, organisation_id, name)
    if found is None:
        raise NotFound(f"there is no site {name!r}", "sites")
    return found
