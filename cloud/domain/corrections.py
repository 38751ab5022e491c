"""What an operator knows better than the reports of a session."""

from dataclasses import dataclass, replace
from datetime import datetime

from cloud.domain.errors import BadCorrection
from cloud.domain.reports import LARGEST_REGISTER_WH
from cloud.domain.sessions import Session, SessionState

LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Correction:
    """New figures and why; what is None stays as it is. `tariff` is a tariff's name. The reason stands on the bill."""

    reason: str
    energy_wh: int | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    tariff: str | None = None


def corrected(session: Session, correction: Correction, now: datetime) -> Session:
    """The session with the new figures, its review ended. Raises BadCorrection."""
    changed = replace(
        session,
        state=SessionState.FINISHED,
        energy_wh=session.energy_wh if correction.energy_wh is None else correction.energy_wh,
        started_at=correction.started_at or session.started_at,
        ended_at=correction.ended_at or session.ended_at,
        corrected_at=now,
    )
    if not 0 < len(correction.reason.strip()) <= LONGEST_REASON:
        raise BadCorrection(
            f"give the reason that shall stand on the bill, in at most {LONGEST_REASON} characters", "reason"
        )
    if not 0 <= changed.energy_wh <= LARGEST_REGISTER_WH:
        raise BadCorrection(f"{changed.energy_wh} Wh cannot be; give the energy delivered, 0 or more", "energy_wh")
    if changed.ended_at is None or not changed.started_at <= changed.ended_at <= now:
        raise BadCorrection(
            f"it cannot have begun {changed.started_at} and ended {changed.ended_at}; give its times", "ended_at"
        )
    return changed
