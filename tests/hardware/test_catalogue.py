"""Settings files name drivers; whatever is wrong is said with the driver, the key and what was expected."""

import pytest

from hardware.catalogue import (
    CONTACTORS,
    CURRENT_LIMITS,
    INDICATORS,
    INPUTS,
    LOCKS,
    METERS,
    READERS,
    VEHICLE_STATES,
    Shelf,
    make_meter,
    make_reader,
)
from hardware.errors import BadPartSettings, UnknownDriver, WorldLost
from hardware.ports import Part

SHELVES: list[Shelf[object]] = [
    READERS, METERS, CONTACTORS, CURRENT_LIMITS, LOCKS, VEHICLE_STATES, INPUTS, INDICATORS,
]  # fmt: skip


@pytest.mark.parametrize("shelf", SHELVES, ids=lambda shelf: shelf.port)
def test_unknown_driver_names_the_known_ones(shelf: Shelf[object]) -> None:
    with pytest.raises(UnknownDriver, match=rf"{shelf.port}: .*'simulatd'; known: .*simulated"):
        shelf.make(Part("simulatd"))


@pytest.mark.parametrize("shelf", SHELVES, ids=lambda shelf: shelf.port)
def test_a_missing_world_is_a_clear_error(shelf: Shelf[object]) -> None:
    with pytest.raises(BadPartSettings, match="host:port"):
        shelf.make(Part("simulated", {"world": "nowhere", "outlet": "lab/1"}))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"host": "h", "device_id": "1"}, r"Expected `int`, got `str` - at `\$.device_id`"),
        ({"host": "h", "device_id": 0}, r"Expected `int` >= 1 - at `\$.device_id`"),
        ({"host": "h", "device_id": 1, "timeout_s": -1}, r"`float` > 0.0 - at `\$.timeout_s`"),
        ({"host": "h", "device_id": 1, "bauds": 9600}, "unknown field `bauds`; it takes: device_id, host"),
        ({"host": "h"}, "missing required field `device_id`"),
    ],
)
def test_wrong_settings_name_the_key_and_what_was_expected(settings: dict[str, object], said: str) -> None:
    with pytest.raises(BadPartSettings, match=f"meter, driver 'sdm630': .*{said}"):
        make_meter(Part("sdm630", settings))


def test_a_part_without_its_world_says_where_it_looked() -> None:
    with pytest.raises(WorldLost, match=r"127\.0\.0\.1:1 does not answer"):
        make_reader(Part("simulated", {"world": "127.0.0.1:1", "outlet": "lab/1"}))
