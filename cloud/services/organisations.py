"""The organisation that sells: what stands of it on every bill issued from now on."""

import re
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from cloud.db.queries import places
from cloud.services import audit, sites
from cloud.services.errors import NotFound, NotNow

_EXPECTED: Mapping[str, tuple[str, str]] = {
    "name": (r".{1,200}", "give 1 to 200 characters"),
    "address": (r"[^\n]{0,100}(\n[^\n]{0,100}){0,5}", "give at most 6 lines of 100 characters"),
    "vat_id": (r"[A-Za-z0-9 ./-]{0,30}", "give at most 30 letters and digits, such as DE123456789"),
    "footer": (r"[^\n]{0,200}(\n[^\n]{0,200}){0,5}", "give at most 6 lines of 200 characters"),
    "country_code": (r"([A-Z]{2})?", "give two capital letters such as DE"),
    "party_id": (r"([A-Z0-9]{3})?", "give three capital letters or digits such as BOL"),
}


def keep_time(conn: Connection, time_zone: str) -> None:
    """The zone of sites that have none of their own: tariffs by time of day need one."""
    places.set_default_time_zone(conn, places.only_organisation(conn), time_zone)


def set_site_time_zone(
    conn: Connection, site: str, time_zone: str | None, now: datetime, *, user_id: int | None = None
) -> None:
    """The zone of one site's clock, or None for the organisation's. Raises NotFound, NotNow."""
    site_id = places.site_id(conn, places.only_organisation(conn), site)
    if site_id is None:
        raise NotFound(f"there is no site {site!r}")
    if time_zone is not None:
        sites.check_zone(time_zone)
    before = {"time_zone": places.site_time_zone(conn, site_id)}
    places.set_site_time_zone(conn, site_id, time_zone)
    audit.change(conn, user_id, "site's time zone set", site, before, {"time_zone": time_zone}, now)


def keep_waiting(conn: Connection, unplug_limit_s: int) -> None:
    """How long a session waits for its car to leave, where that has a price."""
    places.set_unplug_limit(conn, places.only_organisation(conn), unplug_limit_s)


def describe(conn: Connection, given: Mapping[str, str], now: datetime, *, user_id: int | None = None) -> None:
    """Changes what bills say of the seller: name, address, vat_id, footer, country_code, party_id. Raises NotNow."""
    values = {name: text.strip() for name, text in given.items()}
    for name, text in values.items():
        pattern, expected = _EXPECTED[name]
        if not re.fullmatch(pattern, text):
            raise NotNow(f"{name} {text!r} cannot be; {expected}")
    organisation_id = places.only_organisation(conn)
    before = places.organisation_words(conn, organisation_id)
    places.describe_organisation(conn, organisation_id, values)
    audit.change(conn, user_id, "organisation described", before["name"], before, {**before, **values}, now)
