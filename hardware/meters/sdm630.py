"""Eastron SDM630 over Modbus TCP. Its float32 register of kWh is exact to the Wh up to 16 MWh."""

from hardware.meters.modbus import ModbusMeter, TcpSettings
from hardware.meters.register_maps import SDM630

Settings = TcpSettings


def make(settings: TcpSettings) -> ModbusMeter:
    """The meter; nothing is sent before the first reading."""
    return ModbusMeter(SDM630, settings)
