"""The contract of an indicator, on every driver; and what each tells in its own way."""

import inspect
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import pytest

from hardware import catalogue
from hardware.errors import BadPartSettings, HardwareError, I2cFailed
from hardware.gpio import Level
from hardware.indicators.lights import LOOKS, Look, beats
from hardware.indicators.text import pages
from hardware.ports import Part, Signal
from tests.hardware.benches import Bench
from tests.hardware.chip import Chip
from tests.hardware.hands import in_hand
from tests.hardware.lcd import Lcd

RED, GREEN, BLUE, BUZZER, BACKPACK, GLASS = 24, 25, 26, 12, 0x27, 0x3C
LIGHTS = {"red": RED, "green": GREEN, "blue": BLUE}
PARTS: dict[str, dict[str, object]] = {
    "lights": LIGHTS,
    "buzzer": {"pin": BUZZER},
    "hd44780": {"address": BACKPACK},
    "ssd1306": {"address": GLASS},
    "several": {"parts": [{"driver": "lights", **LIGHTS}, {"driver": "buzzer", "pin": BUZZER}, {"driver": "hd44780"}]},
}
PATIENCE_S = 10


@dataclass
class Rig:
    """An indicator, and what somebody standing there would notice of it."""

    indicator: Any
    noticed: Callable[[], object]


@contextmanager
def simulated(bench: Bench) -> Iterator[Rig]:
    indicator = catalogue.make_indicator(Part("simulated", bench.spot))
    yield Rig(indicator, lambda: (bench.truth().signal, bench.truth().text, bench.truth().light_percent))


@contextmanager
def wired(pins: Chip, driver: str) -> Iterator[Rig]:
    pins.devices |= {BACKPACK, GLASS}

    def noticed() -> object:
        return [pins.history(pin) for pin in (RED, GREEN, BLUE, BUZZER)], pins.written[-20:]

    with in_hand(pins.environment, "INDICATORS", driver, **PARTS[driver]) as indicator:
        yield Rig(indicator, noticed)


@pytest.fixture(params=["here", "process", *PARTS])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """An indicator of each driver."""
    if request.param in PARTS:
        rigged = wired(request.getfixturevalue("pins"), request.param)
    else:
        rigged = simulated(request.getfixturevalue(f"{request.param}_bench"))
    with rigged as rig:
        yield rig


def lcd(pins: Chip, fresh: Lcd | None = None) -> Lcd:
    """The display after all that was written to it."""
    display = fresh or Lcd()
    for address, message in pins.written:
        if address == BACKPACK:
            display.take(message)
    return display


def soon(condition: Callable[[], bool]) -> bool:
    """Whether it comes true."""
    until_s = time.monotonic() + PATIENCE_S
    while not condition() and time.monotonic() < until_s:
        time.sleep(0.01)
    return condition()


async def done(result: object) -> None:
    if inspect.isawaitable(result):
        await result


async def test_it_shows_every_signal_and_each_change_is_noticed(rig: Rig) -> None:
    for signal in Signal:
        await done(rig.indicator.show(signal, str(signal), 50, 2))
    before = rig.noticed()
    await done(rig.indicator.show(Signal.REFUSED, "Refused", 100, 3))
    assert soon(lambda: rig.noticed() != before)
    await done(rig.indicator.close())


def levels(pins: Chip) -> dict[int, Level]:
    return {pin: pins.level(pin) for pin in LIGHTS.values()}


@pytest.mark.parametrize("active", Level)
def test_lights_shine_in_the_signals_colour_and_are_dark_in_the_end(pins: Chip, active: Level) -> None:
    with in_hand(pins.environment, "INDICATORS", "lights", **LIGHTS, active=active) as lights:
        lights.show(Signal.READY, "")
        assert levels(pins) == {RED: active.other, GREEN: active, BLUE: active.other}
        lights.show(Signal.FAULT, "")
        assert levels(pins) == {RED: active, GREEN: active.other, BLUE: active.other}
        lights.close()
        assert set(levels(pins).values()) == {active.other}


def test_a_dimmed_light_is_switched_on_and_off_many_times_a_second(pins: Chip) -> None:
    with in_hand(pins.environment, "INDICATORS", "lights", green=GREEN) as lights:
        lights.show(Signal.READY, "", 30)
        assert soon(lambda: len(pins.history(GREEN)) > 20)
        lights.show(Signal.READY, "", 0)
        dark = len(pins.history(GREEN))
        assert (pins.level(GREEN), len(pins.history(GREEN))) == (Level.LOW, dark)


def test_a_blinking_light_goes_on_blinking(pins: Chip) -> None:
    with in_hand(pins.environment, "INDICATORS", "lights", red=RED) as lights:
        lights.show(Signal.REFUSED, "")
        assert soon(lambda: len(pins.history(RED)) >= 6)
        lights.show(Signal.READY, "")
        assert soon(lambda: pins.level(RED) is Level.HIGH), "one LED stands in for the colours that are missing"


def test_it_blinks_as_often_as_asked_and_then_is_steady() -> None:
    assert [on for on, _ in beats(LOOKS[Signal.CHECKING], 3)] == [True, False] * 3 + [True]
    assert [on for on, _ in islice(beats(LOOKS[Signal.CHECKING], 0), 5)] == [True, False, True, False, True]
    assert [on for on, _ in beats(Look(("green",)), 0)] == [True]


def test_no_two_signals_look_alike() -> None:
    assert LOOKS.keys() == set(Signal)
    assert len({look[1:] for look in LOOKS.values()}) == len(LOOKS), "one LED tells them apart"


def test_a_buzzer_tells_a_refusal_three_times_and_not_again_for_another_text(pins: Chip) -> None:
    with in_hand(pins.environment, "INDICATORS", "buzzer", pin=BUZZER) as buzzer:
        buzzer.show(Signal.REFUSED, "Card not known")
        assert soon(lambda: len(pins.history(BUZZER)) == 6)
        buzzer.show(Signal.REFUSED, "Card expired")
        buzzer.close()
        assert [level for _, level in pins.history(BUZZER)] == [Level.HIGH, Level.LOW] * 3


@pytest.mark.parametrize("left", [Lcd(), Lcd(four_lines=True), Lcd(four_lines=True, half=0x4)], ids=str)
def test_a_display_reads_the_same_in_whatever_state_it_was(pins: Chip, left: Lcd) -> None:
    pins.devices.add(BACKPACK)
    with in_hand(pins.environment, "INDICATORS", "hd44780", columns=20, rows=4) as display:
        display.show(Signal.CHARGING, "Charging: 12.3 kWh so far, Zoë")
        assert soon(lambda: lcd(pins, replace(left)).rows(20) == ["Charging: 12.3 kWh", "so far, Zoe", "", ""])
        assert (lcd(pins, left).lit, left.on) == (True, True)
        display.show(Signal.READY, "", 0)
        assert soon(lambda: lcd(pins).rows(20) == ["ready", "", "", ""])
        assert not lcd(pins).lit


def test_a_long_text_is_shown_in_pages() -> None:
    assert pages("Ready: connect the car or present a card", 16, 2) == [
        ["Ready: connect", "the car or"],
        ["present a card"],
    ]


def test_a_display_that_is_not_there_is_named_with_what_to_check(pins: Chip) -> None:
    with in_hand(pins.environment, "INDICATORS", "hd44780", address=0x3F) as display:
        with pytest.raises(I2cFailed, match=r"I2C device 0x3f: it does not answer .*check its supply"):
            display.show(Signal.READY, "")
        pins.devices.add(0x3F)
        display.show(Signal.READY, "")


def test_of_several_one_that_fails_does_not_keep_the_others_from_showing(pins: Chip) -> None:
    with in_hand(pins.environment, "INDICATORS", "several", **PARTS["several"]) as several:
        with pytest.raises(HardwareError, match="I2C device 0x27"):
            several.show(Signal.READY, "")
        assert pins.level(GREEN) is Level.HIGH


@pytest.mark.parametrize(
    ("driver", "settings", "said"),
    [
        ("lights", {}, "no LED has a pin"),
        ("several", {"parts": []}, "Expected `array` of length >= 1"),
        ("several", {"parts": [{"pin": 1}]}, "expected a key `driver`"),
        ("hd44780", {"rows": 3}, "at `.rows`"),
    ],
)
def test_wrong_settings_are_named(driver: str, settings: dict[str, object], said: str) -> None:
    with pytest.raises(BadPartSettings, match=said.replace(".", r"\$.")):
        catalogue.make_indicator(Part(driver, settings))
