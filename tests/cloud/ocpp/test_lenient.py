"""Odd payloads are read as far as they can be understood, and what is odd is said in plain words."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.ocpp.lenient import LARGEST_INT, Lenient, quoted

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("raw", "number"),
    [(12345.0, 12345), ("12345.0", 12345), (" 12345 Wh", 12345), ("12,345 kWh", 12345), (-3.0, -3)],
)
def test_numbers_in_disguise_are_read_with_a_doubt(raw: Any, number: int) -> None:
    fields = Lenient({"meterStop": raw})
    assert fields.energy_wh("meterStop") == number
    assert fields.doubts == [f"meterStop was {raw!r} where a whole number belongs"]


def test_a_whole_number_as_text_is_clear() -> None:
    fields = Lenient({"transactionId": " 12345"})
    assert fields.integer("transactionId") == 12345
    assert (fields.doubts, len(fields.remarks)) == ([], 1)


@pytest.mark.parametrize("raw", [True, "abc", "", [], {}, float("inf"), float("nan"), 10**30, "9" * 40, "1e5", "0x10"])
def test_what_is_no_number_is_not_guessed(raw: Any) -> None:
    fields = Lenient({"meterStop": raw})
    assert fields.integer("meterStop") is None
    assert len(fields.doubts) == 1


@given(st.integers(-LARGEST_INT + 1, LARGEST_INT - 1))
def test_whole_numbers_are_exact_in_every_spelling(number: int) -> None:
    for raw in (number, float(number), str(number)):
        assert Lenient({"x": raw}).integer("x") == Lenient({"x": raw}).energy_wh("x") == number
    assert Lenient({"x": number}).doubts == []


@given(JSON)
def test_every_reader_takes_any_json(raw: Any) -> None:
    for read in ("integer", "energy_wh", "moment", "objects"):
        getattr(Lenient({"x": raw}), read)("x")
    Lenient({"x": raw}).text("x", 20)
    Lenient({"x": raw}).choice("x", frozenset({"a"}), absent="b", unknown="c")


@given(JSON)
def test_doubts_are_short_and_printable(raw: Any) -> None:
    assert quoted(raw).isprintable()
    assert len(quoted(raw)) <= 60


def test_only_energy_has_a_unit() -> None:
    assert Lenient({"connectorId": "1 kWh"}).integer("connectorId") is None


def test_text_that_is_too_long_stays_whole() -> None:
    fields = Lenient({"idTag": "X" * 21})
    assert fields.text("idTag", 20) == "X" * 21
    assert fields.doubts == ["idTag has 21 characters, more than the 20 allowed"]


def test_a_number_as_text_is_its_spelling() -> None:
    assert Lenient({"idTag": 1234}).text("idTag", 20) == "1234"


@pytest.mark.parametrize(("said", "read"), [("Boredom", "Other"), ("powerloss", "PowerLoss"), (7, "Other")])
def test_an_unknown_choice_is_replaced_and_said(said: Any, read: str) -> None:
    fields = Lenient({"reason": said})
    assert fields.choice("reason", frozenset({"Local", "PowerLoss"}), absent="Local", unknown="Other") == read
    assert (fields.doubts, fields.remarks) == ([], [f"reason {said!r} is not one that OCPP knows"])


def test_what_no_bill_depends_on_is_no_doubt() -> None:
    fields = Lenient({"idTag": None})
    assert fields.aside.text("idTag", 20) is None
    assert (fields.doubts, fields.remarks) == ([], ["idTag is missing"])


def test_moments_are_utc() -> None:
    assert Lenient({"at": "2026-05-01T12:00:00+02:00"}).moment("at") == datetime(2026, 5, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw", ["2026-05-01 12:00:00+02", "2026-05-01T10:00Z", "2026-05-01 10:00:00.0000000", "2026-05-01 10:00:00 Z"]
)
def test_moments_that_can_mean_one_thing_only_are_read(raw: str) -> None:
    fields = Lenient({"at": raw})
    assert fields.moment("at") == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert (fields.doubts, len(fields.remarks)) == ([], 1)


@pytest.mark.parametrize("raw", ["yesterday", "2026-05-01", 0, None, "0001-01-01T00:00:00+14:00"])
def test_what_is_no_moment_is_none_with_a_doubt(raw: Any) -> None:
    fields = Lenient({"at": raw})
    assert fields.moment("at") is None
    assert len(fields.doubts) == 1


def test_objects_share_their_doubts_and_leave_out_the_rest() -> None:
    fields = Lenient({"meterValue": [{"timestamp": 1}, "noise"]})
    (good,) = fields.objects("meterValue")
    good.moment("timestamp")
    assert fields.doubts == ["meterValue is not a list of objects", "timestamp 1 is not a date and time"]


def test_a_single_object_is_taken_for_a_list_of_one() -> None:
    assert [item.payload for item in Lenient({"meterValue": {"a": 1}}).objects("meterValue")] == [{"a": 1}]
