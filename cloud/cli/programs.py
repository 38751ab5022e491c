"""Keys of programs that use the API."""

from argparse import Namespace
from datetime import timedelta

from sqlalchemy import Connection

from cloud.cli.verbs import Answer, Context, Verb, argument, one_of, table
from cloud.domain.api_keys import ApiKey
from cloud.domain.people import Permission
from cloud.services import api_keys, users


async def _make(context: Context, asked: Namespace) -> Answer:
    expires_at = context.now + timedelta(days=asked.days) if asked.days else None

    def unit(conn: Connection) -> tuple[ApiKey, str]:
        maker, now = users.find(conn, context.organisation_id, asked.user), context.now
        return api_keys.make(conn, maker, asked.name, asked.may, now, sites=asked.site, expires_at=expires_at)

    key, text = await context.db.write(unit)
    until = context.local(expires_at) or "it is revoked"
    told = f"{key.name} may {', '.join(sorted(key.permissions))} until {until}; the key is shown only this once:"
    return Answer({"id": key.id, "key": text}, f"{told}\n{text}")


async def _keys(context: Context, asked: Namespace) -> Answer:
    found = await context.read(api_keys.listed)
    rows: list[tuple[object, ...]] = [
        (
            key.id,
            key.name,
            key.maker.name,
            ",".join(sorted(key.permissions)),
            context.local(key.last_used_at) or "never",
            "revoked" if key.revoked_at else context.local(key.expires_at) or "never",
        )
        for key in found
    ]
    return Answer(found, table("ID NAME MAKER MAY USED ENDS", rows, "no program has a key; make-api-key makes one"))


async def _revoke(context: Context, asked: Namespace) -> Answer:
    key = await context.write(api_keys.revoke, asked.id, None, context.now)
    return Answer({"id": key.id, "revoked": True}, f"the key of {key.name} opens nothing any more")


VERBS = (
    Verb(
        "make-api-key",
        "give a program a key to the API; it is shown only once",
        _make,
        (
            argument("name", metavar="NAME", help="which program it is for"),
            argument("--user", required=True, metavar="NAME", help="whose key it is: it may never more than this user"),
            argument(
                "--may",
                type=one_of(Permission),
                choices=list(Permission),
                action="append",
                required=True,
                help="what it may; may be repeated",
            ),
            argument("--site", action="append", default=[], metavar="NAME", help="only at this site; may be repeated"),
            argument("--days", type=int, default=365, metavar="N", help="how long it lasts (365); 0: until revoked"),
        ),
    ),
    Verb("api-keys", "list the keys of programs", _keys),
    Verb("revoke-api-key", "end a key at once", _revoke, (argument("id", type=int, metavar="ID", help="its number"),)),
)
