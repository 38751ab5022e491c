"""What is wrong with a connector, by source; one fault a source."""

from collections.abc import Mapping
from dataclasses import replace

from edge.core.state import Connector, Station
from edge.core.values import Fault


def with_fault(station: Station, connector: Connector, source: str, fault: Fault) -> Station:
    """The station with this fault at a connector."""
    return station.having(replace(connector, faults={**connector.faults, source: fault}))


def without_fault(connector: Connector, source: str) -> Connector:
    """The connector without the fault of this source."""
    if source not in connector.faults:
        return connector
    left: Mapping[str, Fault] = {key: fault for key, fault in connector.faults.items() if key != source}
    return replace(connector, faults=left)
