"""A plug contact instead of a control pilot: what it can tell, and what it cannot."""

import time
from typing import Any

from hardware.gpio import Level
from hardware.ports import Vehicle
from hardware.vehicles.gpio import BOUNCE_MS
from tests.hardware.chip import Chip
from tests.hardware.hands import in_hand

PLUG = 16


def settled(plug: Any) -> str:
    """What it reads once it has seen the same for longer than a bounce."""
    plug.read()
    time.sleep((BOUNCE_MS + 10) / 1000)
    return str(plug.read())


def test_a_plugged_car_counts_as_asking_and_a_cut_wire_as_unplugged(pins: Chip) -> None:
    with in_hand(pins.environment, "VEHICLE_STATES", "gpio", pin=PLUG) as plug:
        assert plug.read() == Vehicle.ABSENT
        pins.hold(PLUG, Level.LOW)
        assert settled(plug) == Vehicle.ASKING
        pins.hold(PLUG, None)
        assert plug.read() == Vehicle.ASKING, "a bounce ends no session"
        assert settled(plug) == Vehicle.ABSENT


def test_a_car_that_is_plugged_when_the_agent_starts_is_seen_at_once(pins: Chip) -> None:
    pins.hold(PLUG, Level.HIGH)
    settings = {"pin": PLUG, "contact": "normally_closed", "pull": "low"}
    with in_hand(pins.environment, "VEHICLE_STATES", "gpio", **settings) as plug:
        assert plug.read() == Vehicle.ABSENT
    pins.hold(PLUG, None)
    with in_hand(pins.environment, "VEHICLE_STATES", "gpio", **settings) as plug:
        assert plug.read() == Vehicle.ASKING
