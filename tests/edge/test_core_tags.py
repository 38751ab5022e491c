"""Which card may charge: list, cache, expiry, offline, and remote start."""

from datetime import UTC, datetime, timedelta

import pytest

from edge.core.facts import SessionStarted
from edge.core.values import Status, TagInfo, TagStatus, Vehicle
from tests.edge.laboratory_parts import ACCEPTED
from tests.edge.scene import BAD, OTHER, TAG, Scene

BLOCKED = TagInfo(TagStatus.BLOCKED)
FAMILY = TagInfo(TagStatus.ACCEPTED, parent="FAMILY")
BEGAN = datetime(2026, 11, 21, tzinfo=UTC)
EXPIRED = TagInfo(TagStatus.ACCEPTED, expires_at=BEGAN)


def plugged(**configuration: object) -> Scene:
    """A car waits for a card."""
    scene = Scene(**configuration)
    scene.see(1, Vehicle.ASKING)
    return scene


def begins(scene: Scene, tag: str, *, answer_lost: bool = False) -> bool:
    """Present a card; whether a session begins."""
    scene.present(tag)
    scene.answer(lost=answer_lost)
    scene.advance(3_000)
    return bool(scene.facts(SessionStarted))


# --- who may start (section 4.1 of the rows: local list, cache, online, offline)


@pytest.mark.parametrize("status", [TagStatus.BLOCKED, TagStatus.EXPIRED, TagStatus.INVALID])
def test_a_card_that_the_central_system_refuses_does_not_charge(status: TagStatus) -> None:
    scene = plugged()
    scene.office.verdicts[TAG] = TagInfo(status)
    assert not begins(scene, TAG)
    assert scene.status() is Status.PREPARING
    assert status in scene.shown().text
    scene.advance(5_000)
    assert scene.shown().text == "Present a card"


def test_a_known_card_is_still_asked_about_unless_it_may_start_at_once() -> None:
    scene = plugged(LocalPreAuthorize="false")
    scene.knows(TAG)
    scene.present(TAG)
    assert scene.asked == [TAG]


def test_with_local_pre_authorize_a_known_card_starts_without_asking() -> None:
    scene = plugged(LocalPreAuthorize="true")
    scene.knows(TAG)
    scene.present(TAG)
    scene.advance(2_000)
    assert scene.asked == []
    assert scene.status() is Status.CHARGING


@pytest.mark.parametrize("info", [BLOCKED, EXPIRED])
def test_with_local_pre_authorize_a_bad_entry_is_asked_about(info: TagInfo) -> None:
    scene = plugged(LocalPreAuthorize="true")
    scene.knows(TAG, info)
    scene.present(TAG)
    assert scene.asked == [TAG]


def test_offline_a_listed_card_charges() -> None:
    scene = plugged()
    scene.knows(TAG)
    scene.online(False)
    assert begins(scene, TAG)


@pytest.mark.parametrize("info", [BLOCKED, EXPIRED])
def test_offline_a_bad_entry_is_refused_even_where_strangers_may_charge(info: TagInfo) -> None:
    scene = plugged(AllowOfflineTxForUnknownId="true")
    scene.knows(TAG, info)
    scene.online(False)
    assert not begins(scene, TAG)


def test_offline_a_card_that_charged_before_charges_again_also_after_a_crash() -> None:
    scene = Scene()
    scene.charge(tag=TAG)
    scene.tap(TAG)
    scene.advance(5_000)
    scene.online(False)
    scene.crash()
    scene.see(1, Vehicle.ABSENT)
    scene.see(1, Vehicle.ASKING)
    scene.present(TAG)
    scene.advance(5_000)
    assert len(scene.facts(SessionStarted)) == 2


def test_offline_a_cached_card_is_refused_where_the_cache_is_off_or_cards_are_not_accepted_offline() -> None:
    for key in ("AuthorizationCacheEnabled", "LocalAuthorizeOffline"):
        scene = Scene()
        scene.learns(TAG)
        scene.online(False)
        scene.configure(key, "false")
        scene.see(1, Vehicle.ASKING)
        assert not begins(scene, TAG), key


def test_offline_a_stranger_charges_only_where_that_is_allowed() -> None:
    for allowed in (False, True):
        scene = plugged(AllowOfflineTxForUnknownId=str(allowed))
        scene.online(False)
        assert begins(scene, TAG) is allowed


def test_an_unanswered_question_counts_as_offline() -> None:
    scene = plugged()
    scene.knows(TAG)
    assert begins(scene, TAG, answer_lost=True)
    scene = plugged()
    assert not begins(scene, OTHER, answer_lost=True)
    assert "cannot be reached" in scene.shown().text


def test_a_question_that_nobody_ever_answers_is_given_up() -> None:
    scene = plugged()
    scene.present(TAG)
    assert scene.shown().text == "Checking the card"
    scene.present(TAG)
    assert scene.asked == [TAG], "one question at a time"
    scene.advance(100_000)
    scene.present(TAG)
    assert scene.asked == [TAG, TAG]


def test_the_list_beats_the_cache() -> None:
    scene = Scene()
    scene.learns(OTHER)
    scene.knows(OTHER, BLOCKED)
    scene.online(False)
    scene.see(1, Vehicle.ASKING)
    assert not begins(scene, OTHER)


def test_an_entry_expires_while_it_waits() -> None:
    scene = Scene()
    scene.knows(TAG, TagInfo(TagStatus.ACCEPTED, expires_at=BEGAN + timedelta(minutes=1)))
    scene.online(False)
    scene.advance(61_000)
    scene.see(1, Vehicle.ASKING)
    assert not begins(scene, TAG)


def test_a_cleared_cache_knows_nobody_but_the_list_stays() -> None:
    scene = Scene()
    scene.tap(OTHER)
    scene.knows(TAG)
    scene.clear_cache()
    assert scene.reply() == "Accepted"
    assert dict(scene.loop.station.cache) == {}
    assert dict(scene.loop.station.local_list) == {TAG: ACCEPTED}


def test_a_listed_card_is_not_cached() -> None:
    scene = Scene()
    scene.knows(TAG)
    scene.learns(TAG)
    scene.learns(OTHER)
    assert list(scene.loop.station.cache) == [OTHER]


def test_a_full_cache_forgets_the_refused_before_the_oldest() -> None:
    scene = Scene()
    scene.learns(BAD)
    for number in range(499):
        scene.learns(f"TAG{number}")
    scene.learns("NEW1")
    assert BAD not in scene.loop.station.cache
    scene.learns("NEW2")
    assert "TAG0" not in scene.loop.station.cache
    assert len(scene.loop.station.cache) == 500


# --- remote start (section 4.4)


def test_a_remote_start_for_a_refused_card_is_accepted_but_starts_nothing() -> None:
    scene = plugged()
    scene.remote_start(1, BAD)
    assert scene.reply() == "Accepted"
    scene.answer(lost=False)
    scene.advance(3_000)
    assert scene.facts(SessionStarted) == []


def test_a_remote_start_for_a_known_card_does_not_ask_where_it_may_start_at_once() -> None:
    scene = plugged(LocalPreAuthorize="true")
    scene.knows(TAG)
    scene.remote_start(1, TAG)
    scene.advance(3_000)
    assert scene.asked == []
    assert scene.status() is Status.CHARGING


def test_a_remote_start_does_not_stop_the_family_session() -> None:
    scene = Scene()
    scene.office.verdicts |= {TAG: FAMILY, OTHER: FAMILY}
    scene.charge(tag=TAG)
    scene.remote_start(1, OTHER)
    assert scene.reply() == "Rejected"
    assert scene.outlets[1].closed


def test_a_remote_start_that_waited_too_long_does_not_stop_the_family_session_that_came_first() -> None:
    scene = plugged(LocalPreAuthorize="true")
    scene.office.verdicts[OTHER] = FAMILY
    scene.knows(TAG, FAMILY)
    scene.remote_start(1, OTHER)
    scene.present(TAG)
    scene.advance(2_000)
    scene.answer(lost=False)
    assert scene.outlets[1].closed
