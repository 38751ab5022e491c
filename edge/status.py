"""What `bollard edge status` tells of a station, as plain values."""

from collections.abc import Iterable
from typing import Any

from edge.core.faults import clears, found, trips, warnings
from edge.core.flow import strayed_wh
from edge.core.output import why
from edge.core.state import Connector, Station
from edge.core.tags import masked
from edge.core.values import Fault, Moment

Answer = dict[str, Any]


def shown(station: Station, connector: Connector, now: Moment) -> Answer:
    """One connector."""
    session, reading = connector.session, connector.reading
    report = connector.output.report
    return {
        "connector": connector.id,
        "status": report.status.value,
        "error_code": report.error_code,
        "info": report.info,
        "since": when(connector.since, now),
        "reason": why(station, connector, now.mono_ms),
        "faults": [_told(station, source, fault) for source, fault in found(station, connector).items()],
        "vehicle": connector.vehicle.value if connector.vehicle is not None else None,
        "engaged": connector.engaged,
        "cable": _cable(connector),
        "meter_wh": reading.energy_wh if reading is not None else None,
        "meter_estimated": reading.estimated if reading is not None else None,
        "power_w": reading.power_w if reading is not None else None,
        "tag": masked(session.id_tag) if session is not None else None,
        "strayed_wh": strayed_wh(connector, reading) if "weld" in connector.faults else 0,
        "energy_wh": reading.energy_wh - session.meter_start_wh if session is not None and reading else None,
        "transaction_id": session.transaction_id if session is not None else None,
    }


def _cable(connector: Connector) -> str:
    if not connector.fitting.has_lock:
        return "fixed"
    return "locked" if connector.secured else "unlocked"


def troubles(station: Station) -> list[Answer]:
    """What is wrong with the whole station."""
    return _listed([*trips(station), *warnings(station)])


def _told(station: Station, source: str, fault: Fault) -> Answer:
    how = clears("unread" if source in station.unread else source)
    return {"error_code": fault.error_code, "info": fault.info, "clears": how.value}


def _listed(found: Iterable[Fault]) -> list[Answer]:
    return [{"error_code": fault.error_code, "info": fault.info} for fault in found]


def when(moment: Moment | None, now: Moment) -> Answer | None:
    """A moment of this run: how long ago, and the time of day if it is known."""
    if moment is None:
        return None
    ago_s = (now.mono_ms - moment.mono_ms) / 1000
    wall = now.moved_to(moment.mono_ms).wall
    return {"ago_s": round(ago_s, 1), "at": wall.isoformat(timespec="seconds") if wall is not None else None}
