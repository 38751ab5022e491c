"""Sites: where stations stand, by which clock their tariffs go, and which tariff is theirs."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import available_timezones

from sqlalchemy import Connection

from cloud.db.queries import places, tags, tariffs
from cloud.db.queries import sites as rows
from cloud.domain.stations import Site
from cloud.services import audit
from cloud.services.errors import AlreadyThere, NotFound, NotNow

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class SiteTerms:
    """What is said of a site; without a zone it has the organisation's, without a tariff none."""

    name: str
    time_zone: str | None = None
    tariff_id: int | None = None


def listed(conn: Connection, organisation_id: int) -> list[Site]:
    """The organisation's sites, by name."""
    return rows.listed(conn, organisation_id)


def find(conn: Connection, organisation_id: int, site_id: int) -> Site:
    """The site, if it is one of the organisation's. Raises NotFound."""
    found = next((site for site in listed(conn, organisation_id) if site.id == site_id), None)
    if found is None:
        raise NotFound(f"there is no site number {site_id}")
    return found


def add(conn: Connection, organisation_id: int, terms: SiteTerms, now: datetime, *, user_id: int | None = None) -> Site:
    """Adds a site. Raises AlreadyThere, NotFound (tariff), NotNow."""
    _check(conn, organisation_id, terms, None)
    site_id = places.add_site(conn, organisation_id, terms.name)
    rows.update(conn, site_id, {"time_zone": terms.time_zone, "tariff_id": terms.tariff_id})
    added = find(conn, organisation_id, site_id)
    audit.change(conn, organisation_id, user_id, "site added", terms.name, {}, _told(added), now)
    return added


def change(
    conn: Connection, organisation_id: int, site_id: int, terms: SiteTerms, now: datetime, *, user_id: int | None = None
) -> Site:
    """Gives a site another name, zone or tariff; sessions keep the tariff they began with.

    Raises AlreadyThere, NotFound, NotNow.
    """
    before = find(conn, organisation_id, site_id)
    _check(conn, organisation_id, terms, site_id)
    rows.update(conn, site_id, {"name": terms.name, "time_zone": terms.time_zone, "tariff_id": terms.tariff_id})
    changed = find(conn, organisation_id, site_id)
    if changed.tariff != before.tariff:
        tags.changed(conn, organisation_id)
    audit.change(conn, organisation_id, user_id, "site changed", before.name, _told(before), _told(changed), now)
    return changed


def check_zone(time_zone: str) -> None:
    """Raises NotNow for what is no time zone."""
    if time_zone not in available_timezones():
        raise NotNow(f"{time_zone!r} is no time zone; give one such as Europe/Berlin", "time_zone")


def _check(conn: Connection, organisation_id: int, terms: SiteTerms, site_id: int | None) -> None:
    if not 0 < len(terms.name) <= LONGEST_NAME or not terms.name.isprintable():
        raise NotNow(f"a site's name has 1 to {LONGEST_NAME} printable characters", "name")
    if terms.time_zone is not None:
        check_zone(terms.time_zone)
    if places.site_id(conn, organisation_id, terms.name) not in (None, site_id):
        raise AlreadyThere(f"there is a site {terms.name!r} already", "name")
    if terms.tariff_id is not None and terms.tariff_id not in tariffs.names(conn, organisation_id):
        raise NotFound(f"there is no tariff number {terms.tariff_id}", "tariff_id")


def _told(site: Site) -> dict[str, str | None]:
    return {"name": site.name, "time_zone": site.time_zone, "tariff": site.tariff}
