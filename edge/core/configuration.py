"""The OCPP configuration keys of the Core profile: type, access, default and check (OCPP 1.6 section 9.1, errata)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

MEASURANDS = (
    "Energy.Active.Import.Register",
    "Power.Active.Import",
    "Current.Import",
    "Voltage",
)
PHASE_ROTATIONS = ("NotApplicable", "Unknown", "RST", "RTS", "SRT", "STR", "TRS", "TSR")
MAX_ITEMS = 22

Check = Callable[[str], str | None]


def boolean(value: str) -> str | None:
    """`true` or `false`, in any case; None when it is neither."""
    return value.lower() if value.lower() in ("true", "false") else None


def integer(lowest: int = 0, highest: int = 2**31 - 1) -> Check:
    """A check for plain decimal digits within bounds."""

    def check(value: str) -> str | None:
        plain = value.isascii() and value.isdigit() and len(value) <= 10
        return str(int(value)) if plain and lowest <= int(value) <= highest else None

    return check


def measurands(value: str) -> str | None:
    """A comma-separated list of measurands that the meter port can give; one unknown item refuses the whole list."""
    items = [item.strip() for item in value.split(",") if item.strip()]
    known = all(item in MEASURANDS for item in items)
    return ",".join(items) if known and len(items) <= MAX_ITEMS else None


def phase_rotation(value: str) -> str | None:
    """`0.RST,1.Unknown,...`."""
    items = [item.strip() for item in value.split(",") if item.strip()]
    for item in items:
        number, _, rotation = item.partition(".")
        if not number.isdigit() or rotation not in PHASE_ROTATIONS:
            return None
    return ",".join(items)


@dataclass(frozen=True, slots=True)
class Key:
    """One configuration key: its default, and how a new value is checked (None: read-only)."""

    default: str
    check: Check | None = None


ENERGY = "Energy.Active.Import.Register"

KEYS: Mapping[str, Key] = MappingProxyType(
    {
        "AllowOfflineTxForUnknownId": Key("false", boolean),
        "AuthorizationCacheEnabled": Key("true", boolean),
        "AuthorizeRemoteTxRequests": Key("true", boolean),
        "ClockAlignedDataInterval": Key("0", integer()),
        "ConnectionTimeOut": Key("60", integer()),
        "ConnectorPhaseRotation": Key("0.Unknown,1.Unknown", phase_rotation),
        "GetConfigurationMaxKeys": Key("50"),
        "HeartbeatInterval": Key("300", integer()),
        "LocalAuthListEnabled": Key("true", boolean),
        "LocalAuthorizeOffline": Key("true", boolean),
        "LocalPreAuthorize": Key("false", boolean),
        "MaxEnergyOnInvalidId": Key("0", integer()),
        "MessageTimeout": Key("30", integer(1)),
        "MeterValuesAlignedData": Key(ENERGY, measurands),
        "MeterValuesSampledData": Key(f"{ENERGY},Power.Active.Import", measurands),
        "MeterValueSampleInterval": Key("60", integer()),
        "MinimumStatusDuration": Key("0", integer()),
        "NumberOfConnectors": Key("1"),
        "ResetRetries": Key("3", integer()),
        "StopTransactionOnEVSideDisconnect": Key("true", boolean),
        "StopTransactionOnInvalidId": Key("true", boolean),
        "StopTxnAlignedData": Key("", measurands),
        "StopTxnSampledData": Key("", measurands),
        "SupportedFeatureProfiles": Key("Core,RemoteTrigger"),
        "TransactionMessageAttempts": Key("3", integer(1)),
        "TransactionMessageRetryInterval": Key("60", integer()),
        "UnlockConnectorOnEVSideDisconnect": Key("true", boolean),
        "WebSocketPingInterval": Key("60", integer()),
    }
)
BY_LOWER_CASE = {name.lower(): name for name in KEYS}

Configuration = Mapping[str, str]


def is_on(configuration: Configuration, key: str) -> bool:
    """A boolean key."""
    return value(configuration, key) == "true"


def number(configuration: Configuration, key: str) -> int:
    """An integer key."""
    return int(value(configuration, key))


def items(configuration: Configuration, key: str) -> tuple[str, ...]:
    """A list key."""
    return tuple(item for item in value(configuration, key).split(",") if item)


def value(configuration: Configuration, key: str) -> str:
    """What was set, else the default. `key` must be spelt as in KEYS."""
    return configuration.get(key, KEYS[key].default)


def change(configuration: Configuration, key: str, new: str) -> tuple[Configuration, str]:
    """ChangeConfiguration: the configuration afterwards and the OCPP status."""
    name = BY_LOWER_CASE.get(key.lower())
    if name is None:
        return configuration, "NotSupported"
    check = KEYS[name].check
    accepted = None if check is None else check(new)
    if accepted is None:
        return configuration, "Rejected"
    return MappingProxyType({**configuration, name: accepted}), "Accepted"
