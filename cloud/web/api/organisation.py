"""The organisation: what its bills say of it, and what it chose for itself."""

from dataclasses import asdict, replace
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import Connection

from cloud.db.queries import places
from cloud.domain.people import Permission
from cloud.languages.words import LANGUAGES
from cloud.services import organisations
from cloud.web.api.endpoints import Call, Endpoint, Struct, Text, given
from cloud.web.api.shapes.office import Currency

ADMIN = Permission.ADMIN
Lines = Annotated[str, Meta(max_length=1300)]
Language = Annotated[str, Meta(pattern=f"^({'|'.join(LANGUAGES)})$")]
Days = Annotated[int, Meta(ge=1, le=organisations.MOST_DAYS)]


class Organisation(msgspec.Struct):
    """Name to `party_id` stand on bills and CDRs; of the rest, null leaves it to the server's settings."""

    name: str
    address: str
    vat_id: str
    footer: str
    country_code: str
    party_id: str
    time_zone: str | None
    currency: str | None
    language: str | None
    message_days: int | None
    command_days: int | None


class OrganisationChange(Struct):
    """What is given changes, what is left out stays. Lines of address and footer end with a line feed."""

    name: Text | UnsetType = UNSET
    address: Lines | UnsetType = UNSET
    vat_id: Annotated[str, Meta(max_length=30)] | UnsetType = UNSET
    footer: Lines | UnsetType = UNSET
    country_code: Annotated[str, Meta(pattern="^([A-Z]{2})?$")] | UnsetType = UNSET
    party_id: Annotated[str, Meta(pattern="^([A-Z0-9]{3})?$")] | UnsetType = UNSET
    time_zone: Text | UnsetType | None = UNSET
    currency: Currency | UnsetType | None = UNSET
    language: Language | UnsetType | None = UNSET
    message_days: Days | UnsetType | None = UNSET
    command_days: Days | UnsetType | None = UNSET


def shown(conn: Connection, call: Call) -> dict[str, Any]:
    own = call.organisation_id
    return places.organisation_words(conn, own) | asdict(organisations.choices(conn, own))


def change(conn: Connection, call: Call) -> dict[str, Any]:
    own, wanted = call.organisation_id, given(call.body)
    chosen = organisations.choices(conn, own)
    choices = {name: wanted.pop(name) for name in asdict(chosen) if name in wanted}
    if wanted:
        organisations.describe(conn, own, wanted, call.now, user_id=call.user_id)
    organisations.choose(conn, own, replace(chosen, **choices), call.now, user_id=call.user_id)
    return shown(conn, call)


ENDPOINTS = (
    Endpoint("GET", "/organisation", "Show the organisation and its settings", ADMIN, shown, Organisation),
    Endpoint("PATCH", "/organisation", "Change its settings", ADMIN, change, Organisation, takes=OrganisationChange),
)
