"""Moments: written in one form, read in those that stations and central systems use."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bollard.wire import times

ZONES = st.timedeltas(timedelta(hours=-14), timedelta(hours=14)).map(
    lambda d: timezone(timedelta(minutes=d // timedelta(minutes=1)))
)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=ZONES))
def test_a_moment_survives_to_the_millisecond(moment: datetime) -> None:
    written = times.render(moment)
    assert written.endswith("Z")
    assert timedelta() <= moment - times.parse(written) < timedelta(milliseconds=1)


@pytest.mark.parametrize(
    "text",
    ["2026-11-21T10:30:19Z", "2026-11-21T12:30:19.000+02:00", "2026-11-21T10:30:19", "2026-11-21t10:30:19.000000000z"],
)
def test_the_forms_of_the_field_are_read(text: str) -> None:
    assert times.parse(text) == datetime(2026, 11, 21, 10, 30, 19, tzinfo=UTC)


@given(st.text(max_size=40) | st.from_regex(r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([+-]\d\d:\d\d)?\Z"))
def test_anything_else_is_a_value_error(text: str) -> None:
    try:
        moment = times.parse(text)
    except ValueError:
        return
    assert moment.utcoffset() == timedelta()


@pytest.mark.parametrize(
    "text", ["2026-11-21", "2026-W47-6T10:00:00Z", "20261121T103019Z", "0001-01-01T00:00:00+14:00", "now"]
)
def test_other_forms_are_refused(text: str) -> None:
    assert not times.is_moment(text)
