"""From payloads to reports: correct ones without doubts, odd ones salvaged as far as they identify something."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bollard.wire.errors import CallError
from bollard.wire.frames import AGAIN
from cloud.domain.reports import MeterReport, Sample, StartReport, StopReport, salvaged
from cloud.domain.tags import TagStatus, TagVerdict
from cloud.ocpp.inbound import refusal
from cloud.ocpp.translation import id_tag_info, meter_report, start_report, stop_report
from tests.cloud.ocpp.test_lenient import JSON

NOON = "2026-05-01T12:00:00Z"
AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
START = {"connectorId": 1, "idTag": "04A1B2C3", "meterStart": 1000, "timestamp": NOON}
STOP = {"transactionId": 7, "meterStop": 6512, "timestamp": NOON}
METER = {
    "connectorId": 1,
    "transactionId": 7,
    "meterValue": [{"timestamp": NOON, "sampledValue": [{"value": "1500"}]}],
}


def start(**changes: Any) -> StartReport:
    payload = START | changes
    return start_report(payload, refusal("StartTransaction", payload))


def stop(**changes: Any) -> StopReport:
    payload = STOP | changes
    return stop_report(payload, refusal("StopTransaction", payload))


def meter(*sampled: dict[str, Any], **changes: Any) -> MeterReport:
    payload = (
        METER | ({"meterValue": [{"timestamp": NOON, "sampledValue": list(sampled)}]} if sampled else {}) | changes
    )
    return meter_report(payload, refusal("MeterValues", payload))


def test_correct_messages_raise_no_doubts() -> None:
    assert start(reservationId=3) == StartReport(1, "04A1B2C3", 1000, AT, 3, START | {"reservationId": 3}, ())
    assert stop(idTag="AA", reason="Remote") == StopReport(
        7, 6512, AT, "AA", "Remote", (), STOP | {"idTag": "AA", "reason": "Remote"}, ()
    )
    assert meter() == MeterReport(1, 7, (Sample(AT, "Sample.Periodic", 1500),), METER, ())


DOUBTED = [
    ({"meterStop": 6512.0}, "meterStop was 6512.0 where a whole number belongs"),
    ({"meterStop": "6.512 kWh"}, "meterStop was '6.512 kWh' where a whole number belongs"),
    ({"timestamp": "noon"}, "timestamp 'noon' is not a date and time"),
    ({"transactionData": "none"}, "transactionData is not a list of objects"),
    ({"meterStop" + AGAIN: 9000}, "the message says something twice"),
    ({"transactionData": [{"timestamp": NOON, "sampledValue": [{"value": "1", "value" + AGAIN: "2"}]}]}, "the message"),
]
CLEAR = [
    ({"meterStop": "6512"}, "meterStop was '6512' where a whole number belongs"),
    ({"transactionId": "7"}, "transactionId was '7' where a whole number belongs"),
    ({"idTag": "X" * 30}, "idTag has 30 characters, more than the 20 allowed"),
    ({"idTag": 4711}, "idTag was the number 4711 where text belongs"),
    ({"reason": "Boredom"}, "reason 'Boredom' is not one that OCPP knows"),
    ({"colour": "red"}, "the message is not as OCPP wants it: "),
]


@pytest.mark.parametrize(("changes", "odd"), DOUBTED + CLEAR)
def test_an_odd_stop_is_salvaged_and_doubted_only_where_it_is_not_clear(changes: dict[str, Any], odd: str) -> None:
    report = stop(**changes)
    assert (report.transaction_id, report.meter_stop_wh) == (7, 6512)
    assert salvaged(report).startswith(odd)
    assert bool(report.doubts) == ((changes, odd) in DOUBTED)
    assert report.raw == STOP | changes


def test_a_stop_without_a_readable_meter_still_names_its_session() -> None:
    assert stop(meterStop="lots").meter_stop_wh is None


def test_an_odd_start_is_salvaged() -> None:
    report = start(connectorId="1", meterStart=1000.0, timestamp="0")
    assert (report.connector, report.meter_start_wh, report.at) == (1, 1000, None)
    assert (len(report.doubts), len(report.remarks)) == (2, 1)


def test_odd_meter_values_are_salvaged() -> None:
    report = meter({"value": 1500, "unit": "Wh"}, transactionId="7")
    assert report.transaction_id == 7
    assert report.samples == (Sample(AT, energy_wh=1500),)
    assert "a meter value was a number where text belongs" in report.remarks


@pytest.mark.parametrize(
    ("report", "payload", "code"),
    [
        (start_report, {key: START[key] for key in START if key != "idTag"}, "OccurenceConstraintViolation"),
        (start_report, START | {"connectorId": None}, "TypeConstraintViolation"),
        (stop_report, STOP | {"transactionId": "seven"}, "TypeConstraintViolation"),
        (stop_report, STOP | {"transactionId": 2**60}, "PropertyConstraintViolation"),
        (meter_report, METER | {"connectorId": [1]}, "TypeConstraintViolation"),
    ],
)
def test_what_identifies_nothing_is_refused(report: Any, payload: dict[str, Any], code: str) -> None:
    action = {start_report: "StartTransaction", stop_report: "StopTransaction", meter_report: "MeterValues"}[report]
    with pytest.raises(CallError) as refused:
        report(payload, refusal(action, payload))
    assert refused.value.code == code


def test_samples_are_typed_in_our_units() -> None:
    report = meter(
        {"value": "1.5", "unit": "kWh", "measurand": "Energy.Active.Import.Register", "location": "Outlet"},
        {"value": "7.36", "unit": "kW", "measurand": "Power.Active.Import"},
        {"value": "15.9", "unit": "A", "measurand": "Current.Import", "phase": "L1"},
        {"value": "16.1", "unit": "A", "measurand": "Current.Import", "phase": "L2"},
        {"value": "230.4", "unit": "V", "measurand": "Voltage", "phase": "L1-N"},
        {"value": "55", "unit": "Percent", "measurand": "SoC", "location": "EV"},
    )
    assert report.samples == (Sample(AT, "Sample.Periodic", 1500, 7360, 16100, 230400, 55),)
    assert report.doubts == ()


@pytest.mark.parametrize(
    ("measurand", "unit", "by_phase", "expected"),
    [
        ("Energy.Active.Import.Register", "Wh", {"L1": "500"}, {"energy_wh": 500}),
        ("Energy.Active.Import.Register", "Wh", {"L1": "500", "L2": "300", "L3": "200"}, {"energy_wh": 1000}),
        ("Energy.Active.Import.Register", "Wh", {"L1": "500", None: "900"}, {"energy_wh": 900}),
        ("Power.Active.Import", "kW", {"L1": "2", "L2": "3"}, {"power_w": 5000}),
        ("Current.Import", "A", {"L1": "2", "L2": "3", None: "5"}, {"current_ma": 3000}),
        ("Voltage", "V", {None: "230"}, {"voltage_mv": 230_000}),
    ],
)
def test_lines_add_up_or_the_highest_counts(
    measurand: str, unit: str, by_phase: dict[str | None, str], expected: dict[str, int]
) -> None:
    values = [
        {"value": value, "measurand": measurand, "unit": unit} | ({"phase": phase} if phase else {})
        for phase, value in by_phase.items()
    ]
    assert meter(*values).samples == (Sample(AT, **expected),)


def test_what_no_field_holds_stays_raw_without_a_doubt() -> None:
    others = [
        {"value": "21", "unit": "Celcius", "measurand": "Temperature"},
        {"value": "500", "phase": "L1-L2"},
        {"value": "900", "location": "Inlet"},
        {"value": "A1B2", "format": "SignedData"},
    ]
    report = meter(*others)
    assert report.samples == (Sample(AT, raw=tuple(others[:-1]), signed=tuple(others[-1:])),)
    assert report.doubts == ()


def test_each_context_is_a_sample_of_its_own() -> None:
    report = meter({"value": "1"}, {"value": "2", "context": "Transaction.End"})
    assert [(sample.context, sample.energy_wh) for sample in report.samples] == [
        ("Sample.Periodic", 1),
        ("Transaction.End", 2),
    ]


def test_a_value_that_is_no_number_stays_raw_with_a_doubt() -> None:
    report = meter({"value": "broken"})
    assert report.samples == (Sample(AT, raw=({"value": "broken"},)),)
    assert report.doubts == ("the value 'broken' with the unit 'Wh' is not a usable energy_wh",)


@given(st.dictionaries(st.sampled_from([*START, *STOP, *METER, "idTag", "reason", "transactionData"]), JSON))
def test_any_payload_is_read_or_refused(payload: dict[str, Any]) -> None:
    for report, action in (
        (start_report, "StartTransaction"),
        (stop_report, "StopTransaction"),
        (meter_report, "MeterValues"),
    ):
        try:
            report(payload, refusal(action, payload))
        except CallError:
            continue


@given(JSON, JSON, JSON)
def test_any_sampled_value_is_read(value: Any, measurand: Any, unit: Any) -> None:
    assert len(meter({"value": value, "measurand": measurand, "unit": unit, "phase": value}).samples) == 1


def test_id_tag_info_tells_only_what_is_known() -> None:
    assert id_tag_info(TagVerdict(TagStatus.INVALID)) == {"status": "Invalid"}
    assert id_tag_info(TagVerdict(TagStatus.ACCEPTED, AT, "FLEET")) == {
        "status": "Accepted",
        "expiryDate": "2026-05-01T12:00:00.000Z",
        "parentIdTag": "FLEET",
    }
