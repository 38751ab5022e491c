"""The organisation that sells: what stands of it on every bill issued from now on."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection

from cloud.db.queries import places
from cloud.domain.money import minor_digits
from cloud.services import audit, sites
from cloud.services.errors import NotFound, NotNow

MOST_DAYS = 3650
_EXPECTED: Mapping[str, tuple[str, str]] = {
    "name": (r".{1,200}", "the name has 1 to 200 characters"),
    "address": (r"[^\n]{0,100}(\n[^\n]{0,100}){0,5}", "the address has at most 6 lines of 100 characters"),
    "vat_id": (r"[A-Za-z0-9 ./-]{0,30}", "the VAT number has at most 30 letters and digits, such as DE123456789"),
    "footer": (r"[^\n]{0,200}(\n[^\n]{0,200}){0,5}", "the footer has at most 6 lines of 200 characters"),
    "country_code": (r"([A-Z]{2})?", "the country has two capital letters, such as DE"),
    "party_id": (r"([A-Z0-9]{3})?", "the party has three capital letters or digits, such as BOL"),
}


def keep_time(conn: Connection, time_zone: str) -> None:
    """The server's zone, which is that of every organisation that chose none: tariffs by time of day need one."""
    places.set_default_time_zone(conn, time_zone)


def set_site_time_zone(
    conn: Connection,
    organisation_id: int,
    site: str,
    time_zone: str | None,
    now: datetime,
    *,
    user_id: int | None = None,
) -> None:
    """The zone of one site's clock, or None for the organisation's. Raises NotFound, NotNow."""
    site_id = places.site_id(conn, organisation_id, site)
    if site_id is None:
        raise NotFound(f"there is no site {site!r}")
    if time_zone is not None:
        sites.check_zone(time_zone)
    before = {"time_zone": places.site_time_zone(conn, site_id)}
    places.set_site_time_zone(conn, site_id, time_zone)
    audit.change(conn, organisation_id, user_id, "site's time zone set", site, before, {"time_zone": time_zone}, now)


def keep_waiting(conn: Connection, unplug_limit_s: int) -> None:
    """How long every organisation's sessions wait for their car to leave, where that has a price."""
    places.set_unplug_limit(conn, unplug_limit_s)


@dataclass(frozen=True, slots=True)
class Choices:
    """What the organisation chose itself; None leaves it to the server's settings.

    The clock of its sites and screens, the currency of new prices, the language of its letters and bills, and for how
    many days messages and commands are kept.
    """

    time_zone: str | None = None
    currency: str | None = None
    language: str | None = None
    message_days: int | None = None
    command_days: int | None = None


def choices(conn: Connection, organisation_id: int) -> Choices:
    """What the organisation chose."""
    return Choices(**places.organisation_choices(conn, organisation_id))


def every_choice(conn: Connection) -> dict[int, Choices]:
    """What each organisation chose."""
    return {id: choices(conn, id) for id in places.organisations(conn)}


def choose(
    conn: Connection, organisation_id: int, chosen: Choices, now: datetime, *, user_id: int | None = None
) -> None:
    """Chooses anew. Raises NotNow, UnknownCurrency."""
    if chosen.currency is not None:
        minor_digits(chosen.currency)
    if chosen.time_zone is not None:
        sites.check_zone(chosen.time_zone)
    for name, days in (("message_days", chosen.message_days), ("command_days", chosen.command_days)):
        if days is not None and not 1 <= days <= MOST_DAYS:
            raise NotNow(f"give 1 to {MOST_DAYS} days", name)
    before = places.organisation_choices(conn, organisation_id)
    places.describe_organisation(conn, organisation_id, asdict(chosen))
    audit.change(conn, organisation_id, user_id, "settings changed", "", before, asdict(chosen), now)


def describe(
    conn: Connection,
    organisation_id: int,
    given: Mapping[str, str],
    now: datetime,
    *,
    user_id: int | None = None,
) -> None:
    """Changes what bills say of the seller: name, address, vat_id, footer, country_code, party_id. Raises NotNow."""
    values = {name: text.strip() for name, text in given.items()}
    for name, text in values.items():
        pattern, expected = _EXPECTED[name]
        if not re.fullmatch(pattern, text):
            raise NotNow(f"{text!r} cannot be; {expected}", name)
    before = places.organisation_words(conn, organisation_id)
    places.describe_organisation(conn, organisation_id, values)
    audit.change(
        conn, organisation_id, user_id, "organisation described", before["name"], before, {**before, **values}, now
    )
