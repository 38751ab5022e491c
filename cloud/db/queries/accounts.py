"""Accounts and the tags that charge on them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from cloud.db.rows import Cut, every, one, page
from cloud.db.tables import account, tag
from cloud.domain.accounts import Account, PaymentTerms


def by_id(conn: Connection, id: int, *, lock: bool = False) -> Account | None:
    """The account; with `lock`, what changes its money happens one after the other."""
    query = select(account).where(account.c.id == id)
    return one(conn, query.with_for_update() if lock else query, _account)


def find(conn: Connection, organisation_id: int, name: str, *, lock: bool = False) -> Account | None:
    query = select(account).where(account.c.organisation_id == organisation_id, account.c.name == name)
    return one(conn, query.with_for_update() if lock else query, _account)


def listed(conn: Connection, organisation_id: int) -> list[Account]:
    """By name."""
    query = select(account).where(account.c.organisation_id == organisation_id)
    return every(conn, query.order_by(account.c.name), _account)


def page_of(conn: Connection, organisation_id: int, cut: Cut) -> list[Account]:
    """A page of accounts in the order in which they were added."""
    query = select(account).where(account.c.organisation_id == organisation_id)
    return every(conn, page(query, account.c.id, cut, newest=False), _account)


def search(
    conn: Connection,
    organisation_id: int,
    *,
    text: str | None = None,
    terms: str | None = None,
    limit: int,
    after: str | None = None,
) -> list[Account]:
    """By name; `text` is a part of the name or of the e-mail address."""
    query = select(account).where(account.c.organisation_id == organisation_id).order_by(account.c.name).limit(limit)
    if text is not None:
        parts = (column.icontains(text, autoescape=True) for column in (account.c.name, account.c.email))
        query = query.where(or_(*parts))
    query = query if terms is None else query.where(account.c.terms == terms)
    return every(conn, query if after is None else query.where(account.c.name > after), _account)


def prepaid_ids(conn: Connection, organisation_id: int) -> frozenset[int]:
    """The accounts that charge what is in their wallet."""
    mine = (account.c.organisation_id == organisation_id) & (account.c.terms == PaymentTerms.PREPAID)
    return frozenset(conn.execute(select(account.c.id).where(mine)).scalars())


def insert(conn: Connection, values: Mapping[str, Any]) -> Account:
    return _account(conn.execute(account.insert().values(**values).returning(*account.c)).one())


def update(conn: Connection, id: int, values: Mapping[str, Any]) -> Account:
    changed = account.update().where(account.c.id == id).values(**values)
    return _account(conn.execute(changed.returning(*account.c)).one())


def tags_of(conn: Connection, account_id: int) -> tuple[str, ...]:
    query = select(tag.c.id_tag).where(tag.c.account_id == account_id).order_by(tag.c.id_tag)
    return tuple(conn.execute(query).scalars())


def _account(row: Row[Any]) -> Account:
    return Account(
        id=row.id,
        organisation_id=row.organisation_id,
        name=row.name,
        email=row.email,
        language=row.language,
        terms=PaymentTerms(row.terms),
        currency=row.currency,
        hold_minor=row.hold_minor,
    )
