"""Keys of programs, and the answers they were given under an idempotency key."""

from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from cloud.db.queries import people
from cloud.db.rows import insert_if_new, number, one
from cloud.db.tables import api_answer, api_key, api_key_site, user
from cloud.domain.api_keys import ApiKey
from cloud.domain.people import Permission, User


def by_public_id(conn: Connection, public_id: str) -> tuple[ApiKey, bytes] | None:
    """The key and the hash of its secret."""
    rows = _rows(conn, api_key.c.public_id == public_id)
    return (_key(conn, rows), rows[0].secret_hash) if rows else None


def by_id(conn: Connection, organisation_id: int, id: int) -> ApiKey | None:
    rows = _rows(conn, (api_key.c.id == id) & (user.c.organisation_id == organisation_id))
    return _key(conn, rows) if rows else None


def listed(conn: Connection, organisation_id: int) -> list[ApiKey]:
    """The organisation's keys, the newest first."""
    makers = {maker.id: maker for maker in people.listed(conn, organisation_id)}
    grouped = groupby(_rows(conn, user.c.organisation_id == organisation_id), key=lambda row: row.id)
    return [_made_by(makers[rows[0].user_id], rows) for rows in (list(own) for _, own in grouped)]


def insert(conn: Connection, values: Mapping[str, Any], site_ids: Collection[int]) -> int:
    """Adds a key for these sites, or for all its maker's; returns its number."""
    id = number(conn, api_key.insert().values(**values).returning(api_key.c.id))
    for site_id in sorted(site_ids):
        conn.execute(api_key_site.insert().values(api_key_id=id, site_id=site_id))
    return id


def update(conn: Connection, id: int, values: Mapping[str, Any]) -> None:
    conn.execute(api_key.update().where(api_key.c.id == id).values(**values))


def begin_answer(conn: Connection, id: int, idempotency_key: str, request_hash: bytes, now: datetime) -> bool:
    """Takes the idempotency key for this unit of work; False if an earlier request has it, which is waited for."""
    mine = {"api_key_id": id, "idempotency_key": idempotency_key}
    taken = insert_if_new(conn, api_answer).values(**mine, request_hash=request_hash, status=0, body=b"", at=now)
    return conn.execute(taken.returning(api_answer.c.api_key_id)).scalar() is not None


def answer(conn: Connection, id: int, idempotency_key: str) -> tuple[bytes, int, bytes]:
    """Hash of the request, status and body of what was answered first."""
    row = one(conn, select(api_answer).where(_of(id, idempotency_key)), lambda row: row)
    assert row is not None
    return row.request_hash, row.status, row.body


def keep_answer(conn: Connection, id: int, idempotency_key: str, status: int, body: bytes) -> None:
    conn.execute(api_answer.update().where(_of(id, idempotency_key)).values(status=status, body=body))


def drop_answers(conn: Connection, before: datetime, at_once: int) -> int:
    """Forgets the oldest answers from before a time; returns how many."""
    c = api_answer.c
    old = select(c.api_key_id, c.idempotency_key).where(c["at"] < before).order_by(c["at"]).limit(at_once)
    rows = conn.execute(old).all()
    for row in rows:
        conn.execute(api_answer.delete().where(_of(row.api_key_id, row.idempotency_key)))
    return len(rows)


def _of(id: int, idempotency_key: str) -> ColumnElement[bool]:
    return (api_answer.c.api_key_id == id) & (api_answer.c.idempotency_key == idempotency_key)


def _rows(conn: Connection, wanted: ColumnElement[bool]) -> list[Row[Any]]:
    """A row for each site of a key, or one for a key without."""
    joined = select(api_key, api_key_site.c.site_id).join(user, user.c.id == api_key.c.user_id)
    query = joined.outerjoin(api_key_site, api_key_site.c.api_key_id == api_key.c.id).where(wanted)
    return list(conn.execute(query.order_by(api_key.c.id.desc(), api_key_site.c.site_id)).all())


def _key(conn: Connection, rows: list[Row[Any]]) -> ApiKey:
    maker = people.by_id(conn, rows[0].user_id)
    assert maker is not None
    return _made_by(maker, rows)


def _made_by(maker: User, rows: list[Row[Any]]) -> ApiKey:
    row = rows[0]
    return ApiKey(
        id=row.id,
        public_id=row.public_id,
        name=row.name,
        maker=maker,
        permissions=frozenset(map(Permission, row.permissions)),
        site_ids=frozenset(each.site_id for each in rows if each.site_id is not None) or None,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
