"""Stops without a session as the operator sees them, and the session they are given by hand."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection

from cloud.domain.reports import StartReport, StopReport
from cloud.domain.tariffs import simple_terms
from cloud.services import sessions, tags, tariffs
from tests.cloud.cli.conftest import Refused, Type, run
from tests.cloud.conftest import NOON, TAG
from tests.ours import OURS

HOUR = timedelta(hours=1)


@pytest.fixture
def orphaned(type_: Type, furnished: None, database_url: str) -> None:
    """Session 1 runs on lab-1/1, and a stop with an unknown tag names session 4711."""

    def unit(conn: Connection) -> None:
        tags.add(conn, OURS, TAG, NOON)
        tariffs.add(conn, OURS, "old", simple_terms("EUR", Decimal("0.40"), Decimal(0), None), NOON)
        tariffs.assign(conn, OURS, "old", NOON, identity="lab-1")
        start = StartReport(1, TAG, 1000, NOON)
        sessions.started(conn, 1, start, NOON)
        sessions.stopped(conn, 1, StopReport(4711, 6000, NOON + HOUR, "SOMEBODY", raw={"x": 1}), NOON + HOUR)

    run(database_url, lambda db: db.write(unit))


def test_without_stops_there_is_nothing_to_see(type_: Type) -> None:
    assert type_("orphans") == "every stop has found its session\n"


@pytest.mark.usefixtures("orphaned")
def test_a_stop_is_listed_and_joined(type_: Type) -> None:
    heads, row = type_("orphans").splitlines()
    assert heads.split() == ["STOP", "STATION", "NAMED", "TAG", "STOPPED", "METER", "KWH", "SESSION"]
    assert row.split() == ["1", "lab-1", "4711", "SOMEBODY", "2026-03-01", "22:00", "6000"]
    assert type_("join-stop", "1", "1") == "session 1 ended with 5.000 kWh; `bollard cloud review` bills it\n"
    (found,) = json.loads(type_("orphans", "--json"))
    assert (found["session_id"], found["transaction_id"]) == (1, "4711")
    (suspect,) = json.loads(type_("sessions", "--suspect", "--json"))
    assert (suspect["id"], suspect["energy_wh"]) == (1, 5000)
    assert "its stop named session 4711" in suspect["reasons"][-1]


@pytest.mark.usefixtures("orphaned")
def test_what_does_not_belong_together_is_not_joined(type_: Type) -> None:
    for stop, session in (("2", "1"), ("1", "2")):
        with pytest.raises(Refused, match="no station has both"):
            type_("join-stop", stop, session)
    type_("join-stop", "1", "1")
    with pytest.raises(Refused, match="must be without a session"):
        type_("join-stop", "1", "1")


@pytest.mark.usefixtures("furnished")
def test_stations_are_held_rejected_and_accepted(type_: Type) -> None:
    def access() -> str:
        return type_("stations").splitlines()[1].split()[4]

    assert type_("hold-station", "lab-1") == "lab-1 is held as pending from its next boot on\n"
    assert access() == "key,pending"
    assert json.loads(type_("reject-station", "lab-1", "--json")) == {"identity": "lab-1", "admission": "Rejected"}
    assert access() == "key,rejected"
    assert "accepted from its next boot on" in type_("accept-station", "lab-1")
    assert access() == "key"


@pytest.mark.usefixtures("furnished")
def test_a_key_is_renewed_without_anybody_seeing_it(type_: Type) -> None:
    assert "the old one goes on until it signs in with it" in type_("renew-key", "lab-1")
    told = type_("command-timeline", "1")
    assert 'ChangeConfiguration to lab-1 {"key":"AuthorizationKey","value":"****"}' in told
    with pytest.raises(Refused, match="on its way"):
        type_("renew-key", "lab-1")
    with pytest.raises(Refused, match="`bollard cloud renew-key` changes"):
        type_("configure", "lab-1", "AuthorizationKey", "00" * 20)
