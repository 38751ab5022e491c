"""The charge point that the settings describe; apart from them, so that the guardian need not load the core."""

from pathlib import Path

from edge.core.state import Connector, Fitting, Station
from edge.core.values import Vehicle
from edge.settings import ConnectorSettings, Settings, configured

HIGHEST_V = 260


def station(path: Path, settings: Settings) -> Station:
    """The charge point that these settings describe, as the core sees it before it remembers anything."""
    connectors = {c.id: _connector(c) for c in sorted(settings.connectors, key=lambda c: c.id)}
    return Station(connectors, configured(path, settings), resume_within_s=settings.station.resume_within_s)


def _connector(connector: ConnectorSettings) -> Connector:
    vehicle = Vehicle.UNSENSED if connector.vehicle is None else None
    return Connector(connector.id, _fitting(connector), vehicle=vehicle)


def _fitting(connector: ConnectorSettings) -> Fitting:
    everything_kw = connector.max_current_a * connector.phases * HIGHEST_V / 1000
    return Fitting(
        round(connector.max_current_a * 1000),
        round((connector.max_power_kw or everything_kw) * 1000),
        has_lock=connector.lock is not None,
        has_indicator=connector.indicator is not None,
        has_pilot=connector.vehicle is not None and connector.limit is not None,
    )
