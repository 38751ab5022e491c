"""The MFRC522 driver over the chip's registers and cards in its field."""

from collections.abc import Callable
from itertools import islice
from random import Random

import pytest

from hardware.readers import iso14443
from hardware.readers.mfrc522 import CHECK_EVERY, RENEW_EVERY, Chip, Mfrc522
from tests.hardware.mfrc522.card import Card, crc_a
from tests.hardware.mfrc522.desk import Desk, mixed_uids

UID4, UID7, UID10 = bytes.fromhex("DEADBEEF"), bytes.fromhex("04A1B2C3D4E5F6"), bytes.fromhex("04112233445566778899")
NEIGHBOUR = bytes.fromhex("04A1B2FFFFFFFF")


def tap_many(desk: Desk, number: int) -> None:
    """So many taps; each is said once, as what it is."""
    random = Random(7)
    for uid in islice(mixed_uids(random), number):
        assert desk.tap(uid, rounds=random.randint(1, 3)) == [uid]


def test_a_thousand_taps_none_misread_missed_or_doubled() -> None:
    tap_many(Desk(), 1_000)


@pytest.mark.soak
def test_ten_thousand_taps_none_misread_missed_or_doubled() -> None:
    tap_many(Desk(), 10_000)


@pytest.mark.parametrize("uid", [UID4, UID7, UID10])
def test_a_card_that_stays_is_one_tap_and_its_field_stays_on(uid: bytes) -> None:
    desk = Desk()
    assert desk.tap(uid, rounds=3 * RENEW_EVERY) == [uid]
    assert desk.model.resets == 1


def test_a_card_comes_again_after_three_misses() -> None:
    desk = Desk()
    for gone, said in ((2, []), (3, [UID7])):
        desk.tap(UID7)
        desk.model.field = [Card(UID7)]
        desk.rounds(1)
        desk.model.field = []
        desk.rounds(gone)
        desk.model.field = [Card(UID7)]
        assert desk.rounds(2) == said


@pytest.mark.parametrize("pair", [(UID4, UID7), (UID7, NEIGHBOUR), (UID7, UID10), (UID4, bytes.fromhex("DEADBEEE"))])
def test_two_cards_at_once_are_two_taps_whoever_leaves_first(pair: tuple[bytes, bytes]) -> None:
    desk = Desk()
    cards = [Card(uid) for uid in pair]
    desk.model.field = [*cards]
    assert sorted(desk.rounds(5)) == sorted(pair)
    desk.model.field = cards[:1]
    assert desk.rounds(5) == []
    desk.model.field = [*cards]
    assert desk.rounds(5) == [pair[1]]


def test_random_pairs_are_told_apart() -> None:
    desk, uids = Desk(), mixed_uids(Random(3))
    for one, other in islice(zip(uids, uids, strict=False), 200):
        assert sorted(desk.tap(one, other)) == sorted((one, other))


def test_a_card_that_leaves_in_the_middle_is_nobody_else() -> None:
    for patience in range(1, 12):
        desk = Desk()
        desk.model.field = [Card(UID10, patience)]
        assert desk.rounds(5) in ([], [UID10])


class WrongCheck(Card):
    """A card whose check byte is wrong, and that does not mind."""

    @property
    def parts(self) -> list[bytes]:
        return [part[:4] + bytes((part[4] ^ 1,)) for part in super().parts]


def test_a_wrong_check_byte_is_no_card() -> None:
    desk = Desk()
    desk.model.field = [WrongCheck(UID7)]
    assert desk.rounds(5) == []


def test_noise_makes_no_other_card_of_one() -> None:
    desk, uids = Desk(), mixed_uids(Random(5))
    desk.model.noise = 0.05
    for uid in islice(uids, 300):
        assert set(desk.tap(uid, rounds=8)) == {uid}


def test_idle_polling_is_below_a_hundred_transfers_a_second() -> None:
    desk = Desk()
    desk.rounds(1)
    since_s, transfers = desk.clock.now_s, desk.model.transfers
    while desk.clock.now_s < since_s + 600:
        desk.round()
    assert 40 < (desk.model.transfers - transfers) / (desk.clock.now_s - since_s) < 80


class NeverChecked(Mfrc522):
    """A driver that trusts its chip once it has begun."""

    def _well(self) -> Chip:
        if self._chip is None:
            self._empty = 0
            self._chip = self._opened()
            self._chip.reset()
        return self._chip


def dim(desk: Desk) -> None:
    desk.model.dim()


def deafen(desk: Desk) -> None:
    desk.model.deaf = True


@pytest.mark.parametrize(("fails", "within"), [(dim, CHECK_EVERY), (deafen, RENEW_EVERY)])
def test_a_chip_that_goes_deaf_hears_again(fails: Callable[[Desk], None], within: int) -> None:
    assert hears_again(Desk(), fails, within)
    assert not hears_again(Desk(NeverChecked), fails, within)


def hears_again(desk: Desk, fails: Callable[[Desk], None], within: int) -> bool:
    assert desk.tap(UID7) == [UID7]
    fails(desk)
    return desk.rounds(within) == [] and desk.tap(UID4) == [UID4]


def stick(desk: Desk) -> None:
    desk.model.stuck = True


def brown_out(desk: Desk) -> None:
    desk.model.brown_out()


@pytest.mark.parametrize("fails", [stick, brown_out])
def test_a_chip_that_hangs_says_so_and_is_begun_anew(fails: Callable[[Desk], None]) -> None:
    desk = Desk()
    desk.rounds(1)
    fails(desk)
    desk.rounds(1)
    assert ["hangs: check" in trouble for trouble in desk.troubles] == [True]
    assert desk.tap(UID7) == [UID7]


@pytest.mark.parametrize("floats", [0x00, 0xFF])
def test_a_chip_that_is_not_there_says_what_to_check_and_may_come_later(floats: int) -> None:
    desk = Desk()
    desk.model.floats = floats
    desk.rounds(1)
    assert desk.troubles[0].startswith("the MFRC522 cannot be read: /dev/null does not answer: check its wiring")
    desk.model.floats = None
    assert desk.tap(UID7) == [UID7]
    desk.model.floats = floats
    desk.rounds(CHECK_EVERY)
    assert len(desk.troubles) > 1


def test_an_outage_with_a_card_that_stays_is_no_second_tap() -> None:
    desk = Desk()
    desk.model.field = [Card(UID7)]
    assert desk.rounds(3) == [UID7]
    desk.model.floats = 0
    desk.rounds(CHECK_EVERY)
    desk.model.floats = None
    assert desk.troubles
    assert desk.rounds(10) == []


class Truncating(Mfrc522):
    """What a known package does: it selects by the first cascade level only."""

    def seen(self) -> list[bytes]:
        chip = self._well()
        if chip.exchange(bytes((iso14443.WUPA,)), iso14443.WUPA_BITS) is None:
            return []
        answer = chip.exchange(bytes((0x93, 0x20)))
        chip.exchange(bytes((0x93, 0x20)))
        return [answer.data[:4]] if answer else []


def test_reading_only_the_first_level_takes_strangers_for_each_other() -> None:
    assert Desk(Truncating).tap(UID7, rounds=1) == Desk(Truncating).tap(NEIGHBOUR, rounds=1)
    with pytest.raises(AssertionError):
        tap_many(Desk(Truncating), 10)


class Unhalted(Mfrc522):
    """A driver that leaves its cards selected."""

    misses = 1

    def seen(self) -> list[bytes]:
        chip = self._well()
        selection = iso14443.Selection(chip, 1)
        return [selection._uid()] if chip.exchange(bytes((iso14443.WUPA,)), iso14443.WUPA_BITS) else []


def test_a_card_left_selected_answers_every_other_time_only() -> None:
    assert len(Desk(Unhalted).tap(UID7, rounds=10)) == 5


@pytest.mark.parametrize("data", [b"\x00\x00", b"\x12\x34", b"\x50\x00", UID10])
def test_the_crc_is_the_standards(data: bytes) -> None:
    assert iso14443.crc_a(data) == crc_a(data)
    assert iso14443.crc_a(b"\x00\x00") == b"\xa0\x1e"
    assert iso14443.crc_a(b"\x12\x34") == b"\x26\xcf"
