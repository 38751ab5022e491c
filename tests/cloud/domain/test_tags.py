"""What a station is told about a tag; tags as a file."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.domain import tag_files
from cloud.domain.tags import Tag, TagGroup, TagStatus, masked, refused, state, tag_key, verdict
from tests.cloud.conftest import NOON

SOON, PAST = NOON + timedelta(days=1), NOON - timedelta(seconds=1)
GOOD = Tag(1, "A1", parent="FAMILY", expires_at=SOON)
EXPIRED = Tag(2, "A2", parent="FAMILY", expires_at=PAST)
BLOCKED = Tag(3, "A3", parent="FAMILY", expires_at=SOON, blocked=True)
BOTH = Tag(4, "A4", expires_at=PAST, blocked=True)
JUST_EXPIRED = Tag(5, "A5", expires_at=NOON)


@pytest.mark.parametrize(
    ("tag", "status"),
    [
        (None, TagStatus.INVALID),
        (GOOD, TagStatus.ACCEPTED),
        (EXPIRED, TagStatus.EXPIRED),
        (BLOCKED, TagStatus.BLOCKED),
        (BOTH, TagStatus.BLOCKED),
        (JUST_EXPIRED, TagStatus.EXPIRED),
    ],
)
def test_status(tag: Tag | None, status: TagStatus) -> None:
    assert verdict(tag, NOON).status is status


@pytest.mark.parametrize("tag", [GOOD, EXPIRED, BLOCKED])
def test_parent_and_expiry_are_told_in_every_verdict(tag: Tag) -> None:
    told = [verdict(tag, NOON), refused(verdict(tag, NOON), "busy")]
    assert {(said.parent, said.expires_at) for said in told} == {("FAMILY", tag.expires_at)}


@pytest.mark.parametrize(
    ("tag", "busy", "status"),
    [
        (GOOD, None, TagStatus.ACCEPTED),
        (GOOD, "busy", TagStatus.CONCURRENT_TX),
        (BLOCKED, "busy", TagStatus.BLOCKED),
        (EXPIRED, "busy", TagStatus.EXPIRED),
        (None, "busy", TagStatus.INVALID),
    ],
)
def test_a_busy_tag_is_concurrent_unless_it_is_refused_anyway(
    tag: Tag | None, busy: str | None, status: TagStatus
) -> None:
    assert refused(verdict(tag, NOON), busy, TagStatus.CONCURRENT_TX).status is status


@pytest.mark.parametrize(
    ("blocked", "begins", "ends", "shown"),
    [
        (False, None, None, "may charge"),
        (False, NOON, SOON, "may charge"),
        (False, SOON, None, "not valid yet"),
        (False, None, NOON, "expired"),
        (False, SOON, PAST, "expired"),
        (True, SOON, PAST, "blocked"),
    ],
)
def test_a_tag_is_called_good_only_when_it_may_charge(
    blocked: bool, begins: datetime | None, ends: datetime | None, shown: str
) -> None:
    assert state(blocked, begins, ends, NOON) == shown
    said = verdict(Tag(1, "A1", blocked=blocked, valid_from=begins, expires_at=ends), NOON)
    assert said.accepted == (shown == "may charge")


def test_tags_compare_without_case() -> None:
    assert tag_key("04a1b2") == tag_key("04A1B2")


@pytest.mark.parametrize(("tag", "shown"), [("04A1B2C3D4", "04A1****"), ("abc", "a****"), ("", "****")])
def test_a_log_never_shows_a_whole_tag(tag: str, shown: str) -> None:
    assert masked(tag) == shown


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="\x85"), max_size=12)
TIMES = st.none() | st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
TAGS = st.builds(
    Tag,
    id=st.integers(1, 9),
    id_tag=WORDS.filter(bool) | st.sampled_from(("=1+1", "'=1", "-5", "a,b", 'a"b')),
    parent=st.none() | WORDS.filter(bool),
    expires_at=TIMES,
    valid_from=TIMES,
    blocked=st.booleans(),
    note=WORDS | st.sampled_from(("@SUM(A1)", "''+1", "'")),
    group=st.none() | st.builds(TagGroup, id=st.just(1), name=WORDS.filter(bool)),
    tariff_id=st.none() | st.just(7),
    most_sessions=st.integers(1, 1000),
)


@given(TAGS, st.sampled_from(("UTC", "Europe/Berlin", "America/Santiago")))
@settings(max_examples=60)
def test_a_file_of_tags_is_read_as_it_was_written(tag: Tag, zone: str) -> None:
    written = tag_files.write([tag], {7: "Night, =cheap"}, ZoneInfo(zone))
    line = tag_files.read(written, ZoneInfo(zone))[0]
    assert (line.why, line.id_tag, line.terms) == (None, tag.id_tag, tag_files.terms_of(tag, {7: "Night, =cheap"}))
    cells = [cell for row in csv.reader(StringIO(written)) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_a_line_that_cannot_be_read_still_tells_whose_it_is() -> None:
    told = tag_files.read("tag,blocked,name\nA1,maybe,Ada\nA2,no,Bob\nA2,no,Eve\n", ZoneInfo("UTC"))
    assert [(bool(line.why), line.terms["note"]) for line in told] == [(True, "Ada"), (False, "Bob"), (True, "Eve")]
