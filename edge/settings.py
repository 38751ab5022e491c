"""One frozen value from one TOML file; unknown keys and wrong values are refused with file, key and expectation."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

import msgspec
from msgspec import Meta, Struct

from edge.core.configuration import Configuration, change, keys
from hardware.ports import Part

Name = Annotated[str, Meta(min_length=1)]
INPUT_NAME = r"[A-Za-z0-9_-]{1,30}"
Identity = Annotated[str, Meta(min_length=1, max_length=48, pattern="^[^:]+$")]
PartTable = dict[str, Any]
LONGEST_SOCKET_PATH = 107


class SettingsError(Exception):
    """The settings file cannot be used; says which key and what was expected."""


class Csms(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the central system is. `key` is hex (32 to 40 digits) or plain text; `key_file` holds the same.

    After a lost connection about `retry_s` pass until the first new attempt, then twice as long up to 300 s.
    """

    url: Name
    key: str = ""
    key_file: Path | None = None
    ca_file: Path | None = None
    retry_s: Annotated[float, Meta(ge=0.5, le=300)] = 10.0

    def password(self) -> bytes:
        """The HTTP Basic password as raw bytes (security whitepaper, AuthorizationKey)."""
        text = self.key if self.key_file is None else _text("csms.key_file", self.key_file).strip()
        is_hex = 32 <= len(text) <= 40 and len(text) % 2 == 0 and all(c in "0123456789abcdefABCDEF" for c in text)
        return bytes.fromhex(text) if is_hex else text.encode()

    def check_files(self) -> None:
        """SettingsError names a file that this user cannot read."""
        self.password()
        if self.ca_file is not None:
            _text("csms.ca_file", self.ca_file)


class GuardianSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The guardian's socket and lease; `spawn` lets the agent bring a guardian when none listens there."""

    socket: Path
    lease_s: Annotated[float, Meta(ge=0.2, le=10)] = 2.0
    spawn: bool = True
    inputs: dict[str, PartTable] = {}


class StationSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What BootNotification says, and how the station behaves as a whole.

    `hard_reset` is the command that restarts the hardware; without it a Hard reset restarts the agent.
    """

    vendor: Annotated[str, Meta(min_length=1, max_length=20)] = "Bollard"
    model: Annotated[str, Meta(min_length=1, max_length=20)] = "Raspberry Pi"
    serial: Annotated[str, Meta(max_length=25)] = ""
    resume_within_s: Annotated[int, Meta(ge=0)] = 300
    hard_reset: tuple[Name, ...] = ()


class ConnectorSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """One connector and its parts; meter and contactor are indispensable.

    A meter that counts faster than `max_power_kw` is not believed; without it, than what all phases can carry.
    """

    id: Annotated[int, Meta(ge=1)]
    meter: PartTable
    contactor: PartTable
    max_current_a: Annotated[float, Meta(gt=0, le=1000)] = 32
    phases: Annotated[int, Meta(ge=1, le=3)] = 3
    max_power_kw: Annotated[float, Meta(gt=0)] | None = None
    vehicle: PartTable | None = None
    limit: PartTable | None = None
    lock: PartTable | None = None
    indicator: PartTable | None = None


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """The agent's settings file."""

    identity: Identity
    data_dir: Path
    csms: Csms
    guardian: GuardianSettings
    connectors: Annotated[tuple[ConnectorSettings, ...], Meta(min_length=1)]
    station: StationSettings = StationSettings()
    readers: tuple[PartTable, ...] = ()
    configuration: dict[str, str | int | bool] = {}

    @property
    def control_socket(self) -> Path:
        """Where the running agent answers the technician."""
        return self.data_dir / "control.sock"

    def made_data_dir(self) -> Path:
        """The folder of what the agent must not forget, for its own user alone; OSError when there can be none."""
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self.data_dir


def load(path: Path) -> Settings:
    """Read and check a settings file; SettingsError says what to mend. Relative paths count from the file's folder."""
    try:
        settings = msgspec.toml.decode(path.read_bytes(), type=Settings, dec_hook=_path)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: expected UTF-8 text, but byte {error.start} is none") from error
    except msgspec.MsgspecError as error:
        raise SettingsError(f"{path}: {error}") from error
    settings = _rooted(settings, path.resolve().parent)
    for mistake in _mistakes(settings):
        raise SettingsError(f"{path}: {mistake}")
    configured(path, settings)
    return settings


def _text(key: str, path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise SettingsError(f"{key}: {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{key}: {path} is no text") from error


def _path(kind: type[object], value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise TypeError(f"Expected a path, got {value!r}")


def _mistakes(settings: Settings) -> Iterator[str]:
    """What the types alone cannot see, each as one sentence."""
    numbers = [connector.id for connector in settings.connectors]
    if sorted(numbers) != list(range(1, len(numbers) + 1)):
        yield f"connectors: the ids must be 1, 2, ... without gaps, not {numbers}"
    for place, table in _parts(settings):
        if not isinstance(table.get("driver"), str):
            yield f"{place}: expected a key `driver` with the name of a driver"
    for reader in settings.readers:
        served = reader.get("connectors", numbers)
        if not isinstance(served, list) or not served or not all(number in numbers for number in served):
            yield f"readers: connectors: expected a list out of {numbers}, not {served!r}"
    yield from _misnamed(settings.guardian.inputs)
    url = urlsplit(settings.csms.url)
    if url.scheme not in ("ws", "wss") or not url.hostname or not _is_port(url):
        yield f"csms.url: expected ws:// or wss://, a host and perhaps a port, not {settings.csms.url!r}"
    if settings.csms.key and settings.csms.key_file is not None:
        yield "csms: expected either key or key_file, not both"
    for key, socket in (("data_dir", settings.control_socket), ("guardian.socket", settings.guardian.socket)):
        if len(os.fsencode(socket)) > LONGEST_SOCKET_PATH:
            yield f"{key}: {socket} is too long for a socket: expected at most {LONGEST_SOCKET_PATH} bytes"


def _misnamed(inputs: Iterable[str]) -> Iterator[str]:
    """A name is one word on the guardian's line, and has to fit into a StatusNotification."""
    for name in inputs:
        if re.fullmatch(INPUT_NAME, name) is None:
            yield f"guardian.inputs: expected a name of at most 30 letters, digits, - and _, not {name!r}"


def _is_port(url: SplitResult) -> bool:
    try:
        return url.port != 0
    except ValueError:
        return False


def _parts(settings: Settings) -> list[tuple[str, PartTable]]:
    found = [("readers", reader) for reader in settings.readers]
    found += [(f"guardian.inputs.{name}", table) for name, table in settings.guardian.inputs.items()]
    for connector in settings.connectors:
        for name in ("meter", "contactor", "vehicle", "limit", "lock", "indicator"):
            table: PartTable | None = getattr(connector, name)
            if table is not None:
                found.append((f"connectors {connector.id}: {name}", table))
    return found


def configured(path: Path, settings: Settings) -> Configuration:
    """The OCPP configuration keys of a station so built, set as the file says and checked like ChangeConfiguration."""
    connectors = settings.connectors
    lock, indicator = any(c.lock is not None for c in connectors), any(c.indicator is not None for c in connectors)
    configuration = Configuration(keys(len(connectors), lock=lock, indicator=indicator))
    for key, value in settings.configuration.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        configuration, status, said = change(configuration, key, text)
        if status != "Accepted":
            raise SettingsError(f"{path}: configuration: {said}")
    return configuration


def _rooted(settings: Settings, folder: Path) -> Settings:
    replace = msgspec.structs.replace
    csms, guardian = settings.csms, settings.guardian
    return replace(
        settings,
        data_dir=folder / settings.data_dir,
        csms=replace(
            csms,
            key_file=folder / csms.key_file if csms.key_file is not None else None,
            ca_file=folder / csms.ca_file if csms.ca_file is not None else None,
        ),
        guardian=replace(guardian, socket=folder / guardian.socket),
    )


def part(table: PartTable) -> Part:
    """The table of one part as the catalogue wants it."""
    return Part(str(table["driver"]), {key: value for key, value in table.items() if key != "driver"})


def reader_part(table: PartTable) -> Part:
    """The same for a reader, whose `connectors` are no business of its driver."""
    return part({key: value for key, value in table.items() if key != "connectors"})


def served(settings: Settings, reader: PartTable) -> tuple[int, ...]:
    """The connectors a reader serves; all of them unless it says otherwise."""
    named = reader.get("connectors")
    return tuple(named) if isinstance(named, list) else tuple(connector.id for connector in settings.connectors)
