"""The audit log: every change tells who, when, what it was before and what it is since."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from cloud.domain.accounts import PaymentTerms
from cloud.domain.audit import AuditSearch, Entry, differing, told
from cloud.domain.people import Role
from cloud.domain.stations import RegistrationStatus
from cloud.services import access, accounts, audit, local_lists, organisations, registration, tags, tariffs, users
from tests.cloud.conftest import NOON, TAG, Business, after
from tests.ours import OURS, another

ALL = AuditSearch()
Change = Callable[[Connection], object]
CHANGES: tuple[tuple[str, Change, dict[str, Any], dict[str, Any]], ...] = (
    (
        "station disabled",
        lambda c: access.disable(c, OURS, "lab-1", None, NOON),
        {"disabled": False},
        {"disabled": True},
    ),
    ("station key renewed", lambda c: access.new_key(c, OURS, "lab-1", None, NOON), {}, {"key": "another"}),
    (
        "station let in without a key",
        lambda c: access.without_key(c, OURS, "lab-1", "10.0.0.0/8", None, NOON),
        {"network": None},
        {"network": "10.0.0.0/8", "key": "another"},
    ),
    (
        "station pending",
        lambda c: registration.decide(c, OURS, "lab-1", RegistrationStatus.PENDING, None, NOON),
        {"admission": "Accepted"},
        {"admission": "Pending"},
    ),
    ("tag blocked", lambda c: tags.block(c, OURS, TAG, NOON), {"blocked": False}, {"blocked": True}),
    ("local list kept", lambda c: local_lists.keep(c, 1, True, None, NOON), {"kept": False}, {"kept": True}),
    (
        "tariff assigned",
        lambda c: tariffs.assign(c, OURS, "other", NOON),
        {"first site": "standard"},
        {"first site": "other"},
    ),
    (
        "tariff assigned",
        lambda c: tariffs.assign(c, OURS, "other", NOON, identity="lab-1"),
        {"lab-1": None},
        {"lab-1": "other"},
    ),
    ("tag linked", lambda c: accounts.link(c, OURS, TAG, "Ada", NOON), {"account": None}, {"account": "Ada"}),
    (
        "site's time zone set",
        lambda c: organisations.set_site_time_zone(c, OURS, "Main site", "Asia/Tokyo", NOON),
        {"time_zone": None},
        {"time_zone": "Asia/Tokyo"},
    ),
    (
        "organisation described",
        lambda c: organisations.describe(c, OURS, {"vat_id": "DE1"}, NOON),
        {"vat_id": ""},
        {"vat_id": "DE1"},
    ),
    (
        "role changed",
        lambda c: users.set_role(c, OURS, "Eve", Role.VIEWER, ["Main site"], NOON),
        {"role": "operator", "sites": []},
        {"role": "viewer", "sites": ["Main site"]},
    ),
)


@pytest.fixture
async def furnished(business: Business) -> Business:
    def more(conn: Connection) -> None:
        tariffs.add(conn, OURS, "other", tariffs.latest(conn, OURS, "standard").terms, NOON)
        accounts.add(conn, OURS, "Ada", NOON, terms=PaymentTerms.POSTPAID, currency="EUR")
        users.create(conn, OURS, "Eve", "no hash", NOON, role=Role.OPERATOR)

    await business.do(more)
    return business


async def entries(business: Business, wanted: AuditSearch = ALL, **options: Any) -> list[Entry]:
    def read(conn: Connection) -> list[Entry]:
        return audit.listed(conn, OURS, wanted, options.pop("limit", 99), **options)

    return await business.ask(read)


async def test_every_change_tells_what_it_was_and_what_it_is(furnished: Business) -> None:
    for action, change, before, after_it in CHANGES:
        await furnished.do(change)
        entry = (await entries(furnished))[0]
        assert (entry.action, entry.before, entry.after) == (action, before, after_it)
        assert (entry.at, entry.user) == (NOON, None)


async def test_what_changed_nothing_leaves_no_trace(furnished: Business) -> None:
    seen = len(await entries(furnished))
    await furnished.do(tags.block, OURS, TAG, NOON, blocked=False)
    await furnished.do(organisations.describe, OURS, {"vat_id": ""}, NOON)
    assert len(await entries(furnished)) == seen


async def test_the_log_is_searched_and_paged_from_its_end(furnished: Business) -> None:
    eve = (await furnished.ask(users.find, OURS, "Eve")).id
    await furnished.do(tags.block, OURS, TAG, after(5), user_id=eve)
    await furnished.do(tags.block, OURS, TAG, after(9), blocked=False)
    assert [entry.user for entry in await entries(furnished, AuditSearch(user_id=eve))] == ["Eve"]
    assert {entry.user for entry in await entries(furnished, AuditSearch(user_id=0))} == {None}
    found = await entries(furnished, AuditSearch(contains="BLOCKED"))
    assert [entry.action for entry in found] == ["tag unblocked", "tag blocked"]
    assert [entry.subject for entry in await entries(furnished, AuditSearch(contains=TAG.lower()), limit=1)] == [TAG]
    between = AuditSearch(since=after(5), until=after(9))
    assert [entry.action for entry in await entries(furnished, between)] == ["tag blocked"]
    older = await entries(furnished, AuditSearch(contains="blocked"), before_id=found[0].id)
    assert [entry.id for entry in older] == [found[1].id]


async def test_another_organisation_has_its_own_log(furnished: Business) -> None:
    other = await furnished.do(another)
    seen = len(await entries(furnished))
    await furnished.do(audit.note, other, None, "tag blocked", TAG, {"at": NOON + timedelta(days=1)}, NOON)
    assert len(await entries(furnished)) == seen
    theirs = await furnished.ask(audit.listed, other, AuditSearch(), 9)
    assert [(entry.user, entry.after) for entry in theirs] == [(None, {"at": "2026-03-02T12:00:00Z"})]


def test_only_what_differs_is_told() -> None:
    assert differing({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4}) == ({"b": 2}, {"b": 3, "c": 4})
    assert told({"before": {"a": 1}, "after": {}}) == ({"a": 1}, {})
    assert told({"command": 7}) == ({}, {"command": 7})
