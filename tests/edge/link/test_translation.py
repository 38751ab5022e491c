"""Translation: every payload obeys its schema, numbers are written exactly, times are OCPP's."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bollard.wire.schemas import check_request, check_response
from edge.core.configuration import Configuration, keys
from edge.core.facts import Fact, MeterSampled, SessionStarted, SessionStopped
from edge.core.values import Moment, Reading, Status, StatusReport, StopReason, TagInfo, TagStatus
from edge.link import translation
from edge.link.dating import dated, is_estimate
from tests.edge.link.bench import WALL, metered, moment, started, stopped

TAGS = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=20)
MOMENTS = st.builds(Moment, st.just("here"), st.integers(0, 2**40), st.datetimes(timezones=st.just(UTC)))
READINGS = st.builds(
    Reading,
    st.integers(0, 10**9),
    st.none() | st.integers(-(10**5), 10**5),
    st.integers(0, 2**40),
    st.lists(st.integers(0, 10**5), max_size=3).map(tuple),
    st.lists(st.integers(0, 10**6), max_size=3).map(tuple),
)
MEASURANDS = st.lists(st.sampled_from([*translation.MEASURANDS, "SoC"]), max_size=5).map(tuple)
CONTEXTS = st.sampled_from(["Sample.Periodic", "Trigger", "Sample.Clock"])
SESSIONS = st.none() | st.just("s")
SAMPLES = st.builds(MeterSampled, SESSIONS, st.integers(1, 9), READINGS, MOMENTS, CONTEXTS, MEASURANDS)
STARTS = st.builds(SessionStarted, st.just("s"), st.integers(1, 9), TAGS, st.integers(0, 2**31), MOMENTS)
STOPS = st.builds(
    SessionStopped,
    st.just("s"),
    st.integers(1, 9),
    st.integers(0, 2**31),
    MOMENTS,
    st.sampled_from(StopReason),
    st.none() | TAGS,
    st.lists(SAMPLES, max_size=3).map(tuple),
)


def wall(at: Moment) -> datetime:
    assert at.wall is not None
    return at.wall


@given(SAMPLES | STARTS | STOPS, st.none() | st.integers(1, 2**31 - 1))
def test_every_fact_obeys_its_schema(fact: Fact, transaction_id: int | None) -> None:
    action = {SessionStarted: "StartTransaction", MeterSampled: "MeterValues", SessionStopped: "StopTransaction"}
    check_request(action[type(fact)], translation.payload(fact, transaction_id, wall))


@given(READINGS)
def test_values_are_exact_to_the_last_digit(reading: Reading) -> None:
    sample = MeterSampled(None, 1, reading, moment(1), "Trigger", tuple(translation.MEASURANDS))
    values = translation.meter_value(sample, wall)["sampledValue"]
    assert {value["context"] for value in values} == {"Trigger"}
    read = {(v["measurand"], v.get("phase")): Decimal(v["value"]) for v in values}
    assert read["Energy.Active.Import.Register", None] == reading.energy_wh
    assert read.get(("Power.Active.Import", None)) == reading.power_w
    for phase, current_ma in enumerate(reading.current_ma, start=1):
        assert read["Current.Import", f"L{phase}"] * 1000 == current_ma
    for phase, voltage_mv in enumerate(reading.voltage_mv, start=1):
        assert read["Voltage", f"L{phase}-N"] * 1000 == voltage_mv


def test_a_session_in_full() -> None:
    assert translation.payload(started("s", 1), None, wall) == {
        "connectorId": 1,
        "idTag": "TAG1",
        "meterStart": 1001,
        "timestamp": "2026-11-21T10:00:01.000Z",
    }
    sampled = translation.payload(metered("s", 2), 7, wall)
    assert (sampled["connectorId"], sampled["transactionId"]) == (1, 7)
    value = sampled["meterValue"][0]
    assert value["timestamp"] == "2026-11-21T10:00:02.000Z"
    assert [(v["value"], v["unit"], v.get("phase")) for v in value["sampledValue"]] == [
        ("1002", "Wh", None),
        ("11000", "W", None),
        ("16", "A", "L1"),
        ("15.95", "A", "L2"),
        ("0", "A", "L3"),
        ("230.1", "V", "L1-N"),
        ("229.9", "V", "L2-N"),
        ("231", "V", "L3-N"),
    ]
    assert translation.payload(stopped("s", 3), 7, wall) == {
        "transactionId": 7,
        "meterStop": 1003,
        "timestamp": "2026-11-21T10:00:03.000Z",
        "reason": "Local",
        "idTag": "TAG1",
    }


def test_an_empty_list_of_measurands_is_the_energy_register() -> None:
    sample = MeterSampled(None, 1, Reading(5, None, 0), moment(1), "Trigger", ())
    assert [v["measurand"] for v in translation.meter_value(sample, wall)["sampledValue"]] == [
        "Energy.Active.Import.Register"
    ]


def test_a_status_has_at_most_fifty_characters_of_reason() -> None:
    report = StatusReport(Status.FAULTED, "GroundFailure", "x" * 80)
    payload = translation.status_notification(1, report, WALL)
    check_request("StatusNotification", payload)
    assert payload["info"] == "x" * 50
    bare = translation.status_notification(0, StatusReport(Status.AVAILABLE), None)
    assert bare == {"connectorId": 0, "status": "Available", "errorCode": "NoError"}


@pytest.mark.parametrize(
    ("said", "info"),
    [
        ({"status": "Accepted"}, TagInfo(TagStatus.ACCEPTED)),
        (
            {"status": "Blocked", "expiryDate": "2026-11-21T10:00:00Z", "parentIdTag": "P"},
            TagInfo(TagStatus.BLOCKED, WALL, "P"),
        ),
        ({"status": "Accepted", "expiryDate": "soon", "parentIdTag": None}, TagInfo(TagStatus.ACCEPTED)),
        ({"status": "Perhaps"}, TagInfo(TagStatus.INVALID)),
        ({"status": ["Accepted"]}, TagInfo(TagStatus.INVALID)),
        (None, TagInfo(TagStatus.INVALID)),
        ([], TagInfo(TagStatus.INVALID)),
    ],
)
def test_a_verdict_is_read_with_caution(said: object, info: TagInfo) -> None:
    assert translation.tag_info(said) == info


def test_the_configuration_is_told_by_key_in_any_case() -> None:
    asked = ["heartbeatinterval", "NumberOfConnectors", "Nonsense", "nonsense"]
    told = translation.configuration(Configuration(keys(), {"HeartbeatInterval": "7"}), asked)
    check_response("GetConfiguration", told)
    assert told == {
        "configurationKey": [
            {"key": "HeartbeatInterval", "readonly": False, "value": "7"},
            {"key": "NumberOfConnectors", "readonly": True, "value": "1"},
        ],
        "unknownKey": ["Nonsense", "nonsense"],
    }


def test_all_of_the_configuration_is_told_when_nothing_is_asked_for() -> None:
    told = translation.configuration(Configuration(), [])
    check_response("GetConfiguration", told)
    assert [item["key"] for item in told["configurationKey"]] == list(keys())
    assert "unknownKey" not in told


def at(boot: str, second: int, wall: datetime | None = None) -> Moment:
    return Moment(boot, second * 1000, wall)


def seconds(n: int) -> timedelta:
    return timedelta(seconds=n)


NOW = at("c", 100, WALL)


@pytest.mark.parametrize(
    ("moment", "later", "expected"),
    [
        (at("a", 1, WALL - seconds(9999)), [], WALL - seconds(9999)),
        (at("c", 40), [], WALL - seconds(60)),
        (at("b", 40), [at("b", 50, WALL - seconds(500))], WALL - seconds(510)),
        (at("b", 40), [], WALL - seconds(100)),
        (at("b", 40), [at("b", 70)], WALL - seconds(130)),
        (at("a", 40), [at("a", 45), at("b", 10, WALL - seconds(300))], WALL - seconds(315)),
        (at("a", 40), [at("b", 10)], WALL - seconds(100)),
    ],
)
def test_a_moment_is_dated_by_its_boot_or_bounded_by_what_followed(
    moment: Moment, later: list[Moment], expected: datetime
) -> None:
    assert dated(moment, NOW, later) == expected


def test_without_any_clock_nothing_can_be_dated() -> None:
    assert dated(at("a", 1), at("c", 5)) is None
    assert is_estimate(at("a", 1), at("c", 5))
    assert is_estimate(at("a", 1), NOW)
    assert not is_estimate(at("c", 1), NOW)
    assert not is_estimate(at("a", 1), NOW, [at("a", 2, WALL)])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1000), st.booleans()), max_size=10))
def test_what_happened_first_is_dated_first(happened: list[tuple[int, int, bool]]) -> None:
    """True histories: boots follow each other, each lasts 2000 s, and clocks are right where they are known."""
    origin = WALL - seconds(100_000)
    real = sorted({(boot, second): known for boot, second, known in happened}.items())
    moments = [
        at(str(boot), second, origin + seconds(boot * 2000 + second) if known else None)
        for (boot, second), known in real
    ]
    now = at("9", 10, origin + seconds(9 * 2000 + 10))
    found = [dated(one, now, moments[place + 1 :]) for place, one in enumerate(moments)]
    assert None not in found
    for (boot, second), date in zip((key for key, _ in real), found, strict=True):
        assert date is not None
        assert origin + seconds(boot * 2000 + second) <= date <= wall(now)
