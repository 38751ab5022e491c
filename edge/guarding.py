"""The guardian's process as the settings describe it; it imports no more than it must."""

from edge.settings import ConnectorSettings, PartTable, Settings, part
from hardware.catalogue import make_contactor, make_input
from hardware.errors import HardwareError
from hardware.guardian import Guardian
from hardware.guardian import serve as serve_guardian
from hardware.ports import Contactor, Input


def serve(settings: Settings, *, stay: bool) -> None:
    """Own the contactors and trip inputs until told to end; HardwareError names the one that cannot be used."""
    settings.guardian.socket.parent.mkdir(parents=True, exist_ok=True)
    serve_guardian(lambda: _guardian(settings), settings.guardian.socket, stay=stay)


def _guardian(settings: Settings) -> Guardian:
    contactors = {c.id: _contactor(c) for c in settings.connectors}
    inputs = {name: _input(name, table) for name, table in settings.guardian.inputs.items()}
    return Guardian(contactors, inputs, round(settings.guardian.lease_s * 1000))


def release(settings: Settings) -> None:
    """Open every contactor, once; HardwareError names those that cannot be opened, after all have been tried."""
    failed = []
    for connector in settings.connectors:
        try:
            contactor = _contactor(connector)
            contactor.release()
            contactor.close()
        except HardwareError as error:
            failed.append(str(error))
    if failed:
        raise HardwareError("; ".join(failed))


def _contactor(connector: ConnectorSettings) -> Contactor:
    try:
        return make_contactor(part(connector.contactor))
    except HardwareError as error:
        raise type(error)(f"connector {connector.id}: {error}") from error


def _input(name: str, table: PartTable) -> Input:
    try:
        return make_input(part(table))
    except HardwareError as error:
        raise type(error)(f"guardian.inputs.{name}: {error}") from error
