"""Every voice in whether and how much energy may flow; the lowest limit wins and each gives its reason."""

from dataclasses import dataclass
from math import ceil

from edge.core.configuration import number
from edge.core.faults import HAZARDS, faults
from edge.core.state import Connector, Session, Station
from edge.core.values import Vehicle

VOLT_PHASES = 3 * 230
UNSEEN_S = 2


@dataclass(frozen=True, slots=True)
class Claim:
    """One voice: at most `limit_ma` a phase (None: no objection), because."""

    name: str
    limit_ma: int | None
    reason: str = ""

    @property
    def denies(self) -> bool:
        """Nothing may flow."""
        return self.limit_ma == 0


def claims(station: Station, connector: Connector, now_ms: int) -> list[Claim]:
    """All claims on a connector, the most telling first."""
    return [
        _faults(station, connector),
        _operative(station, connector),
        _authorization(station, connector),
        _lock(connector),
        _vehicle(connector),
        _rest(connector, now_ms),
        Claim("hardware", connector.fitting.max_current_ma, "the limit of this charger"),
    ]


def limit_ma(voices: list[Claim], *, ignoring: tuple[str, ...] = ()) -> int:
    """The lowest limit in mA a phase."""
    return min(claim.limit_ma for claim in voices if claim.limit_ma is not None and claim.name not in ignoring)


def withheld(voices: list[Claim]) -> Claim | None:
    """The first claim of the charger's own side that denies energy, if any."""
    return next((claim for claim in voices if claim.denies and claim.name not in ("lock", "vehicle", "rest")), None)


def _faults(station: Station, connector: Connector) -> Claim:
    found = faults(station, connector)
    return Claim("faults", 0, found[0].info) if found else Claim("faults", None)


def _authorization(station: Station, connector: Connector) -> Claim:
    session = connector.session
    if session is None and connector.held is not None:
        return Claim("authorization", 0, "The cable is locked until the card that charged here is presented")
    if session is None:
        return Claim("authorization", 0, "No card has been presented")
    if session.stopping is not None:
        return Claim("authorization", 0, "The session has been stopped")
    unknown = connector.reading is None
    if session.refused is not None and (unknown or allowance_wh(station, session, connector) <= 0):
        return Claim("authorization", 0, f"The central system says of the card: {session.refused}")
    return Claim("authorization", None)


def allowance_wh(station: Station, session: Session, connector: Connector) -> int:
    """What is left of MaxEnergyOnInvalidId since the central system refused the tag, less what may flow unseen
    until the next reading; at most that much flows (OCPP 1.6 section 9.1.18)."""
    reading = connector.reading or session.checkpoint
    used_wh = max(0, reading.energy_wh - session.refused_at_wh)
    return number(station.configuration, "MaxEnergyOnInvalidId") - used_wh - _unseen_wh(connector)


def _unseen_wh(connector: Connector) -> int:
    return ceil(connector.fitting.max_current_ma * VOLT_PHASES * UNSEEN_S / 1000 / 3600)


def _operative(station: Station, connector: Connector) -> Claim:
    if is_operative(station, connector):
        return Claim("operative", None)
    return Claim("operative", 0, "The operator has taken it out of service")


def is_operative(station: Station, connector: Connector) -> bool:
    """Neither the station nor the connector is out of service; a running session may end first."""
    return connector.operative and (station.operative or connector.scheduled_inoperative)


def _lock(connector: Connector) -> Claim:
    return Claim("lock", None) if connector.secured else Claim("lock", 0, "The plug is not locked yet")


def _vehicle(connector: Connector) -> Claim:
    if connector.vehicle in (Vehicle.ASKING, Vehicle.UNSENSED):
        return Claim("vehicle", None)
    if connector.vehicle is Vehicle.FAULTY:
        return Claim("vehicle", 0, HAZARDS["pilot"].fault.info)
    return Claim("vehicle", 0, "The car does not ask for energy" if connector.plugged else "No car is connected")


def _rest(connector: Connector, now_ms: int) -> Claim:
    if now_ms >= connector.rests_until_ms:
        return Claim("rest", None)
    return Claim("rest", 0, "The contactor rests a moment between switching")
