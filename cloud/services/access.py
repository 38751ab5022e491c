"""Who a station is, and how it proves that: by its key, or where the operator says so by its network alone."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_interface, ip_network
from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import places
from cloud.domain.stations import Station
from cloud.services import audit
from cloud.services.errors import Malformed, NotFound

KEY_BYTES = 20
NEXT_KEY_LASTS = timedelta(days=1)
"""A station that still uses its old key so long after it was told another has not taken it."""
_NOBODYS = (secrets.token_bytes(16), secrets.token_bytes(32))
_IN_DIGITS = re.compile(rb"[0-9a-fA-F]{%d}" % (2 * KEY_BYTES))


def fresh() -> tuple[bytes, dict[str, Any]]:
    """A new key, 20 random bytes, and what is kept of it."""
    key, salt = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(16)
    return key, {"key_salt": salt, "key_hash": hashed(salt, key)}


def hashed(salt: bytes, key: bytes) -> bytes:
    return hashlib.sha256(salt + key).digest()


def network_of(text: str) -> str:
    """A network such as 10.1.0.0/16 in its usual spelling. Raises Malformed, also for all the world."""
    try:
        network = ip_network(text, strict=False)
    except ValueError as error:
        raise Malformed(f"{text!r} is not a network such as 10.1.0.0/16", "network") from error
    if ip_interface(text).ip != network.network_address:
        raise Malformed(f"{text!r} is an address in a network; give the network itself, {network}", "network")
    if network.prefixlen == 0:
        raise Malformed("every address of the world is no network that a station could be known by", "network")
    return str(network)


def authenticate(conn: Connection, identity: str, key: bytes, remote: str = "") -> Station | None:
    """The station, if its key or else the network it calls from lets it in. Changes nothing.

    The same work is done whoever calls: one query, two hashes, two comparisons. Stations that send their key's
    hexadecimal digits instead of its bytes, a frequent mistake, are understood.
    """
    station, old, following, network = places.keys_of(conn, identity) or (None, _NOBODYS, None, None)
    key = bytes.fromhex(key.decode()) if _IN_DIGITS.fullmatch(key) else key
    by_old, by_next = (_fits(key, *kept) for kept in (old, following or _NOBODYS))
    if station is None or not (by_old or by_next or (network is not None and _within(remote, network))):
        return None
    return replace(station, by_next_key=by_next)


def _fits(key: bytes, salt: bytes, expected: bytes) -> bool:
    return hmac.compare_digest(hashed(salt, key), expected)


def signed_in(conn: Connection, station_id: int, *, by_next_key: bool, now: datetime) -> None:
    """The next key takes the old one's place when it is used, or ends when the old one is used a day later."""
    if by_next_key:
        places.use_next_key(conn, station_id)
    else:
        places.drop_next_key(conn, station_id, now - NEXT_KEY_LASTS)


def new_key(conn: Connection, organisation_id: int, identity: str, user_id: int | None, now: datetime) -> bytes:
    """From now on only this key lets the station in; it is shown this once. Raises NotFound."""
    key, kept = fresh()
    changes = {**kept, **places.NO_NEXT_KEY, "network": None}
    _change(conn, organisation_id, identity, changes, user_id, "station key renewed", now)
    return key


def without_key(
    conn: Connection, organisation_id: int, identity: str, network: str, user_id: int | None, now: datetime
) -> None:
    """From now on the station needs no key when it calls from `network`, and is refused elsewhere.

    Raises NotFound, Malformed.
    """
    _key, kept = fresh()
    changes = {**kept, **places.NO_NEXT_KEY, "network": network_of(network)}
    _change(conn, organisation_id, identity, changes, user_id, "station let in without a key", now)


def disable(conn: Connection, organisation_id: int, identity: str, user_id: int | None, now: datetime) -> None:
    """The station is refused like a stranger until it is enabled. Raises NotFound."""
    _change(conn, organisation_id, identity, {"disabled": True}, user_id, "station disabled", now)


def enable(conn: Connection, organisation_id: int, identity: str, user_id: int | None, now: datetime) -> None:
    """A disabled station may come back. Raises NotFound."""
    _change(conn, organisation_id, identity, {"disabled": False}, user_id, "station enabled", now)


def outdated(conn: Connection, held: Mapping[int, int]) -> set[int]:
    """Of the stations connected (id and the access it came in by), those that would not be let in so any more."""
    changed = places.changed_access(conn)
    return {id for id, access in held.items() if changed.get(id, access) != access}


def _change(
    conn: Connection,
    organisation_id: int,
    identity: str,
    changes: Mapping[str, Any],
    user_id: int | None,
    action: str,
    now: datetime,
) -> None:
    """Changes and notes it; of a key only that it is another."""
    station = places.find_station(conn, identity)
    if station is None or station.organisation_id != organisation_id:
        raise NotFound(f"there is no station {identity!r}; `bollard cloud stations` lists them")
    places.lock_station(conn, station.id)
    before = places.access_of(conn, station.id)
    places.change_access(conn, station.id, changes)
    after = places.access_of(conn, station.id) | ({"key": "another"} if "key_hash" in changes else {})
    audit.change(conn, organisation_id, user_id, action, identity, before, after, now)


def _within(remote: str, network: str) -> bool:
    try:
        address = ip_address(remote)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address) in ip_network(network)
