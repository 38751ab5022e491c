"""Keys of programs, made and revoked by programs: never with more than the key that makes them."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from sqlalchemy import Connection

from cloud.domain.api_keys import ApiKey
from cloud.domain.people import Permission
from cloud.services import api_keys
from cloud.web.api.endpoints import Call, Endpoint, Kind, Struct, Text
from cloud.web.api.problems import Refused

ADMIN = Permission.ADMIN
_KEY = "/api-keys/{key_id:int}"


class Key(msgspec.Struct):
    """A key without its secret; no `site_ids` means all of its maker's."""

    id: int
    public_id: str
    name: str
    maker: str
    permissions: list[Permission]
    site_ids: list[int] | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewKey(Struct):
    """A key to be made; `sites` by their names, none for all."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    permissions: Annotated[list[Permission], Meta(min_length=1)]
    sites: list[Text] = msgspec.field(default_factory=list)
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


class MadeKey(msgspec.Struct):
    """A new key; its text is told only this once."""

    key: Key
    text: str


def shown(key: ApiKey) -> dict[str, Any]:
    """A key as it is told."""
    told = {name: getattr(key, name) for name in Key.__struct_fields__}
    sites = None if key.site_ids is None else sorted(key.site_ids)
    return told | {"maker": key.maker.name, "permissions": sorted(key.permissions), "site_ids": sites}


def listed(conn: Connection, call: Call) -> list[dict[str, Any]]:
    return [shown(key) for key in api_keys.listed(conn, call.organisation_id)]


def make(conn: Connection, call: Call) -> dict[str, Any]:
    body = call.body
    if beyond := sorted(each for each in body.permissions if not call.key.may(each)):
        raise Refused(403, f"This key may not {', '.join(beyond)}, so it can make none that may.")
    ends = call.key.expires_at
    if ends is not None and (body.expires_at is None or body.expires_at > ends):
        raise Refused(403, f"This key ends {ends:%Y-%m-%dT%H:%M:%SZ}, so it can make none that lasts longer.")
    maker, wanted = call.key.maker, {"sites": body.sites, "expires_at": body.expires_at}
    key, text = api_keys.make(conn, maker, body.name, set(body.permissions), call.now, **wanted)
    return {"key": shown(key), "text": text}


def revoke(conn: Connection, call: Call) -> dict[str, Any]:
    return shown(api_keys.revoke(conn, call.organisation_id, call.params["key_id"], call.user_id, call.now))


ENDPOINTS = (
    Endpoint("GET", "/api-keys", "List keys of programs", ADMIN, listed, Key, Kind.ALL),
    Endpoint("POST", "/api-keys", "Make a key", ADMIN, make, MadeKey, takes=NewKey, status=201),
    Endpoint("DELETE", _KEY, "Revoke a key", ADMIN, revoke, Key),
)
