"""Counting knocks: what holds off strangers and slows stations down, without the network."""

import pytest

from cloud.ocpp import knocks
from cloud.ocpp.knocks import FAILURES, MANY_VISITS, PAUSE_S, VISITS, VISITS_WITHIN_S, Pace, Strangers


def fail(strangers: Strangers, remote: str, identity: str = "lab-1", times: int = FAILURES, now_s: float = 0) -> None:
    for _ in range(times):
        strangers.failed(remote, identity, now_s)


def test_a_place_with_many_failures_is_held_off_and_no_other() -> None:
    strangers = Strangers()
    fail(strangers, "10.0.0.1", times=FAILURES - 1)
    assert strangers.may_try("10.0.0.1", "lab-2", 0)
    fail(strangers, "10.0.0.1", times=1)
    assert not strangers.may_try("10.0.0.1", "lab-2", 0)
    assert strangers.may_try("10.0.0.2", "lab-1", 0)
    assert strangers.may_try("10.0.0.1", "lab-2", 60)


def test_who_had_the_right_key_there_is_not_held_off_with_the_others() -> None:
    strangers = Strangers()
    strangers.succeeded("10.0.0.1", "lab-1")
    fail(strangers, "10.0.0.1", "stranger")
    assert strangers.may_try("10.0.0.1", "lab-1", 0)
    assert not strangers.may_try("10.0.0.1", "lab-2", 0)
    fail(strangers, "10.0.0.1", "lab-1")
    assert not strangers.may_try("10.0.0.1", "lab-1", 0)


def test_the_addresses_of_one_subscriber_are_one_place() -> None:
    strangers = Strangers()
    for number in range(FAILURES):
        strangers.failed(f"2001:db8:0:1::{number:x}", "x", 0)
    fail(strangers, "::ffff:10.0.0.1")
    fail(strangers, "nonsense")
    for remote in ("2001:db8:0:1:ffff::", "10.0.0.1", "nonsense"):
        assert not strangers.may_try(remote, "lab-1", 0)
    assert strangers.may_try("2001:db8:0:2::1", "lab-1", 0)


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knocks, "REMEMBERED", 10)
    strangers = Strangers()
    for number in range(50):
        strangers.failed(f"10.0.0.{number}", f"x{number}", 0)
        strangers.succeeded(f"10.0.0.{number}", f"x{number}")
    assert len(strangers._failures) == len(strangers._welcome) == 10


def visit(pace: Pace, remotes: list[str], every_s: float = 1) -> str:
    told = [pace.came(1, remote, number * every_s) for number, remote in enumerate(remotes)]
    return told[-1]


def test_a_station_that_comes_now_and_then_never_waits() -> None:
    pace = Pace()
    assert visit(pace, ["10.0.0.1"] * 100, every_s=VISITS_WITHIN_S / (VISITS - 1)) == ""
    assert pace.wait_s(1, 100 * VISITS_WITHIN_S) == 0


def test_one_that_comes_all_the_time_waits_seconds_and_no_other_does() -> None:
    pace = Pace()
    assert visit(pace, ["10.0.0.1"] * (MANY_VISITS - 1)).startswith("it connects again and again")
    last_s = MANY_VISITS - 1
    assert pace.wait_s(1, last_s) == 0
    pace.came(1, "10.0.0.1", last_s)
    assert pace.wait_s(1, last_s) == PAUSE_S
    assert pace.wait_s(1, last_s + PAUSE_S - 1) == 1
    assert pace.wait_s(1, last_s + PAUSE_S) == 0
    assert pace.wait_s(2, last_s) == 0


def test_two_devices_of_one_name_are_told_from_an_unsteady_line() -> None:
    assert visit(Pace(), ["10.0.0.1", "10.0.0.2"] * VISITS) == (
        "two devices use this identity: it connects in turn from 10.0.0.1 and 10.0.0.2; give each its own"
    )
    assert visit(Pace(), [f"10.0.0.{number}" for number in range(VISITS)]).startswith("it connects again and again")
    assert visit(Pace(), ["10.0.0.1"] * VISITS + ["10.0.0.2"]).startswith("it connects again and again")
