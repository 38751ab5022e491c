"""The port of card readers, on every driver: one tap a card, and what keeps a reader from reading."""

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.catalogue import READERS, make_reader
from hardware.errors import LibraryMissing
from hardware.ports import Part, TagReader, Tap
from hardware.readers import polled, rdm6300, serial_lines
from hardware.readers.forms import Form, number, written
from tests.hardware.reader_benches import (
    REAL,
    KeyboardBench,
    LinesBench,
    Mfrc522Bench,
    ReaderBench,
    SimulatedBench,
    real_bench,
    simulated_here,
)  # fmt: skip

UID = bytes.fromhex("04A1B2C3D4E5F6")


@pytest.fixture(params=REAL)
def real(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ReaderBench]:
    """Each real driver."""
    monkeypatch.setattr(polled, "RETRY_S", 0.02)
    with real_bench(request.param, monkeypatch, tmp_path) as bench:
        yield bench


@pytest.fixture(params=["here", "process", *REAL])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ReaderBench]:
    """Every driver."""
    if request.param == "here":
        with simulated_here() as bench:
            yield bench
    elif request.param == "process":
        yield SimulatedBench(request.getfixturevalue("process_bench"))
    else:
        with real_bench(request.param, monkeypatch, tmp_path) as bench:
            yield bench


class Desk:
    """A reader that is listened to."""

    def __init__(self, reader: TagReader) -> None:
        self.reader = reader
        self.taps: list[Tap] = []
        self._task = asyncio.create_task(self._listen())

    async def until(self, happened: Callable[[], bool]) -> None:
        """Wait for it; TimeoutError after ten seconds."""
        async with asyncio.timeout(10):
            while not happened():
                await asyncio.sleep(0.01)

    async def close(self) -> None:
        """Cancelled while it waits, then closed."""
        self._task.cancel()
        await asyncio.wait({self._task})
        await self.reader.close()

    async def _listen(self) -> None:
        async for tap in self.reader.taps():
            self.taps.append(tap)


async def listening(bench: ReaderBench, **settings: object) -> Desk:
    desk = Desk(make_reader(Part(bench.part.driver, {**bench.part.settings, **settings})))
    await asyncio.sleep(0.1)
    await bench.heard()
    return desk


async def test_each_card_is_one_tap_each_time_it_comes(kind: ReaderBench) -> None:
    await kind.hold(kind.uids[0])
    desk = await listening(kind)
    before_ms = time.monotonic_ns() // 1_000_000
    held = [*kind.uids, kind.uids[0], kind.uids[0]]
    for place, uid in enumerate(held, 1):
        await kind.hold(uid)
        await desk.until(lambda place=place: len(desk.taps) >= place)  # type: ignore[misc]
    await desk.close()
    assert [tap.id_tag for tap in desk.taps] == [uid.hex().upper() for uid in held]
    at_ms = [tap.at_ms for tap in desk.taps]
    assert before_ms <= at_ms[0] and at_ms == sorted(at_ms)
    assert desk.reader.trouble is None


async def test_a_reader_that_is_unplugged_says_what_to_check_and_reads_again(real: ReaderBench) -> None:
    desk = await listening(real)
    real.unplug()
    await desk.until(lambda: desk.reader.trouble is not None)
    assert ": check " in str(desk.reader.trouble)
    real.plug()
    await desk.until(lambda: desk.reader.trouble is None)
    await real.hold(real.uids[0])
    await desk.until(lambda: bool(desk.taps))
    await desk.close()
    assert [tap.id_tag for tap in desk.taps] == [real.uids[0].hex().upper()]


async def test_a_reader_that_is_not_there_at_first_may_come(real: ReaderBench) -> None:
    real.unplug()
    desk = await listening(real)
    assert desk.reader.trouble is not None
    real.plug()
    await desk.until(lambda: desk.reader.trouble is None)
    await desk.close()


async def test_the_form_of_an_id_tag_is_a_setting(real: ReaderBench) -> None:
    desk = await listening(real, form="decimal-reversed")
    await real.hold(real.uids[0])
    await desk.until(lambda: bool(desk.taps))
    await desk.close()
    assert desk.taps[0].id_tag == f"{int.from_bytes(real.uids[0], 'little'):010}"


async def test_a_reader_that_types_is_taken_from_all_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bench = KeyboardBench(monkeypatch, tmp_path)
    desk = await listening(bench, writes="decimal")
    bench.type(*(79, 80, 81, 75, 76, 77, 71, 72, 73, 82), 42, 16, 96)
    await desk.until(lambda: bool(desk.taps))
    await desk.close()
    assert bench.asked == [(0x40044590, 1)]
    assert [tap.id_tag for tap in desk.taps] == [f"{1_234_567_890:08X}"]
    bench.unplug()


async def test_the_chip_is_asked_where_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Mfrc522Bench(monkeypatch)
    await (await listening(bench)).close()
    assert bench.opened == [(0, 1)]


def test_a_missing_library_is_named_with_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spidev", None)
    with pytest.raises(LibraryMissing, match=r"mfrc522 needs the package spidev .*: type `make pi`"):
        READERS.make(Part("mfrc522"))


@pytest.mark.parametrize(
    ("form", "id_tag"),
    [
        ("hex", "04A1B2C3D4E5F6"),
        ("hex-reversed", "F6E5D4C3B2A104"),
        ("decimal", "1303689068602870"),
        ("decimal-reversed", "69495546249912580"),
    ],
)
def test_the_forms_of_one_card(form: Form, id_tag: str) -> None:
    assert written(UID, form) == id_tag
    assert number(id_tag, form) == UID


@given(st.sampled_from((4, 5, 7, 10)).flatmap(lambda n: st.binary(min_size=n, max_size=n)))
def test_hex_says_every_card_and_comes_back(uid: bytes) -> None:
    for form in ("hex", "hex-reversed"):
        assert number(written(uid, form), form) == uid  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "04A1B2", "04 A1 B2 C3", "4A1B2C3", "04A1B2CG", "٠٤A1B2C3", "0" * 22])
def test_what_is_no_number_of_a_card_is_none(text: str) -> None:
    assert number(text, "hex") is None


def test_an_rdm6300_frame_with_a_wrong_check_is_passed_over() -> None:
    good = b"\x021A003C2F5B52\x03"
    assert rdm6300.cut(good) == ([bytes.fromhex("1A003C2F5B")], b"")
    assert rdm6300.cut(good.replace(b"52", b"53")) == ([], b"")
    assert rdm6300.cut(b"5B52\x03" + good[:9]) == ([], good[:9])
    assert rdm6300.cut(good[:6] + good + b"\x02")[0] == [bytes.fromhex("1A003C2F5B")]
    assert rdm6300.cut(b"\x021A003C2F5B52\r\n\x03")[0] == [bytes.fromhex("1A003C2F5B")]


@given(st.binary(max_size=40), st.integers(0, 60), st.binary(max_size=20))
def test_an_rdm6300_frame_is_found_wherever_it_is_cut(before: bytes, at: int, behind: bytes) -> None:
    heard = before.replace(b"\x02", b"") + b"\x021A003C2F5B52\x03" + behind.replace(b"\x02", b"")
    first, rest = rdm6300.cut(heard[:at])
    second, _ = rdm6300.cut(rest + heard[at:])
    assert first + second == [bytes.fromhex("1A003C2F5B")]


@pytest.mark.parametrize(
    ("writes", "line"),
    [
        ("hex", b"04A1B2C3D4E5F6\r\n"),
        ("hex", b"04:a1:b2:c3:d4:e5:f6\n"),
        ("hex", b"\x0204A1B2C3D4E5F6\r\n\x03"),
        ("hex-reversed", b" F6-E5-D4-C3-B2-A1-04\r"),
        ("decimal", b"1303689068602870\r\n"),
        ("decimal-reversed", b"69495546249912580\r\n"),
    ],
)
def test_lines_are_understood_as_the_reader_writes_them(writes: Form, line: bytes) -> None:
    assert serial_lines.lines(writes)(line) == ([UID], b"")


async def test_what_is_cut_off_at_the_beginning_or_by_a_pause_is_no_card(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bench = LinesBench(monkeypatch, tmp_path)
    bench.say(b"C3D4E5F6\r\n")
    desk = await listening(bench)
    for torn in (b"04A1B2", b"C3D4E5F6\r\n", b"0" * 300 + b"04A1B2C3\r\n"):
        bench.say(torn)
        await bench.heard()
    await bench.hold(UID)
    await desk.until(lambda: bool(desk.taps))
    await desk.close()
    bench.unplug()
    assert [tap.id_tag for tap in desk.taps] == ["04A1B2C3D4E5F6"]
