"""The authorization table: who is asked about, starts or is refused, in every row and under every key (OCPP 1.6 section
3.4.1; the reference's section 4)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product

import pytest

from edge.core.events import StartAnswered, StopAnswered
from edge.core.facts import SessionStarted
from edge.core.values import Status, TagInfo, TagStatus, Vehicle
from tests.edge.laboratory_parts import ACCEPTED
from tests.edge.scene import BAD, OTHER, TAG, Scene

PAST = datetime(2026, 11, 1, tzinfo=UTC)
CARDS = {
    "good": ACCEPTED,
    "concurrent": TagInfo(TagStatus.CONCURRENT_TX),
    "blocked": TagInfo(TagStatus.BLOCKED),
    "expired": TagInfo(TagStatus.EXPIRED),
    "past": TagInfo(TagStatus.ACCEPTED, expires_at=PAST),
}
BAD_CARDS = ("blocked", "expired", "past")
ANY = (True, False)
ON, OFF = (True,), (False,)

# where the card is known, which cards, online, LocalPreAuthorize, LocalAuthorizeOffline, AllowOfflineTxForUnknownId
ROWS = [
    ("list", ("good", "concurrent"), ON, ON, ANY, ANY, "start"),
    ("list", ("good", "concurrent"), ON, OFF, ANY, ANY, "ask"),
    ("list", ("good", "concurrent"), OFF, ANY, ON, ANY, "start"),
    ("list", ("good", "concurrent"), OFF, ANY, OFF, ON, "start"),
    ("list", ("good", "concurrent"), OFF, ANY, OFF, OFF, "refuse"),
    ("list", BAD_CARDS, ON, ANY, ANY, ANY, "ask"),
    ("list", BAD_CARDS, OFF, ANY, ANY, ANY, "refuse"),
    ("cache", ("good",), ON, ON, ANY, ANY, "start"),
    ("cache", ("good",), ON, OFF, ANY, ANY, "ask"),
    ("cache", ("good",), OFF, ANY, ON, ANY, "start"),
    ("cache", ("good",), OFF, ANY, OFF, ON, "start"),
    ("cache", ("good",), OFF, ANY, OFF, OFF, "refuse"),
    ("cache", ("concurrent", *BAD_CARDS), ON, ANY, ANY, ANY, "ask"),
    ("cache", ("concurrent", *BAD_CARDS), OFF, ANY, ANY, ANY, "refuse"),
    ("list, bad in the cache", ("good",), OFF, ANY, ON, ANY, "start"),
    ("list, good in the cache", BAD_CARDS, OFF, ANY, ANY, ANY, "refuse"),
] + [
    row
    for nowhere in ("list, switched off", "cache, switched off", "nowhere")
    for row in [
        (nowhere, ("good", "blocked"), ON, ANY, ANY, ANY, "ask"),
        (nowhere, ("good", "blocked"), OFF, ANY, ANY, ON, "start"),
        (nowhere, ("good", "blocked"), OFF, ANY, ANY, OFF, "refuse"),
    ]
]


def cases() -> Iterator[tuple[str, str, bool, bool, bool, bool, str]]:
    for where, cards, online, pre, offline, strangers, outcome in ROWS:
        for card, *keys in product(cards, online, pre, offline, strangers):
            yield where, card, *keys, outcome


def known_at(scene: Scene, where: str, info: TagInfo) -> None:
    """The card is known there, in another spelling of case."""
    if "in the cache" in where:
        scene.remembers(TAG.lower(), CARDS["blocked" if "bad" in where else "good"])
    if where.startswith("list"):
        scene.knows(TAG.lower(), info)
    elif where.startswith("cache"):
        scene.remembers(TAG.lower(), info)
    if "switched off" in where:
        scene.configure("LocalAuthListEnabled" if where.startswith("list") else "AuthorizationCacheEnabled", "false")


def outcome_of(scene: Scene) -> str:
    """What becomes of a presented card."""
    scene.present(TAG)
    if scene.asked:
        return "ask"
    scene.advance(2_000)
    return "start" if scene.facts(SessionStarted) else "refuse"


@pytest.mark.parametrize(("where", "card", "online", "pre", "offline", "strangers", "outcome"), list(cases()))
def test_the_table(
    where: str, card: str, online: bool, pre: bool, offline: bool, strangers: bool, outcome: str
) -> None:
    keys = {"LocalPreAuthorize": pre, "LocalAuthorizeOffline": offline, "AllowOfflineTxForUnknownId": strangers}
    scene = Scene(**keys)
    known_at(scene, where, CARDS[card])
    scene.online(online)
    scene.see(1, Vehicle.ASKING)
    assert outcome_of(scene) == outcome


def test_every_combination_of_the_keys_is_in_the_table() -> None:
    for where, card in {(where, card) for where, card, *_ in cases() if "," not in where}:
        rows = [row[2:6] for row in cases() if row[:2] == (where, card)]
        assert sorted(rows) == sorted(product(ANY, repeat=4)), (where, card)


# --- remote starts (section 4.4)


@pytest.mark.parametrize(("asks", "pre", "known"), list(product(ANY, repeat=3)))
def test_a_remote_start_asks_like_a_tap_or_leaves_the_verdict_to_the_start(asks: bool, pre: bool, known: bool) -> None:
    scene = Scene(AuthorizeRemoteTxRequests=asks, LocalPreAuthorize=pre)
    if known:
        scene.remembers(TAG)
    scene.see(1, Vehicle.ASKING)
    scene.remote_start(1, TAG)
    assert scene.reply() == "Accepted"
    assert scene.asked == ([TAG] if asks and not (pre and known) else [])
    scene.answer(lost=False)
    scene.advance(2_000)
    assert scene.status() is Status.CHARGING


# --- stopping by parent (section 4.3)


@pytest.mark.parametrize(
    ("holder", "pre", "asked"), [("cache", True, []), ("cache", False, [OTHER]), (None, True, [OTHER])]
)
def test_a_parent_is_looked_up_locally_where_a_start_would_be(holder: str | None, pre: bool, asked: list[str]) -> None:
    family = TagInfo(TagStatus.ACCEPTED, parent="FAMILY")
    scene = Scene(LocalPreAuthorize=pre)
    scene.office.verdicts |= {TAG: family, OTHER: family}
    scene.charge(tag=TAG)
    if holder is not None:
        scene.remembers(OTHER, family)
    scene.asked.clear()
    scene.present(OTHER)
    assert scene.asked == asked
    scene.answer(lost=False)
    scene.advance(3_000)
    assert scene.stop().id_tag == OTHER


def test_offline_a_known_relative_stops_and_a_stranger_does_not() -> None:
    family = TagInfo(TagStatus.ACCEPTED, parent="FAMILY")
    scene = Scene(AllowOfflineTxForUnknownId=True)
    scene.office.verdicts[TAG] = family
    scene.charge(tag=TAG)
    scene.remembers(OTHER, family)
    scene.online(False)
    scene.present("STRANGER")
    scene.advance(3_000)
    assert scene.outlets[1].closed
    scene.present(OTHER)
    scene.advance(3_000)
    assert scene.stop().id_tag == OTHER


# --- the cache (section 4.5)


@pytest.mark.parametrize("info", list(CARDS.values()))
def test_every_answer_about_a_tag_is_cached_under_that_tag(info: TagInfo) -> None:
    scene = Scene()
    scene.office.verdicts["asked"] = info
    scene.tap("asked")
    at, seq = scene.now(), 99
    scene.happen(StartAnswered(at, seq, "s", "started", 1, info))
    scene.happen(StopAnswered(at, seq, "s", "stopped", info))
    scene.happen(StopAnswered(at, seq, "s", "unsaid", None))
    scene.happen(StopAnswered(at, seq, "s", None, info))
    cache = scene.loop.station.cache
    assert list(cache) == ["ASKED", "STARTED", "STOPPED"]
    assert {(entry.status, entry.expires_at) for entry in cache.values()} == {(info.status, info.expires_at)}


def test_which_entry_goes_first_is_remembered_through_a_power_cut() -> None:
    scene = Scene()
    scene.remembers("ZOE")
    for number in range(498):
        scene.remembers(f"TAG{number}")
    scene.learns("LAST")
    scene.power_cut(60_000)
    scene.learns("NEW1")
    assert "ZOE" not in scene.loop.station.cache
    scene.learns("NEW2")
    assert "TAG0" not in scene.loop.station.cache
    assert {"LAST", "NEW1", "NEW2"} <= scene.loop.station.cache.keys()


@pytest.mark.parametrize("card", ["concurrent", *BAD_CARDS])
def test_a_full_cache_forgets_any_entry_that_is_not_valid_before_an_older_valid_one(card: str) -> None:
    scene = Scene()
    scene.remembers("OLDEST")
    scene.remembers(BAD, CARDS[card])
    for number in range(498):
        scene.remembers(f"TAG{number}")
    scene.tap("NEW")
    assert len(scene.loop.station.cache) == 500
    assert BAD not in scene.loop.station.cache
    assert "OLDEST" in scene.loop.station.cache


def test_a_bad_verdict_replaces_a_good_one_and_the_other_way_round() -> None:
    scene = Scene()
    scene.remembers(TAG)
    scene.office.verdicts[TAG] = CARDS["blocked"]
    scene.tap(TAG)
    assert scene.loop.station.cache[TAG].status is TagStatus.BLOCKED
    scene.office.verdicts[TAG] = ACCEPTED
    scene.tap(TAG)
    assert scene.loop.station.cache[TAG].status is TagStatus.ACCEPTED


def test_an_accepted_answer_that_has_expired_is_refused_as_expired() -> None:
    scene = Scene()
    scene.office.verdicts[TAG] = CARDS["past"]
    scene.see(1, Vehicle.ASKING)
    scene.tap(TAG)
    scene.advance(2_000)
    assert scene.facts(SessionStarted) == []
    assert scene.shown().text == "The central system says of the card: Expired"


# --- MaxEnergyOnInvalidId (section 4.2)


@pytest.mark.parametrize("stops", ANY)
def test_a_crash_gives_no_further_energy_to_a_refused_card(stops: bool) -> None:
    scene = Scene(AllowOfflineTxForUnknownId=True, StopTransactionOnInvalidId=stops, MaxEnergyOnInvalidId=60)
    scene.online(False)
    scene.see(1, Vehicle.ASKING)
    scene.present(BAD)
    scene.advance(3_000)
    scene.online(True)
    scene.deliver_all()
    refused_at_wh = scene.outlets[1].register_wh
    for _ in range(8):
        scene.advance(4_000)
        scene.crash()
    scene.advance(10_000)
    assert (scene.connector().session is None) is stops
    assert not scene.outlets[1].closed
    assert 20 <= scene.outlets[1].register_wh - refused_at_wh <= 60
