"""The guardian's process as the settings describe it; it imports no more than it must."""

from edge.settings import Settings, part
from hardware.catalogue import make_contactor, make_input
from hardware.guardian import Guardian
from hardware.guardian import serve as serve_guardian


def serve(settings: Settings, *, stay: bool) -> None:
    """Own the contactors and trip inputs until told to end."""
    contactors = {c.id: make_contactor(part(c.contactor)) for c in settings.connectors}
    inputs = {name: make_input(part(table)) for name, table in settings.guardian.inputs.items()}
    settings.guardian.socket.parent.mkdir(parents=True, exist_ok=True)
    guardian = Guardian(contactors, inputs, round(settings.guardian.lease_s * 1000))
    serve_guardian(guardian, settings.guardian.socket, stay=stay)


def release(settings: Settings) -> None:
    """Open every contactor, once."""
    for connector in settings.connectors:
        contactor = make_contactor(part(connector.contactor))
        contactor.release()
        contactor.close()
