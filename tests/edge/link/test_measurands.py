"""How each measurand is written: every phase that is measured, or the one that is asked for, and always its unit."""

import pytest

from bollard.wire.schemas import check_request
from edge.core.configuration import ENERGY, MEASURANDS
from edge.core.facts import MeterSampled
from edge.core.values import Reading
from edge.link import translation
from tests.edge.link.bench import WALL, moment

THREE = Reading(5_000, 11_040, 0, (16_000, 15_950, 0), (230_100, 229_900, 231_000))
BARE = Reading(5_000, None, 0)

Value = tuple[str, str, str | None, str]


def told(reading: Reading, *measurands: str) -> list[Value]:
    """Measurand, value, phase and unit of each value."""
    sample = MeterSampled("s", 1, reading, moment(1), "Sample.Periodic", measurands, 13_500)
    payload = translation.meter_values(sample, 7, lambda at: WALL)
    check_request("MeterValues", payload)
    return [(v["measurand"], v["value"], v.get("phase"), v["unit"]) for v in payload["meterValue"][0]["sampledValue"]]


CURRENTS = [("Current.Import", value, phase, "A") for value, phase in (("16", "L1"), ("15.95", "L2"), ("0", "L3"))]
VOLTAGES = [("Voltage", value, phase, "V") for value, phase in (("230.1", "L1-N"), ("229.9", "L2-N"), ("231", "L3-N"))]


@pytest.mark.parametrize(
    ("measurands", "values"),
    [
        ((ENERGY,), [(ENERGY, "5000", None, "Wh")]),
        (("Power.Active.Import",), [("Power.Active.Import", "11040", None, "W")]),
        (("Current.Import",), CURRENTS),
        (("Current.Import.L2",), CURRENTS[1:2]),
        (("Current.Offered",), [("Current.Offered", "13.5", None, "A")]),
        (("Voltage",), VOLTAGES),
        (("Voltage.L1",), VOLTAGES[:1]),
        (("Voltage.L3-N",), VOLTAGES[2:]),
        (("Voltage.L1", "Voltage"), VOLTAGES),
        (("SoC",), [(ENERGY, "5000", None, "Wh")]),
    ],
)
def test_each_measurand_in_the_phases_asked_for(measurands: tuple[str, ...], values: list[Value]) -> None:
    assert told(THREE, *measurands) == values


def test_what_the_meter_does_not_give_is_left_out_and_nothing_at_all_is_the_energy() -> None:
    assert told(BARE, "Power.Active.Import", "Voltage", "Current.Offered") == [("Current.Offered", "13.5", None, "A")]
    assert told(BARE, "Power.Active.Import", "Voltage") == [(ENERGY, "5000", None, "Wh")]


def test_every_measurand_of_the_keys_can_be_written() -> None:
    assert set(MEASURANDS) == set(translation.MEASURANDS)
