"""What a connector shows to the outside, computed from its state: circuit, offer, lock, status, indicator."""

from edge.core.bolt import holds
from edge.core.claims import claims, limit_ma
from edge.core.configuration import number
from edge.core.effects import Effect, Engage, Offer, Release, Show
from edge.core.faults import for_driver
from edge.core.reports import REASON_IS_NEWS, alarms, awaited, news, reported, status
from edge.core.state import Connector, Output, Station
from edge.core.values import Moment, Signal, Status, StatusReport

SIGNALS: dict[Status, tuple[Signal, str]] = {
    Status.AVAILABLE: (Signal.READY, "Ready: connect the car or present a card"),
    Status.CHARGING: (Signal.CHARGING, "Charging"),
    Status.SUSPENDED_EV: (Signal.PAUSED, "The car does not ask for energy"),
    Status.SUSPENDED_EVSE: (Signal.PAUSED, "The charger gives no energy"),
    Status.FINISHING: (Signal.FINISHED, "Finished: take the cable out"),
    Status.RESERVED: (Signal.OUT_OF_SERVICE, "Reserved"),
    Status.UNAVAILABLE: (Signal.OUT_OF_SERVICE, "Out of service"),
}
BLINKING = (Signal.CHECKING, Signal.REFUSED)


def output(station: Station, connector: Connector, now_ms: int) -> Output:
    """The output that this state asks for."""
    voices = claims(station, connector, now_ms)
    report, found = status(station, connector, voices, now_ms), alarms(station, connector)
    if connector.unlocking is not None:  # it is answered before anything that follows from it is told
        report, found = connector.output.report, connector.output.alarms
    signal, text = _told(station, connector, report, now_ms)
    lit = connector.fitting.has_indicator
    return Output(
        conduct=limit_ma(voices) > 0,
        offer_ma=limit_ma(voices, ignoring=("lock", "vehicle", "rest")),
        locked=holds(station, connector),
        report=report,
        alarms=found,
        signal=signal,
        text=text,
        light_percent=number(station.configuration, "LightIntensity") if lit else 100,
        blinks=number(station.configuration, "BlinkRepeat") if lit and signal in BLINKING else 0,
    )


def _told(station: Station, connector: Connector, report: StatusReport, now_ms: int) -> tuple[Signal, str]:
    if now_ms < connector.notice_until_ms:
        return Signal.REFUSED, connector.notice
    if any(connector.id in question.connectors for question in station.questions.values()):
        return Signal.CHECKING, "Checking the card"
    if connector.held is not None:
        return Signal.PRESENT_TAG, "Present your card to free the cable"
    if report.status is Status.PREPARING:
        return awaited(station, connector)
    if report.status is Status.FAULTED:
        return Signal.FAULT, for_driver(station, connector) or report.info
    signal, text = SIGNALS[report.status]
    if report.status is Status.CHARGING and connector.session and connector.reading:
        return signal, f"{text}: {(connector.reading.energy_wh - connector.session.meter_start_wh) // 100 / 10:.1f} kWh"
    return signal, report.info if report.status in REASON_IS_NEWS else text


def differences(connector: Connector, new: Output, at: Moment) -> list[Effect]:
    """The effects that turn the former output into the new one."""
    old = connector.output
    effects: list[Effect] = []
    if old.conduct and not new.conduct:
        effects.append(Release(connector.id))
    if old.offer_ma != new.offer_ma:
        effects.append(Offer(connector.id, new.offer_ma))
    if new.conduct and not old.conduct and connector.session is not None:
        effects.append(Engage(connector.id, connector.session.session_id))
    effects += reported(connector.id, news(old.report, old.alarms, new.report, new.alarms), at)
    if _display(connector.id, old) != _display(connector.id, new):
        effects.append(_display(connector.id, new))
    return effects


def _display(connector: int, output: Output) -> Show:
    return Show(connector, output.signal, output.text, output.light_percent, output.blinks)


def why(station: Station, connector: Connector, now_ms: int) -> str:
    """In one sentence, why this connector gives energy or does not."""
    voices = claims(station, connector, now_ms)
    denied = next((claim for claim in voices if claim.denies), None)
    report = connector.output.report
    ended = report.status is Status.FINISHING and connector.session is None and connector.held is None
    if denied is not None:
        return f"{report.info if ended and denied.name == 'authorization' else denied.reason}."
    if report.status is Status.SUSPENDED_EV:
        return f"{report.info}."
    lowest = min((claim for claim in voices if claim.limit_ma is not None), key=lambda claim: claim.limit_ma or 0)
    return f"Charging with at most {(lowest.limit_ma or 0) / 1000:g} A a phase: {lowest.reason}."
