"""The PN532's frames and troubles, against a chip that sleeps, tries for ever, and errs."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import ReaderSilent
from hardware.readers import pn532
from hardware.readers.pn532 import cut, framed, uids
from tests.hardware.pn532 import ACK, ERROR, Card, Pn532
from tests.hardware.pn532 import framed as drawn

UID = bytes.fromhex("04A1B2C3D4E5F6")
FIRMWARE_FRAME = bytes.fromhex("0000FF02FED4022A00")
"""GetFirmwareVersion, worked out by hand: D4 + 02 + 2A = 100 hex."""
TROUBLE = r"^the PN532 at {port} {why}: check its supply, that its TX is on RX and its RX on TX, and that both its"


@pytest.fixture
def chip(tmp_path: Path) -> Iterator[Pn532]:
    """A chip that has just got its supply."""
    one = Pn532(tmp_path / "ttyS0")
    yield one
    one.unplug()


@pytest.fixture
def reader(tmp_path: Path, chip: Pn532) -> Iterator[pn532.Pn532]:
    """The driver, on that chip's line."""
    one = pn532.Pn532(str(tmp_path / "ttyS0"))
    yield one
    one.close()


def test_a_frame_is_as_the_manual_draws_it() -> None:
    assert framed(b"\xd4\x02") == FIRMWARE_FRAME == drawn(b"\xd4\x02")
    assert cut(ACK) == (b"", b"\x00")
    assert cut(ERROR) == (b"\x7f", b"\x00")


@given(st.binary(max_size=30), st.binary(min_size=1, max_size=80), st.data())
def test_a_frame_is_found_wherever_it_is_cut_and_whatever_stands_before_it(
    noise: bytes, payload: bytes, data: st.DataObject
) -> None:
    heard = noise.replace(b"\xff", b"") + drawn(payload)
    at = data.draw(st.integers(0, len(heard)))
    found, rest = cut(heard[:at])
    if found is None:
        found, _ = cut(rest + heard[at:])
    assert found == payload


@given(st.binary(min_size=1, max_size=40), st.data())
def test_a_frame_with_a_wrong_bit_is_none_or_awaits_more(payload: bytes, data: st.DataObject) -> None:
    frame = bytearray(drawn(payload))
    frame[data.draw(st.integers(5, len(frame) - 2))] ^= 1 << data.draw(st.integers(0, 7))
    assert cut(bytes(frame))[0] != payload


@pytest.mark.parametrize("length", [4, 7, 10])
def test_numbers_of_every_length_are_whole(reader: pn532.Pn532, chip: Pn532, length: int) -> None:
    for ats in (b"", b"\x78\x80\x70\x02"):
        uid = (UID + UID)[:length]
        chip.field = [Card(uid, sel_res=0x20 if ats else 0x08, ats=ats)]
        assert reader.seen() == [uid]
    chip.field = []
    assert reader.seen() == []


@pytest.mark.parametrize("answer", ["", "00", "0101", "01010004080304A1B2", "01010004080704A1B2"])
def test_what_is_no_whole_number_is_no_card(answer: str) -> None:
    assert uids(bytes.fromhex(answer)) == []


def test_it_is_woken_once_and_then_only_asked_for_cards(reader: pn532.Pn532, chip: Pn532) -> None:
    for _ in range(5):
        reader.seen()
    assert chip.commands == [0x14, 0x02, 0x32, *[0x4A] * 5]
    assert not chip.tries_for_ever


def test_a_chip_that_would_try_for_ever_is_told_not_to(reader: pn532.Pn532, chip: Pn532) -> None:
    """The chip of the manual tries for ever: the guard of the line above, seen from the other side."""
    reader.seen()
    chip.tries_for_ever = True
    with pytest.raises(ReaderSilent, match="does not answer"):
        reader.seen()
    assert reader.seen() == []


def test_after_it_lost_its_supply_it_is_woken_again(reader: pn532.Pn532, chip: Pn532) -> None:
    reader.seen()
    chip.brown_out()
    with pytest.raises(ReaderSilent):
        reader.seen()
    chip.field = [Card(UID)]
    assert reader.seen() == [UID]


def test_every_so_often_without_a_card_it_begins_anew(
    reader: pn532.Pn532, chip: Pn532, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pn532, "RENEW_EVERY", 20)
    for _ in range(pn532.RENEW_EVERY + 1):
        reader.seen()
    assert chip.commands.count(0x14) == 2


def spoilt(frame: bytes) -> bytes:
    return frame[:6] + bytes((frame[6] ^ 1,)) + frame[7:]


@pytest.mark.parametrize(
    ("spoils", "why"),
    [(lambda frame: b"", "does not answer"), (spoilt, "does not answer"), (lambda frame: ERROR, "answers nonsense")],
    ids=["silence", "a wrong sum", "an error frame"],
)
def test_a_chip_that_errs_says_what_to_check(
    reader: pn532.Pn532, chip: Pn532, tmp_path: Path, spoils: Callable[[bytes], bytes], why: str
) -> None:
    reader.seen()
    chip.spoils = spoils
    with pytest.raises(ReaderSilent, match=TROUBLE.format(port=tmp_path / "ttyS0", why=why)):
        reader.seen()
    chip.spoils = bytes
    assert reader.seen() == []


def test_another_chip_is_not_taken_for_it(reader: pn532.Pn532, chip: Pn532) -> None:
    chip.firmware = b"\x33\x01\x00\x07"
    with pytest.raises(ReaderSilent, match="is another chip"):
        reader.seen()


def test_what_lay_in_the_line_is_not_taken_for_an_answer(reader: pn532.Pn532, chip: Pn532) -> None:
    reader.seen()
    os.write(chip._master, ACK + drawn(b"\xd5\x4b" + Card(UID).told))
    assert reader.seen() == []
