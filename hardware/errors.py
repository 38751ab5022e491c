"""What can go wrong with a part; every message says which part and what to check."""


class HardwareError(Exception):
    """A part is missing, wrongly wired or broken."""


class UnknownDriver(HardwareError):
    """The settings name a driver that the catalogue does not have."""


class BadPartSettings(HardwareError):
    """A driver was given settings it does not take."""


class LibraryMissing(HardwareError):
    """A package or the kind of machine that a driver needs is not there."""


class GpioFailed(HardwareError):
    """A GPIO pin cannot be claimed, driven or read."""


class I2cFailed(HardwareError):
    """A device on the I2C bus does not answer."""


class SensorSilent(HardwareError):
    """A sensor gives no value that can be believed."""


class ReaderSilent(HardwareError):
    """The card reader cannot tell which cards are there."""


class MeterSilent(HardwareError):
    """The meter did not answer in time."""


class MeterImplausible(HardwareError):
    """The meter answered something that cannot be."""


class ModbusSilent(HardwareError):
    """A device on a Modbus did not answer, or not what it was asked."""


class ModbusRefused(HardwareError):
    """A device on a Modbus answered with an exception."""


class LockStuck(HardwareError):
    """The cable lock did not follow its command."""


class GuardianLost(HardwareError):
    """The guardian process does not answer; everything must be taken for released."""


class GuardianTaken(HardwareError):
    """The guardian cannot have this socket, for example because another guardian serves it."""


class Occupied(HardwareError):
    """Parts are held by another program of ours."""


class WorldLost(HardwareError):
    """The simulated world does not answer."""


class WorldRefused(HardwareError):
    """The simulated world was asked for something that it does not know or that cannot be."""


class PortTaken(HardwareError):
    """A simulated world cannot serve on this port."""
