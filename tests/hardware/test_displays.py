"""Displays on a bus whose every byte takes its time: what they show, how fast they are written, and how much."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware import i2c
from hardware.indicators import hd44780, ssd1306
from hardware.indicators.letters import DRAWN, LETTERS
from hardware.indicators.ssd1306 import pictures
from hardware.ports import Signal
from tests.hardware.lcd import Lcd
from tests.hardware.oled import Oled

TEXTS = ("Present a card", "Charging: 12.345 kWh so far", "Call for help: the emergency stop is pressed", "Ready")


@dataclass
class Bus:
    """One device on a bus of so many Hz; an address takes as long as a byte, with its acknowledgement."""

    device: Lcd | Oled
    hz: int = 400_000
    now_us: float = 0.0
    messages: list[bytes] = field(default_factory=list)

    @property
    def byte_us(self) -> float:
        return 9 / self.hz * 1e6

    def writeto(self, address: int, message: bytes) -> None:
        self.messages.append(message)
        self.now_us += self.byte_us
        if isinstance(self.device, Lcd):
            self.device.take(message, self.now_us, self.byte_us)
        else:
            self.device.take(message)
        self.now_us += self.byte_us * len(message)

    def sleep(self, seconds: float) -> None:
        self.now_us += seconds * 1e6

    def close(self) -> None: ...


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    """A bus; the display is hung on it afterwards."""
    bus = Bus(Lcd())
    monkeypatch.setattr(i2c, "I2cBus", lambda number: bus)
    monkeypatch.setattr(hd44780, "time", bus)
    yield bus


@pytest.mark.parametrize("hz", [100_000, 400_000])
@pytest.mark.parametrize("left", [Lcd(), Lcd(four_lines=True), Lcd(four_lines=True, half=0x4)], ids=str)
def test_a_character_display_loses_nothing_though_its_oscillator_is_slow(wired: Bus, hz: int, left: Lcd) -> None:
    wired.device = left = replace(left, letters={})
    wired.hz = hz
    screen = hd44780.Letters(hd44780.Settings(columns=20, rows=4))
    for text in (*TEXTS, TEXTS[0]):
        for page in screen.pages(text):
            screen.draw(page, 100)
            assert [line for line in left.rows(20) if line] == page
    assert left.lost == 0


def test_a_character_display_that_is_written_too_fast_does_lose_letters(wired: Bus) -> None:
    """What the test above would see: a faster bus, or halves that do not wait after power-on."""
    display = wired.device = Lcd()
    wired.hz = 1_000_000
    hd44780.Letters(hd44780.Settings()).draw(["Ready"], 100)
    assert display.lost > 0


def test_halves_that_do_not_wait_after_power_on_are_lost(wired: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    display = wired.device = Lcd()
    monkeypatch.setattr(hd44780, "SETTLED_S", 0.003)
    hd44780.Letters(hd44780.Settings()).draw(["Ready"], 100)
    assert display.lost > 0


@pytest.mark.parametrize("height", [64, 32])
@pytest.mark.parametrize("controller", ["ssd1306", "sh1106"])
async def test_an_oled_shows_the_text_on_whatever_was_there(wired: Bus, height: int, controller: str) -> None:
    oled = wired.device = Oled(height, hidden=2 if controller == "sh1106" else 0)
    display = ssd1306.make(ssd1306.Settings(height=height, controller=controller))  # type: ignore[arg-type]
    assert oled.points() is None
    await display.show(Signal.READY, "Present a card")
    assert (oled.text(2), oled.contrast) == (["Present a", "card"], 255)
    await display.show(Signal.READY, "")
    assert oled.text(2) == ["ready"]
    await display.show(Signal.CHARGING, "Charging: 12.345 kWh so far, Zoë, card ends with E6F3", 20)
    assert oled.text(1) == ["Charging: 12.345 kWh", "so far, Zoe, card", "ends with E6F3"]
    assert oled.contrast == 51
    await display.show(Signal.READY, "x", 0)
    assert not oled.on
    await display.close()
    assert not oled.on


def test_an_update_costs_so_many_bytes(wired: Bus) -> None:
    wired.device = Oled()
    screen = ssd1306.Points(ssd1306.Settings())
    for text in TEXTS:
        wired.messages, wired.now_us = [], 0.0
        screen.draw(screen.pages(text)[0], 100)
        assert sum(map(len, wired.messages)) == 22 + 8 * (4 + 129) + 4
        assert wired.now_us < 25_500


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"], exclude_characters="-"), max_size=60))
def test_every_letter_can_be_read_back(text: str) -> None:
    for height in (64, 32):
        read = ""
        for page in pictures(text, height):
            oled = Oled(height)
            for number, row in enumerate(page):
                oled.memory[number][:128] = list(row)
            oled.on, oled.flags = True, {0xA1, 0xC8, 0x40, 0xA4, 0xA6}
            oled.settings |= {0x8D: (0x14,), 0xDA: (ssd1306.PINS[height],), 0xA8: (height - 1,), 0xD3: (0,)}
            large = oled.text(2)
            read += "".join(oled.text(1) if any("¿" in line for line in large) else large)
        assert read == text


def test_no_two_letters_look_alike() -> None:
    assert len(set(LETTERS.values())) == len(LETTERS) == 95
    assert {len(token) for token in DRAWN.split()} == {5}


@pytest.mark.parametrize(
    ("text", "height", "sizes"),
    [
        ("Ready", 64, 1),
        ("Connect the car or present a card please", 64, 1),
        ("word " * 60, 64, 2),
        ("Unavailable!", 64, 1),
        ("x" * 300, 32, 4),
    ],
)
def test_a_text_takes_as_many_pages_as_it_must(text: str, height: int, sizes: int) -> None:
    assert len(pictures(text, height)) == sizes
