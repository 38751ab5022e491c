"""What a meter's currents mean: more than allowed, some although released, none although engaged.

The figures are of no standard's text: IEC 61851-1 gives a car 5 s to follow a lower limit and leaves what comes then to
the charger; tolerance and noise are what EVerest's EvseManager takes for this; 0.5 A two seconds after opening is the
usual test for a weld.
"""

from dataclasses import replace

from edge.core.plausible import RESOLUTION_WH
from edge.core.state import Connector, Fitting, Flow
from edge.core.values import Reading

FLOWS_MA = 500  # less is noise
TOLERANCE_PERCENT = 10  # above what is offered, and FLOWS_MA more
FOLLOWS_MS = 7_000  # the car's 5 s, and a reading before and after
GROSS_PERCENT = 125  # of the connector's rating: at once
SAMPLE_MS = 1_000  # what a reading tells began at most so long before it
WELD_MS = 1_500  # after the register has settled: 2 s after the release
IDLE_MS = 30_000


def current_ma(fitting: Fitting, reading: Reading) -> int | None:
    """The highest phase's current, whichever way its clamp lies; where the meter tells none, in proportion to its
    power; None where neither."""
    if reading.current_ma:
        return max(map(abs, reading.current_ma))
    if reading.power_w is None:
        return None
    return abs(reading.power_w) * fitting.max_current_ma // fitting.max_power_w


def followed(connector: Connector, reading: Reading) -> Connector:
    """The connector with what this reading adds to what is known of its current."""
    amount_ma, flow = current_ma(connector.fitting, reading), connector.flow
    flows = amount_ma is not None and amount_ma > FLOWS_MA
    if not connector.engaged:
        return replace(connector, flow=_released(connector, reading, flows))
    over = amount_ma is not None and amount_ma > allowed_ma(connector)
    since_ms = reading.taken_ms - SAMPLE_MS
    flow = Flow(
        over_ms=(since_ms if flow.over_ms is None else flow.over_ms) if over else None,
        idle_ms=None if flows or amount_ma is None else flow.idle_ms or since_ms,
    )
    return replace(connector, flow=flow, drew=connector.drew or flows)


def _released(connector: Connector, reading: Reading, flows: bool) -> Flow:
    flow, taken_ms = connector.flow, reading.taken_ms
    settled, stray = taken_ms >= connector.settled_ms, flows and taken_ms >= connector.settled_ms + WELD_MS
    rest_wh = reading.energy_wh if flow.rest_wh is None and settled else flow.rest_wh
    return Flow(stray_ms=(flow.stray_ms or taken_ms) if stray else None, rest_wh=rest_wh)


def allowed_ma(connector: Connector) -> int:
    """What may flow for ever: the offer, with the tolerance."""
    return connector.output.offer_ma * (100 + TOLERANCE_PERCENT) // 100 + FLOWS_MA


def hazard(connector: Connector, reading: Reading) -> str | None:
    """What a reading, after `followed`, has shown to be wrong."""
    flow = connector.flow
    if not connector.engaged:
        return "weld" if _strays(connector, reading) else None
    gross_ma = connector.fitting.max_current_ma * GROSS_PERCENT // 100
    gross = (current_ma(connector.fitting, reading) or 0) > gross_ma
    if gross or (flow.over_ms is not None and reading.taken_ms - flow.over_ms >= FOLLOWS_MS):
        return "over_current"
    return "open" if _never_closed(connector, reading) else None


def _strays(connector: Connector, reading: Reading) -> bool:
    """A second reading with current; of a meter that tells none, a register that rises by more than its rounding."""
    flow = connector.flow
    if current_ma(connector.fitting, reading) is None:
        return strayed_wh(connector, reading) > RESOLUTION_WH
    return flow.stray_ms is not None and reading.taken_ms > flow.stray_ms


def strayed_wh(connector: Connector, reading: Reading | None) -> int:
    """What has flowed since the contactor was released, or since the last session ended."""
    rest_wh = connector.flow.rest_wh
    return 0 if reading is None or rest_wh is None else max(0, reading.energy_wh - rest_wh)


def _never_closed(connector: Connector, reading: Reading) -> bool:
    """Only a pilot tells that the car wants energy, and a car that has had some may simply be full."""
    session = connector.session
    drew = connector.drew or session is None or reading.energy_wh > session.meter_start_wh
    return connector.fitting.has_pilot and not drew and is_idle(connector, reading.taken_ms)


def is_idle(connector: Connector, now_ms: int) -> bool:
    """No current has flowed for so long that it is worth telling."""
    idle_ms = connector.flow.idle_ms
    return connector.engaged and idle_ms is not None and now_ms - idle_ms >= IDLE_MS
