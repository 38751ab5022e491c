"""The edge core under random scripts of taps, cars, faults, networks, time, crashes and power cuts."""

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from edge.core.values import Vehicle
from tests.edge.laboratory import Laboratory

TAGS = ("04A1B2C3", "0477889900AABB", "BAD")
CONNECTORS = st.integers(1, 2)
KEYS = {
    "LocalPreAuthorize": ("true", "false"),
    "LocalAuthorizeOffline": ("true", "false"),
    "AuthorizeRemoteTxRequests": ("true",),
    "StopTransactionOnEVSideDisconnect": ("true", "false"),
    "StopTransactionOnInvalidId": ("true", "false"),
    "UnlockConnectorOnEVSideDisconnect": ("true", "false"),
    "MeterValueSampleInterval": ("0", "5", "60"),
    "ClockAlignedDataInterval": ("0", "5", "60"),
    "StopTxnSampledData": ("", "Voltage"),
    "StopTxnAlignedData": ("", "Power.Active.Import,Current.Import"),
    "ConnectionTimeOut": ("3", "60"),
}

ADVANCE = st.tuples(st.just("advance"), st.sampled_from((250, 1_000, 3_000, 20_000)))
ARRIVE = st.tuples(st.just("arrive"), CONNECTORS, st.sampled_from(TAGS[:2]))
DELIVER = st.tuples(st.just("deliver"), st.booleans())
OPERATIONS = st.one_of(
    ADVANCE,
    ADVANCE,
    ADVANCE,
    ARRIVE,
    ARRIVE,
    ARRIVE,
    DELIVER,
    DELIVER,
    st.tuples(st.just("tap"), st.sampled_from(TAGS), st.sampled_from(((1,), (2,), (1, 2)))),
    st.tuples(st.just("see"), CONNECTORS, st.sampled_from((Vehicle.ABSENT, Vehicle.CONNECTED, Vehicle.ASKING))),
    st.tuples(st.just("answer"), st.booleans()),
    st.tuples(st.just("online"), st.sampled_from((True, True, False))),
    st.tuples(st.just("trip"), st.sampled_from(("emergency_stop", "door", "ground_fault", "tilt"))),
    st.tuples(st.just("weld"), CONNECTORS, st.booleans()),
    st.tuples(st.just("draw"), CONNECTORS, st.sampled_from((0, 16_000, 36_000, 45_000))),
    st.tuples(st.just("technician"), CONNECTORS),
    st.tuples(st.just("clear_all")),
    st.tuples(st.just("meter"), CONNECTORS, st.booleans()),
    st.tuples(st.just("bolt"), st.just(1), st.booleans(), st.sampled_from((250, 4_000))),
    st.tuples(st.just("unlock"), CONNECTORS),
    st.tuples(st.just("remote_start"), st.one_of(st.none(), CONNECTORS), st.sampled_from(TAGS)),
    st.tuples(st.just("remote_stop"), st.integers(1, 3)),
    st.tuples(st.just("availability"), st.integers(0, 2), st.sampled_from((True, True, False))),
    st.tuples(st.just("reset"), st.booleans()),
    st.sampled_from([("configure", key, value) for key in KEYS for value in KEYS[key]]),
    st.tuples(st.just("crash")),
    st.tuples(st.just("crash_at_save"), st.sampled_from(("before", "after"))),
    st.tuples(st.just("power_cut"), st.sampled_from((2_000, 3_600_000))),
    st.tuples(st.just("away"), st.sampled_from((2_000, 3_600_000))),
    st.tuples(st.just("slow_disk"), st.booleans()),
    st.tuples(st.just("clock"), st.booleans()),
)


def run(script: list[tuple[Any, ...]], lab: Laboratory | None = None) -> Laboratory:
    lab = lab or Laboratory(lockable=(1,))
    lab.configure("MeterValueSampleInterval", "5")
    lab.configure("ClockAlignedDataInterval", "10")
    lab.configure("StopTxnSampledData", "Voltage")
    lab.online(True)
    for name, *values in script:
        getattr(lab, name)(*values)
    lab.settle()
    lab.balance()
    return lab


VISIT = st.tuples(ARRIVE, ADVANCE, OPERATIONS, ADVANCE, OPERATIONS).map(list)
SCRIPTS = st.lists(VISIT, min_size=2, max_size=9).map(lambda visits: [one for visit in visits for one in visit])
QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)


WELDED: list[tuple[Any, ...]] = [
    ("arrive", 1, TAGS[0]),
    ("weld", 1, True),
    ("tap", TAGS[0], (1,)),
    ("advance", 20_000),
    ("crash",),
    ("weld", 1, False),
    ("advance", 3_000),
    ("see", 1, Vehicle.ABSENT),
    ("arrive", 1, TAGS[1]),
    ("technician", 1),
    ("advance", 20_000),
]


@example(WELDED)
@settings(max_examples=25, deadline=None, suppress_health_check=QUIET)
@given(SCRIPTS)
def test_no_script_breaks_the_invariants(script: list[tuple[Any, ...]]) -> None:
    run(script)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@settings(max_examples=10_000, deadline=None, suppress_health_check=QUIET)
@given(SCRIPTS)
def test_no_script_breaks_the_invariants_long(script: list[tuple[Any, ...]]) -> None:
    run(script)
