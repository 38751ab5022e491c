"""The OCPP configuration keys of the Core profile: type, access, default, range (OCPP 1.6 section 9.1, errata 4.0)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

MEASURANDS = (
    "Energy.Active.Import.Register",
    "Power.Active.Import",
    "Current.Import",
    "Current.Offered",
    "Voltage",
)
PHASES: Mapping[str, tuple[str, ...]] = {
    "Current.Import": ("L1", "L2", "L3"),
    "Voltage": ("L1", "L2", "L3", "L1-N", "L2-N", "L3-N"),
}
PHASE_ROTATIONS = ("NotApplicable", "Unknown", "RST", "RTS", "SRT", "STR", "TRS", "TSR")
MAX_ITEMS = 22
ENERGY = "Energy.Active.Import.Register"
PROFILES = ("Core", "RemoteTrigger")


@dataclass(frozen=True, slots=True)
class Kind:
    """The values a key takes: in words, and as a function that gives what is kept of a value, None if it is refused."""

    expected: str
    taken: Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Key:
    """One configuration key: its default, and what it takes (None: read-only)."""

    default: str
    kind: Kind | None = None


def _boolean(value: str) -> str | None:
    return value.lower() if value.lower() in ("true", "false") else None


def integer(lowest: int = 0, highest: int = 2**31 - 1) -> Kind:
    """Plain decimal digits within bounds: no sign, no fraction."""

    def taken(value: str) -> str | None:
        plain = value.isascii() and value.isdigit() and len(value) <= 10
        return str(int(value)) if plain and lowest <= int(value) <= highest else None

    return Kind(f"a whole number from {lowest} to {highest}", taken)


def measurand(item: str) -> tuple[str, str | None] | None:
    """An item of a measurand list as name and phase (`Voltage.L1`: None without one); None if it cannot be measured."""
    if item in MEASURANDS:
        return item, None
    name, _, phase = item.rpartition(".")
    return (name, phase) if phase in PHASES.get(name, ()) else None


def _measurands(value: str) -> str | None:
    wanted = _listed(value)
    known = len(wanted) <= MAX_ITEMS and all(measurand(item) for item in wanted)
    return ",".join(dict.fromkeys(wanted)) if known else None


def phase_rotation(connectors: int) -> Kind:
    """`0.RST,1.Unknown,...`: every connector at most once; 0 is the station's own supply."""

    def taken(value: str) -> str | None:
        given = dict(item.split(".", 1) for item in _listed(value) if "." in item)
        known = all(number in numbers and rotation in PHASE_ROTATIONS for number, rotation in given.items())
        return ",".join(_listed(value)) if known and len(given) == len(_listed(value)) else None

    numbers = [str(number) for number in range(connectors + 1)]
    return Kind(f"items like 0.RST, one for each of the connectors 0 to {connectors} at most", taken)


def _listed(value: str) -> list[str]:
    return [item.strip() for item in value.split(",") if item.strip()]


BOOLEAN = Kind("true or false", _boolean)
INTEGER = integer()
MEASURAND_LIST = Kind(
    f"at most {MAX_ITEMS} of {', '.join(MEASURANDS)}; {' and '.join(PHASES)} also by phase (Voltage.L1)", _measurands
)

ALWAYS: Mapping[str, Key] = {
    "AllowOfflineTxForUnknownId": Key("false", BOOLEAN),
    "AuthorizationCacheEnabled": Key("true", BOOLEAN),
    "AuthorizeRemoteTxRequests": Key("true", BOOLEAN),
    "ClockAlignedDataInterval": Key("0", INTEGER),
    "ConnectionTimeOut": Key("60", INTEGER),
    "GetConfigurationMaxKeys": Key("50"),
    "HeartbeatInterval": Key("300", INTEGER),
    "LocalAuthListEnabled": Key("true", BOOLEAN),
    "LocalAuthorizeOffline": Key("true", BOOLEAN),
    "LocalPreAuthorize": Key("false", BOOLEAN),
    "MaxEnergyOnInvalidId": Key("0", INTEGER),
    "MessageTimeout": Key("30", integer(1)),
    "MeterValuesAlignedData": Key(ENERGY, MEASURAND_LIST),
    "MeterValuesAlignedDataMaxLength": Key(str(MAX_ITEMS)),
    "MeterValuesSampledData": Key(f"{ENERGY},Power.Active.Import", MEASURAND_LIST),
    "MeterValuesSampledDataMaxLength": Key(str(MAX_ITEMS)),
    "MeterValueSampleInterval": Key("60", INTEGER),
    "MinimumStatusDuration": Key("0", INTEGER),
    "ResetRetries": Key("3", INTEGER),
    "StopTransactionMaxMeterValues": Key("200"),
    "StopTransactionOnEVSideDisconnect": Key("true", BOOLEAN),
    "StopTransactionOnInvalidId": Key("true", BOOLEAN),
    "StopTxnAlignedData": Key("", MEASURAND_LIST),
    "StopTxnAlignedDataMaxLength": Key(str(MAX_ITEMS)),
    "StopTxnSampledData": Key("", MEASURAND_LIST),
    "StopTxnSampledDataMaxLength": Key(str(MAX_ITEMS)),
    "SupportedFeatureProfiles": Key(",".join(PROFILES)),
    "SupportedFeatureProfilesMaxLength": Key(str(len(PROFILES))),
    "TransactionMessageAttempts": Key("3", integer(1)),
    "TransactionMessageRetryInterval": Key("60", INTEGER),
    "WebSocketPingInterval": Key("60", INTEGER),
}
LOCKABLE: Mapping[str, Key] = {"UnlockConnectorOnEVSideDisconnect": Key("true", BOOLEAN)}
FIXED: Mapping[str, Key] = {"UnlockConnectorOnEVSideDisconnect": Key("false")}
LIT: Mapping[str, Key] = {"BlinkRepeat": Key("3", INTEGER), "LightIntensity": Key("100", integer(0, 100))}


def keys(connectors: int = 1, *, lock: bool = False, indicator: bool = False) -> Mapping[str, Key]:
    """The keys of a station so built, in the order of the alphabet."""
    numbered = {
        "ConnectorPhaseRotation": Key(
            ",".join(f"{number}.Unknown" for number in range(connectors + 1)), phase_rotation(connectors)
        ),
        "ConnectorPhaseRotationMaxLength": Key(str(connectors + 1)),
        "NumberOfConnectors": Key(str(connectors)),
    }
    every = {**ALWAYS, **numbered, **(LOCKABLE if lock else FIXED), **(LIT if indicator else {})}
    return dict(sorted(every.items(), key=lambda item: item[0].lower()))


@dataclass(frozen=True, slots=True)
class Configuration:
    """A station's table of keys, and what was set in place of their defaults."""

    keys: Mapping[str, Key] = field(default_factory=keys)
    values: Mapping[str, str] = field(default_factory=dict)

    def named(self, key: str) -> str | None:
        """The key as the table spells it, None if there is none; keys compare without case."""
        return next((name for name in self.keys if name.lower() == key.lower()), None)


def is_on(configuration: Configuration, key: str) -> bool:
    """A boolean key."""
    return value(configuration, key) == "true"


def number(configuration: Configuration, key: str) -> int:
    """An integer key."""
    return int(value(configuration, key))


def items(configuration: Configuration, key: str) -> tuple[str, ...]:
    """A list key."""
    return tuple(_listed(value(configuration, key)))


def value(configuration: Configuration, key: str) -> str:
    """What was set, else the default. `key` must be spelt as in the table."""
    return configuration.values.get(key, configuration.keys[key].default)


def change(configuration: Configuration, key: str, new: str) -> tuple[Configuration, str, str]:
    """ChangeConfiguration: the configuration afterwards, the OCPP status, and a sentence that says why."""
    name = configuration.named(key)
    if name is None:
        return configuration, "NotSupported", f"{key!r} is no configuration key of this charge point"
    kind = configuration.keys[name].kind
    if kind is None:
        return configuration, "Rejected", f"{name} is read-only"
    taken = kind.taken(new)
    if taken is None:
        return configuration, "Rejected", f"{name} does not take {new!r}: expected {kind.expected}"
    said = f"{name} was {value(configuration, name)!r} and is now {taken!r}"
    return replace(configuration, values={**configuration.values, name: taken}), "Accepted", said


def remembered(configuration: Configuration, stored: Mapping[str, str]) -> tuple[Configuration, list[str]]:
    """The configuration with what was set before a restart, and a sentence for each value that is no longer taken."""
    complaints = []
    for key, text in stored.items():
        configuration, status, said = change(configuration, key, text)
        if status != "Accepted":
            complaints.append(f"a stored setting is ignored: {said}")
    return configuration, complaints
