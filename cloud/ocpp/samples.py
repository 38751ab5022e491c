"""MeterValue objects to the domain's samples: one for each instant and context, typed where we have a field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ocpp.v16.enums import ReadingContext

from cloud.domain.reports import Sample
from cloud.ocpp.lenient import LARGEST_INT, LARGEST_INT32, Lenient, as_number, quoted

CONTEXTS = frozenset(ReadingContext)
DEFAULT_CONTEXT = "Sample.Periodic"
DEFAULT_MEASURAND = "Energy.Active.Import.Register"
LINES = frozenset({None, "L1", "L2", "L3"})
LINES_OR_NEUTRAL = LINES | {"L1-N", "L2-N", "L3-N"}
SIGNED = "SignedData"
OUTLET = frozenset({None, "Outlet"})


@dataclass(frozen=True, slots=True, eq=False)
class Typed:
    """A measurand that a sample has a field for; `units` are factors to the field's own unit, the default one first.

    Lines `add_up` when there is no overall value; otherwise the highest line counts before an overall value.
    """

    field: str
    units: Mapping[str, int]
    add_up: bool
    below: int = LARGEST_INT32
    phases: frozenset[str | None] = LINES
    locations: frozenset[str | None] = OUTLET


TYPED = {
    "Energy.Active.Import.Register": Typed("energy_wh", {"Wh": 1, "kWh": 1000}, add_up=True, below=LARGEST_INT),
    "Energy.Active.Import.Interval": Typed("interval_wh", {"Wh": 1, "kWh": 1000}, add_up=True),
    "Power.Active.Import": Typed("power_w", {"W": 1, "kW": 1000}, add_up=True),
    "Current.Import": Typed("current_ma", {"A": 1000}, add_up=False),
    "Voltage": Typed("voltage_mv", {"V": 1000}, add_up=False, phases=LINES_OR_NEUTRAL),
    "SoC": Typed("soc_percent", {"Percent": 1}, add_up=False, locations=OUTLET | {"EV", "Inlet", "Cable", "Body"}),
}
_ANY_CASE = {measurand.lower(): typed for measurand, typed in TYPED.items()}
_UNITS = {unit.lower(): unit for typed in TYPED.values() for unit in typed.units}
_BILLED = ("energy_wh", "interval_wh")


def samples(meter_values: Sequence[Lenient]) -> tuple[Sample, ...]:
    """MeterValue objects in their order; one without a readable time is left to the raw payload, with a doubt."""
    return tuple(sample for meter_value in meter_values for sample in _at_one_instant(meter_value))


def _at_one_instant(meter_value: Lenient) -> list[Sample]:
    at = meter_value.moment("timestamp")
    by_context: dict[str, list[Lenient]] = {}
    for value in meter_value.objects("sampledValue"):
        context = value.choice("context", CONTEXTS, absent=DEFAULT_CONTEXT, unknown="Other")
        by_context.setdefault(context, []).append(value)
    if at is None:
        return []
    return [_sample(Sample(at, context), values) for context, values in by_context.items()]


def _sample(empty: Sample, values: list[Lenient]) -> Sample:
    lines: dict[Typed, dict[str | None, int]] = {}
    rest: list[Mapping[str, Any]] = []
    signed = tuple(value.payload for value in values if value.payload.get("format") == SIGNED)
    for value in (value for value in values if value.payload.get("format") != SIGNED):
        typed = _typed(value)
        number = None if typed is None else _number(value, typed)
        if typed is None or number is None:
            rest.append(value.payload)
        else:
            lines.setdefault(typed, {})[value.payload.get("phase")] = number
    measured = {typed.field: _together(typed, by_line) for typed, by_line in lines.items()}
    return Sample(empty.at, empty.context, **measured, raw=tuple(rest), signed=signed)


def _together(typed: Typed, by_line: dict[str | None, int]) -> int:
    each = [number for line, number in by_line.items() if line is not None]
    if not each or (typed.add_up and None in by_line):
        return by_line[None]
    return sum(each) if typed.add_up else max(each)


def _typed(value: Lenient) -> Typed | None:
    payload = value.payload
    measurand = payload.get("measurand", DEFAULT_MEASURAND)
    typed = (TYPED.get(measurand) or _ANY_CASE.get(measurand.lower())) if isinstance(measurand, str) else None
    if typed is None or payload.get("format", "Raw") != "Raw":
        return None
    fits = _among(payload.get("phase"), typed.phases) and _among(payload.get("location"), typed.locations)
    return typed if fits else None


def _among(raw: object, known: frozenset[str | None]) -> bool:
    return (raw is None or isinstance(raw, str)) and raw in known


def _number(value: Lenient, typed: Typed) -> int | None:
    raw, unit = value.payload.get("value"), value.payload.get("unit", next(iter(typed.units)))
    size = typed.units.get(_UNITS.get(unit.lower(), "")) if isinstance(unit, str) else None
    number = as_number(raw)
    if size is None or number is None or abs(number * size) >= typed.below:
        wrong = f"the value {quoted(raw)} with the unit {quoted(unit)} is not a usable {typed.field}"
        (value.doubt if typed.field in _BILLED else value.remark)(wrong)
        return None
    if not isinstance(raw, str):
        value.remark("a meter value was a number where text belongs")
    return round(number * size)
