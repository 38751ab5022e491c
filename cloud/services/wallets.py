"""Wallets: money put aside at a start, taken at the bill, given back; a session stops before it is used up."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from cloud.db.queries import accounts, commands, ledger, sessions, tariffs
from cloud.domain.accounts import Account
from cloud.domain.bills import Bill
from cloud.domain.ledger import LedgerAccount, LedgerKind, MovementKind, Transfer, sale, transfer
from cloud.domain.money import format_minor
from cloud.domain.pricing import LineKind
from cloud.domain.sessions import Session
from cloud.domain.tags import Tag, TagStatus, tag_key
from cloud.domain.tariffs import Terms
from cloud.domain.wallets import has_later_fee, is_about_money, is_free, next_hold_minor, refusal, soon_minor
from cloud.services import commands as asking
from cloud.services.ledger import funds_of, post, post_squared
from cloud.services.pricing import price_of


def may_start(conn: Connection, tag: Tag, tariff: Terms | None = None, *, starting: bool) -> str | None:
    """Why the tag's account may not begin to charge, in plain words; None when it may.

    `starting` is for a unit of work that opens a session: starts of one account then happen one after the other.
    Otherwise, as for Authorize, money put aside for its open sessions counts too: a driver may ask in order to stop.
    """
    account = accounts.by_id(conn, tag.account_id, lock=starting) if tag.account_id is not None else None
    if account is None:
        return None
    found = funds_of(conn, account)
    return None if found.held_minor and not starting else refusal(account, found, tariff)


def begin(conn: Connection, session: Session, now: datetime) -> None:
    """Puts money aside for an accepted session of a prepaid account."""
    if session.start_status is TagStatus.ACCEPTED and (account := _prepaid(conn, session)):
        tariff = _tariff(conn, session)
        if tariff is not None and tariff.currency == account.currency and not is_free(tariff):
            _hold(conn, account, session, now)


def watch(conn: Connection, session: Session, interval: timedelta, now: datetime) -> bool:
    """After a reading: puts more aside if the next may come too late, or asks the session to stop; whether it did.

    `interval`: how long after the reading before this one came. A session that began though the wallet lacked the
    money for it is asked to stop at once.
    """
    if session.open and session.start_status is not TagStatus.ACCEPTED and is_about_money(session.start_why):
        return _ask_to_stop(conn, session, now, session.start_why or "")
    held_minor = ledger.held_for(conn, session.id) if session.account_id is not None and session.open else 0
    tariff = _tariff(conn, session) if held_minor else None
    if tariff is None:
        return False
    cost_minor = session.cost_minor
    fee_due = has_later_fee(tariff) and cost_minor is not None and not _fee_asked(conn, session)
    soon = soon_minor(tariff, cost_minor or 0, session.power_w or 0, interval, fee_due=fee_due)
    account = _prepaid(conn, session) if soon >= held_minor else None
    if account is None:
        return False
    held_minor += _hold(conn, account, session, now)
    put_aside = format_minor(held_minor, tariff.currency)
    why = f"the {put_aside} put aside from the wallet are nearly used up"
    return soon >= held_minor and _ask_to_stop(conn, session, now, why)


def settle(conn: Connection, organisation_id: int, bill: Bill, now: datetime) -> None:
    """Posts a bill in its own unit of work: what was put aside comes back and the price is taken, in one movement.

    What the wallet lacks is owed. A credit note, whose sums are negative, goes the other way.
    """
    session = sessions.by_id(conn, bill.session_id)
    assert session is not None
    price, key = bill.document.price, f"bill {bill.number}"
    account = accounts.by_id(conn, session.account_id, lock=True) if session.account_id is not None else None
    if account is None:
        buyer = LedgerAccount(LedgerKind.RECEIVABLE, price.currency, detail=tag_key(session.id_tag))
        post(conn, organisation_id, MovementKind.BILL, key, sale(price, buyer), now, session.id)
        return
    buyer = LedgerAccount(LedgerKind.RECEIVABLE, price.currency, account.id)
    moved = (*_given_back(conn, account, session), *sale(price, buyer))
    post_squared(conn, account, MovementKind.BILL, key, moved, price.currency, now, session.id)


def release(conn: Connection, session: Session, now: datetime) -> None:
    """Gives back what was put aside for a session that will have no bill."""
    account = accounts.by_id(conn, session.account_id, lock=True) if session.account_id is not None else None
    if account is not None:
        moved = _given_back(conn, account, session)
        key = f"release {session.id}"
        post_squared(conn, account, MovementKind.RELEASE, key, moved, account.currency, now, session.id)


def keep_the_price(conn: Connection, session: Session, now: datetime) -> None:
    """A session in doubt keeps aside what it would cost; the driver need not wait for the rest until it is decided."""
    surplus_minor = ledger.held_for(conn, session.id) - (session.cost_minor or 0)
    account = accounts.by_id(conn, session.account_id, lock=True) if session.account_id is not None else None
    if account is not None and session.cost_minor is not None and surplus_minor > 0:
        moved = transfer(_own(account, LedgerKind.HELD), _own(account, LedgerKind.WALLET), surplus_minor)
        key = f"release {session.id} {ledger.count_of(conn, session.id) + 1}"
        post_squared(conn, account, MovementKind.RELEASE, key, moved, account.currency, now, session.id)


def _hold(conn: Connection, account: Account, session: Session, now: datetime) -> int:
    """Puts aside as much as is usual, or what there is; returns how much."""
    minor = next_hold_minor(account, funds_of(conn, account))
    moved = transfer(_own(account, LedgerKind.WALLET), _own(account, LedgerKind.HELD), minor)
    key = f"hold {session.id} {ledger.count_of(conn, session.id) + 1}"
    post(conn, account.organisation_id, MovementKind.HOLD, key, moved, now, session.id)
    return minor


def _given_back(conn: Connection, account: Account, session: Session) -> tuple[Transfer, ...]:
    held_minor = ledger.held_for(conn, session.id)
    return transfer(_own(account, LedgerKind.HELD), _own(account, LedgerKind.WALLET), held_minor)


def _ask_to_stop(conn: Connection, session: Session, now: datetime, why: str) -> bool:
    if commands.stop_waits(conn, session.station_id, session.transaction_id):
        return False
    asking.ask_stop(conn, session.id, None, now, why)
    return True


def _fee_asked(conn: Connection, session: Session) -> bool:
    assert session.tariff_version_id is not None
    lines = price_of(conn, session, tariffs.version(conn, session.tariff_version_id)).lines
    return any(line.dimension is LineKind.FLAT for line in lines)


def _prepaid(conn: Connection, session: Session) -> Account | None:
    account = accounts.by_id(conn, session.account_id, lock=True) if session.account_id is not None else None
    return account if account is not None and account.prepaid else None


def _tariff(conn: Connection, session: Session) -> Terms | None:
    return tariffs.version(conn, session.tariff_version_id).terms if session.tariff_version_id is not None else None


def _own(account: Account, kind: LedgerKind) -> LedgerAccount:
    return LedgerAccount(kind, account.currency, account.id)
