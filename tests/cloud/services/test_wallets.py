"""Wallets: what is put aside, taken and given back, and when a session must stop."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection

from cloud.db.tables import billing_task
from cloud.domain.accounts import Account, Funds, PaymentTerms
from cloud.domain.commands import CommandKind, Step
from cloud.domain.ledger import Payment
from cloud.domain.sessions import SessionState
from cloud.domain.tags import TagStatus
from cloud.domain.tariffs import Dimension, Element, PriceComponent, Restrictions, Terms, simple_terms
from cloud.services import accounts, answers, commands, ledger, local_lists, overview, reviews, tags, tariffs, verdicts
from cloud.services.errors import NotNow
from tests.cloud.conftest import NOON, TAG, Business, after
from tests.cloud.services.list_station import ListStation
from tests.cloud.services.test_corrections import spoil
from tests.cloud.services.test_local_lists import settle
from tests.ours import OURS

TIME, FLAT = Dimension.TIME, Dimension.FLAT


@pytest.fixture
async def ada(business: Business) -> Business:
    """`Ada` has 20 EUR in her wallet and two tags; a start puts 5 EUR aside."""
    await business.do(accounts.add, OURS, "Ada", NOON, terms=PaymentTerms.PREPAID, currency="EUR", hold_minor=500)
    await business.do(tags.add, OURS, "SECOND", NOON)
    for tag in (TAG, "SECOND"):
        await business.do(accounts.link, OURS, tag, "Ada", NOON)
    await pay(business, 2000)
    return business


async def pay(business: Business, minor: int, reference: str = "first") -> None:
    await business.do(accounts.top_up, OURS, "Ada", Payment(reference, minor), NOON)


async def funds(business: Business) -> Funds:
    assert await business.ask(ledger.check, OURS) == []
    return (await business.ask(accounts.view, OURS, "Ada")).funds


async def stops(business: Business) -> list[tuple[Step, str]]:
    """What was asked by itself: the state of each remote stop, and why."""
    asked = await business.ask(overview.commands)
    return [(command.state, steps[0].detail) for command, steps in asked if command.kind is CommandKind.REMOTE_STOP]


async def test_what_was_put_aside_comes_back_and_the_price_is_taken(ada: Business) -> None:
    start = await ada.start()
    assert await funds(ada) == Funds(1500, 500)
    assert (await ada.start()).replayed and await funds(ada) == Funds(1500, 500)
    await ada.stop(start.transaction_id, 60, 6000)
    assert await funds(ada) == Funds(1700)
    await ada.stop(start.transaction_id, 60, 6000)
    assert await funds(ada) == Funds(1700)


async def test_concurrent_sessions_share_the_money(ada: Business) -> None:
    other = await ada.beside("lab-2")
    await ada.do(accounts.refund, OURS, "Ada", Payment("r", 1100), NOON)
    first = await ada.start()
    second = await other.start(1, id_tag="SECOND")
    assert (first.verdict.status, second.verdict.status) == (TagStatus.ACCEPTED, TagStatus.BLOCKED)
    assert await funds(ada) == Funds(400, 500)
    await ada.stop(first.transaction_id, 60, 2000)
    assert await funds(ada) == Funds(792)
    assert (await other.start(61, id_tag="SECOND", connector=1)).verdict.accepted


async def test_two_starts_at_the_same_moment_share_the_money(ada: Business) -> None:
    other = await ada.beside("lab-2")
    await ada.do(accounts.refund, OURS, "Ada", Payment("r", 1500), NOON)
    said = await asyncio.gather(ada.start(), other.start(id_tag="SECOND"))
    assert sorted(answer.verdict.status for answer in said) == [TagStatus.ACCEPTED, TagStatus.BLOCKED]
    assert await funds(ada) == Funds(0, 500)


async def test_an_empty_wallet_is_refused_before_and_at_the_start(ada: Business) -> None:
    await ada.do(accounts.refund, OURS, "Ada", Payment("r", 1501), NOON)
    asked = (verdicts.authorize, ada.station.id, TAG, NOON)
    assert (await ada.ask(*asked)).status is TagStatus.BLOCKED
    assert (await ada.start()).verdict.status is TagStatus.BLOCKED
    await pay(ada, 1, "a cent")
    assert (await ada.ask(*asked)).accepted


async def test_who_has_everything_put_aside_may_still_ask_in_order_to_stop(ada: Business) -> None:
    await ada.do(accounts.refund, OURS, "Ada", Payment("r", 1500), NOON)
    start = await ada.start()
    assert (await ada.ask(verdicts.authorize, ada.station.id, TAG, NOON)).accepted
    assert (await ada.start()).verdict.accepted
    assert (await ada.stop(start.transaction_id, 5, 1100, id_tag=TAG)).verdict == start.verdict


async def test_energy_that_flowed_all_the_same_is_owed(ada: Business) -> None:
    await ada.do(accounts.refund, OURS, "Ada", Payment("r", 1900), NOON)
    start = await ada.start()
    await ada.meter(start.transaction_id, 30, 6000)
    assert await stops(ada) == [(Step.ASKED, "the wallet of Ada has 1.00 EUR, and a start needs 5.00 EUR")]
    await ada.stop(start.transaction_id, 60, 11_000)
    assert (await ada.session(start.session_id)).state is SessionState.FINISHED
    assert await funds(ada) == Funds(0, 0, 440)
    await pay(ada, 500, "later")
    assert await funds(ada) == Funds(60)


async def test_more_is_put_aside_as_long_as_there_is_more_then_the_session_is_stopped(ada: Business) -> None:
    """11 kW for an hour cost 5.28 EUR and 0.60 for the session; a reading comes every six minutes."""
    await ada.do(accounts.refund, OURS, "Ada", Payment("r", 1200), NOON)
    start = await ada.start()
    seen = list[tuple[int, int, int]]()
    for minute in (*range(6, 79, 6), 79):
        await ada.meter(start.transaction_id, minute, 1000 + 11_000 * minute // 60, power_w=11_000)
        found = await funds(ada)
        seen.append((minute, found.held_minor, len(await stops(ada))))
    assert seen[6:9] == [(42, 500, 0), (48, 800, 0), (54, 800, 0)]
    assert seen[11:] == [(72, 800, 0), (78, 800, 1), (79, 800, 1)]
    assert await stops(ada) == [(Step.ASKED, "the 8.00 EUR put aside from the wallet are nearly used up")]
    await ada.stop(start.transaction_id, 80, 1000 + 11_000 * 79 // 60)
    assert await funds(ada) == Funds(45)


async def test_a_stop_that_was_refused_is_asked_for_again(ada: Business) -> None:
    await ada.do(accounts.refund, OURS, "Ada", Payment("r", 1500), NOON)
    start = await ada.start()
    await ada.meter(start.transaction_id, 30, 9500, power_w=17_000)
    (command, _steps), *_ = await ada.ask(overview.commands)
    await ada.do(commands.note, command.id, Step.SENT, "", after(30))
    await ada.do(answers.answered, command, Step.REJECTED, "Rejected", {"status": "Rejected"}, after(30))
    await ada.meter(start.transaction_id, 31, 9800, power_w=17_000)
    assert [state for state, _why in await stops(ada)] == [Step.ASKED, Step.REJECTED]


async def test_what_nobody_must_pay_gives_back_what_was_put_aside(ada: Business) -> None:
    for minute, doubts in ((0, ("doubtful",)), (100, ())):
        start = await ada.start(minute, doubts=doubts)
        await ada.stop(start.transaction_id, minute + 5, 2000)
        assert (await funds(ada)).held_minor == (108 if doubts else 0)
        if doubts:
            await ada.do(reviews.review, start.session_id, bill=False, user_id=None, now=after(60))
            assert await funds(ada) == Funds(2000)


async def test_what_waits_for_its_bill_is_no_mistake_in_the_books_but_what_has_none_is(ada: Business) -> None:
    start = await ada.start()
    await ada.do(spoil)
    await ada.stop(start.transaction_id, 60, 6000)
    assert await funds(ada) == Funds(1500, 500)
    await ada.do(lambda conn: conn.execute(billing_task.delete()))
    assert await ada.ask(ledger.check, OURS) == [
        f"session {start.session_id} has ended, and money is still put aside for it",
        f"session {start.session_id} is finished and has no bill",
    ]


async def test_debts_in_another_currency_are_shown_and_paid_in_it(ada: Business) -> None:
    """A station that cannot ask begins although the tariff asks francs."""
    await ada.do(accounts.add, OURS, "Fleet", NOON, terms=PaymentTerms.POSTPAID, currency="EUR")
    await ada.do(accounts.link, OURS, TAG, "Fleet", NOON)
    await ada.do(tariffs.change, OURS, "standard", simple_terms("CHF", Decimal("0.4"), Decimal(0), None), NOON)
    start = await ada.start(1)
    assert start.verdict.status is TagStatus.BLOCKED
    await ada.stop(start.transaction_id, 60, 2000)
    assert (await ada.ask(accounts.view, OURS, "Fleet")).elsewhere == {"CHF": Funds(0, 0, 40)}
    for pay_or_refund, minor in ((accounts.top_up, 50), (accounts.refund, 10)):
        await ada.do(pay_or_refund, OURS, "Fleet", Payment("francs", minor, currency="CHF"), NOON)
    assert (await ada.ask(accounts.view, OURS, "Fleet")).elsewhere == {}
    with pytest.raises(NotNow, match="names another payment"):
        await ada.do(accounts.top_up, OURS, "Fleet", Payment("francs", 50), NOON)
    assert await ada.ask(ledger.check, OURS) == []


async def test_a_fee_that_comes_later_is_reckoned_with(ada: Business) -> None:
    """0.60 EUR an hour, and 4.50 from two hours on: the stop is asked for at a price of 0.45."""
    time_, fee = (PriceComponent(what, Decimal(price)) for what, price in ((TIME, "0.60"), (FLAT, "4.50")))
    late = Element((fee,), Restrictions(min_duration=7200))
    await ada.do(tariffs.change, OURS, "standard", Terms("EUR", (Element((time_,)), late)), NOON)
    await ada.do(accounts.refund, OURS, "Ada", Payment("r", 1500), NOON)
    start = await ada.start(1)
    await ada.meter(start.transaction_id, 16, 1001)
    assert await stops(ada) == []
    await ada.meter(start.transaction_id, 46, 1002)
    assert len(await stops(ada)) == 1


@pytest.mark.parametrize(
    ("terms", "held_minor"),
    [
        (simple_terms("EUR", Decimal(0), Decimal(0), None), 0),
        (simple_terms("CHF", Decimal("0.4"), Decimal(0), None), 0),
        (simple_terms("EUR", Decimal("0.4"), Decimal(0), None), 500),
    ],
    ids=["free", "in another currency", "in its currency"],
)
async def test_what_a_tariff_means_for_the_wallet(ada: Business, terms: Any, held_minor: int) -> None:
    await ada.do(tariffs.change, OURS, "standard", terms, NOON)
    start = await ada.start(1)
    assert (await funds(ada)).held_minor == held_minor
    await ada.stop(start.transaction_id, 60, 2000)
    assert (await funds(ada)).held_minor == 0


async def test_a_tag_that_changes_hands_changes_them_for_the_next_session(ada: Business) -> None:
    start = await ada.start()
    await ada.do(accounts.link, OURS, TAG, None, after(1))
    await ada.stop(start.transaction_id, 60, 6000)
    assert await funds(ada) == Funds(1700)
    await ada.stop((await ada.start(70, wh=6000)).transaction_id, 80, 7000)
    assert await funds(ada) == Funds(1700)


async def test_local_lists_name_no_tag_that_pays_in_advance(ada: Business) -> None:
    """A station that starts by its list would not ask for the money."""
    await ada.do(tags.add, OURS, "FREE", NOON)
    await ada.do(local_lists.keep, ada.station.id, True, None, NOON)
    station = ListStation(per_message=10)
    await settle(ada, station)
    assert set(station.held) == {"FREE"}
    await ada.do(accounts.link, OURS, TAG, None, NOON)
    await settle(ada, station, 1)
    assert set(station.held) == {"FREE", TAG}
    await ada.do(change, terms=PaymentTerms.POSTPAID)
    await settle(ada, station, 2)
    assert set(station.held) == {"FREE", TAG, "SECOND"}


async def test_other_terms_count_from_the_next_start_on(ada: Business) -> None:
    start = await ada.start()
    changed = await ada.do(change, terms=PaymentTerms.POSTPAID, hold_minor=700)
    assert (changed.prepaid, changed.hold_minor, await funds(ada)) == (False, 700, Funds(1500, 500))
    await ada.meter(start.transaction_id, 30, 11_000)
    assert await stops(ada) == []
    await ada.do(change, terms=PaymentTerms.PREPAID)
    await ada.stop(start.transaction_id, 60, 21_000)
    assert await funds(ada) == Funds(980)
    await ada.start(61)
    assert await funds(ada) == Funds(280, 700)


def change(conn: Connection, **wanted: Any) -> Account:
    return accounts.change(conn, accounts.find(conn, OURS, "Ada"), wanted, NOON)
