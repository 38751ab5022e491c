"""What a station is told about a tag."""

from datetime import timedelta

import pytest

from cloud.domain.tags import Tag, TagStatus, masked, refused, tag_key, verdict
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


def test_tags_compare_without_case() -> None:
    assert tag_key("04a1b2") == tag_key("04A1B2")


@pytest.mark.parametrize(("tag", "shown"), [("04A1B2C3D4", "04A1****"), ("abc", "a****"), ("", "****")])
def test_a_log_never_shows_a_whole_tag(tag: str, shown: str) -> None:
    assert masked(tag) == shown
