"""What stations of the field do to the readings of a session, and what has to come of it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime.now(UTC).replace(microsecond=0)
Value = dict[str, Any]


def ago(minutes: float) -> str:
    return (NOW - timedelta(minutes=minutes)).isoformat()


def blank(minutes: float) -> str:
    return ago(minutes).replace("T", " ").replace("+00:00", "")


def short(minutes: float) -> str:
    return (NOW - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%MZ")


def loud(value: Value) -> Value:
    return {**value, "unit": value["unit"].upper(), "measurand": "ENERGY.ACTIVE.IMPORT.REGISTER"}


def wh(reading: Any, **more: Any) -> Value:
    return {"value": str(reading), "unit": "Wh"} | more


def kwh(reading: Any, **more: Any) -> Value:
    return wh(reading, unit="kWh", **more)


def watts(power: Any) -> Value:
    return {"value": str(power), "unit": "W", "measurand": "Power.Active.Import"}


def interval(energy: Any) -> Value:
    return wh(energy, measurand="Energy.Active.Import.Interval")


def begin(reading: Any) -> Value:
    return wh(reading, context="Transaction.Begin")


def finish(reading: Any) -> Value:
    return wh(reading, context="Transaction.End")


def phases(*readings: int) -> list[Value]:
    return [wh(reading, phase=f"L{n}") for n, reading in enumerate(readings, 1)]


Batch = list[tuple[float | str, list[Value]]]


def batch(*values: tuple[float | str, list[Value]]) -> Batch:
    return list(values)


def meter_values(values: Batch) -> list[dict[str, Any]]:
    return [{"timestamp": at if isinstance(at, str) else ago(at), "sampledValue": each} for at, each in values]


@dataclass(frozen=True)
class Oddity:
    """From 60 minutes ago (1000 Wh) to a minute ago (6000 Wh), but for what is odd; without a reason it is billed.

    `billed_wh` is what was billed before the reason arrived.
    """

    story: str
    energy_wh: int = 5000
    reason: str = ""
    start: dict[str, Any] = field(default_factory=dict)
    meter: list[Batch] = field(default_factory=list)
    data: Batch = field(default_factory=list)
    stop: dict[str, Any] = field(default_factory=dict)
    late: list[Batch] = field(default_factory=list)
    billed_wh: int | None = None


HOURLY = [batch((minute, [watts(7000)])) for minute in range(58, 1, -4)]
ODDITIES = [
    Oddity("nothing odd", meter=[batch((30, [wh(3000)]))]),
    Oddity("no meter values"),
    Oddity("values without energy", meter=[batch((30, [watts(5000)]), (20, [{"value": "80", "measurand": "SoC"}]))]),
    Oddity("energy by phase", meter=[batch((30, phases(1000, 1000, 1000)))]),
    Oddity("only the energy of intervals", meter=[batch((30, [interval(2000)]), (20, [interval(1000)]))]),
    Oddity(
        "intervals, and a register that stands still",
        0,
        "stands still",
        meter=[batch((30, [interval(5000)]))],
        stop={"meterStop": 1000},
    ),
    Oddity("a register in kWh", meter=[batch((40, [kwh("1.5")]), (30, [kwh("3.0")]))]),
    Oddity(
        "readings rounded to a tenth of a kWh",
        5045,
        start={"meterStart": 1234},
        meter=[batch((40, [kwh("1.2")]), (2, [kwh("6.3")]))],
        stop={"meterStop": 6279},
    ),
    Oddity(
        "kWh called Wh between start and stop",
        5000,
        "went back",
        start={"meterStart": 800_000},
        meter=[batch((40, [wh("801.5")]), (30, [wh("803")]))],
        stop={"meterStop": 805_000},
    ),
    Oddity(
        "kWh called Wh at start and stop",
        5,
        "kW can deliver",
        start={"meterStart": 800},
        meter=[batch((40, [wh(801_000)]), (30, [wh(803_000)]))],
        stop={"meterStop": 805},
    ),
    Oddity(
        "kWh called Wh everywhere",
        7,
        "may call kWh Wh",
        start={"meterStart": 800},
        meter=HOURLY,
        stop={"meterStop": 807},
    ),
    Oddity(
        "Wh called kWh between start and stop",
        5000,
        "kW can deliver",
        meter=[batch((40, [kwh(2000)]), (30, [kwh(3000)]))],
    ),
    Oddity(
        "Wh called kWh everywhere", 0, "kW can deliver", start={"meterStart": 1_000_000}, stop={"meterStop": 6_000_000}
    ),
    Oddity("a power called kW that is W", meter=[batch((50, [watts(7e6)]), (40, [watts(7e6)]))]),
    Oddity("Begin = 0 on a used meter, in the data", data=batch((60, [begin(0)]), (1, [finish(6000)]))),
    Oddity("End = 0", data=batch((60, [begin(1000)]), (1, [finish(0)]))),
    Oddity("Begin contradicts the start", 5000, "from before the start reads 4000 Wh", data=batch((60, [begin(4000)]))),
    Oddity("End contradicts the stop", 5000, "the meter read 9000 Wh after the stop", data=batch((1, [finish(9000)]))),
    Oddity(
        "a start of 0 on a used meter",
        5000,
        "kW can deliver",
        start={"meterStart": 0},
        meter=[batch((59, [wh(801_000)]))],
        stop={"meterStop": 806_000},
    ),
    Oddity("a stop below the start", 0, "went back from 1000 to 500 Wh", stop={"meterStop": 500}),
    Oddity("a stop of 0", 3000, "went back from 4000 to 0 Wh", meter=[batch((30, [wh(4000)]))], stop={"meterStop": 0}),
    Oddity(
        "a negative stop",
        3000,
        "the meter reading is impossible",
        meter=[batch((30, [wh(4000)]))],
        stop={"meterStop": -5},
    ),
    Oddity(
        "a negative start",
        2000,
        "the meter reading is impossible",
        start={"meterStart": -5},
        meter=[batch((50, [wh(4000)]))],
    ),
    Oddity("a negative reading", 5000, "went back from 1000 to -500 Wh", meter=[batch((30, [wh(-500)]))]),
    Oddity(
        "a meter that is reset",
        6000,
        "went back from 5000 to 0 Wh",
        meter=[batch((40, [wh(5000)]), (30, [wh(0)]))],
        stop={"meterStop": 2000},
    ),
    Oddity("a register that jumps", 5000, "kW can deliver", meter=[batch((30, [wh(900_000)]))]),
    Oddity("a stop that jumps", 3000, "kW can deliver", meter=[batch((30, [wh(4000)]))], stop={"meterStop": 900_000}),
    Oddity("values out of order", meter=[batch((20, [wh(4000)])), batch((40, [wh(2000)])), batch((30, [wh(3000)]))]),
    Oddity("values twice", meter=[batch((30, [wh(3000)]))] * 2),
    Oddity("another value for the same instant", meter=[batch((30, [wh(3000)])), batch((30, [wh(9000)]))], data=[]),
    Oddity("a value from before the start", meter=[batch((61, [wh(990)]), (30, [wh(3000)]))]),
    Oddity("a value from the future", 5000, "Wh after the stop", meter=[batch((-600, [wh(3000)]))]),
    Oddity(
        "a value from 1970",
        2100,
        meter=[batch(("1970-01-01T00:05:00Z", [wh(3000)]))],
        stop={"timestamp": ago(-1), "meterStop": 3100},
    ),
    Oddity("a value without a time", meter=[batch(("noon", [wh(3000)]))]),
    Oddity("a value after the stop", late=[batch((30, [wh(3000)]))]),
    Oddity(
        "a value after the stop that shows a reset",
        6000,
        "late says 6000 Wh, but 1000 Wh were billed",
        billed_wh=1000,
        stop={"meterStop": 2000},
        late=[batch((40, [wh(5000)]), (30, [wh(0)]))],
    ),
    Oddity("a value of the next session", late=[batch((0.5, [wh(6050)]))]),
    Oddity("no reason, no tag", stop={"reason": "Other"}),
    Oddity("a stop with a stranger's tag", stop={"idTag": "STRANGER"}),
    Oddity(
        "an unreadable start time",
        5000,
        "the time of the start is unreadable",
        start={"timestamp": "noon"},
        stop={"timestamp": ago(-1)},
    ),
    Oddity(
        "an unreadable stop",
        2000,
        "reading at the stop is missing",
        meter=[batch((30, [wh(3000)]))],
        stop={"meterStop": "?"},
    ),
    Oddity("ended before it began", 5000, "ended before it began", stop={"timestamp": ago(90)}),
    Oddity("a tag that nobody knows", 5000, "nobody knows the tag", start={"idTag": "STRANGER"}),
    Oddity("a tag that is too long", 5000, "more than the 20 allowed", start={"idTag": "X" * 70}),
    Oddity("extra fields", start={"maker": {"a": 1}}, stop={"colour": "red"}),
    Oddity("whole numbers as text", start={"connectorId": "1", "meterStart": "1000"}, stop={"meterStop": "6000"}),
    Oddity(
        "fractions of a Wh, or kWh",
        5,
        "where a whole number belongs",
        start={"meterStart": 1.4},
        stop={"meterStop": 6.0},
    ),
    Oddity(
        "null for none", start={"reservationId": None}, stop={"idTag": None, "reason": None, "transactionData": None}
    ),
    Oddity("a stop's tag that is no tag", stop={"idTag": "x" * 36}),
    Oddity("a reason in another case", stop={"reason": "evdisconnected"}),
    Oddity("a moment without T, one without seconds", start={"timestamp": blank(60)}, stop={"timestamp": short(1)}),
    Oddity(
        "names in another case",
        6000,
        "went back from 5000 to 0 Wh",
        meter=[batch((40, [loud(kwh("5.0"))]), (30, [loud(wh(0))]))],
        stop={"meterStop": 2000},
    ),
    Oddity("a voltage that is no number", data=batch((30, [{"value": "nan", "measurand": "Voltage"}]))),
    Oddity("an energy that is no number", 5000, "not a usable energy_wh", data=batch((30, [wh("nan")]))),
    Oddity("connector 0", 5000, "connector 0 cannot be", start={"connectorId": 0}),
    Oddity("connector 70000", 5000, "connector 70000 cannot be", start={"connectorId": 70_000}),
]
