"""One TOML file: a full example loads, and every mistake is refused with the file, the key and what was expected."""

from pathlib import Path

import pytest

from edge.core.configuration import value
from edge.core.values import Vehicle
from edge.devices import make_parts, make_readers
from edge.fitting import station
from edge.settings import Settings, SettingsError, load, served
from hardware.errors import HardwareError

FULL = """
identity = "lab 1/é"
data_dir = "data"

[csms]
url = "wss://localhost:8443/ocpp"
key = "00112233445566778899aabbccddeeff00112233"
ca_file = "ca.pem"

[guardian]
socket = "guardian.sock"
lease_s = 1.5
spawn = false
[guardian.inputs.emergency_stop]
driver = "simulated"
world = "127.0.0.1:7700"
outlet = "lab-1/1"

[station]
vendor = "Somebody"
model = "Box"
serial = "42"
resume_within_s = 60

[[readers]]
connectors = [2]
driver = "simulated"
world = "127.0.0.1:7700"
outlet = "lab-1/2"

[[connectors]]
id = 2
max_current_a = 16
phases = 1
[connectors.meter]
driver = "sdm630"
host = "127.0.0.1"
port = 1502
device_id = 2
[connectors.contactor]
driver = "simulated"
world = "127.0.0.1:7700"
outlet = "lab-1/2"
[connectors.lock]
driver = "simulated"
world = "127.0.0.1:7700"
outlet = "lab-1/2"

[[connectors]]
id = 1
[connectors.meter]
driver = "simulated"
world = "127.0.0.1:7700"
outlet = "lab-1/1"
[connectors.contactor]
driver = "simulated"
world = "127.0.0.1:7700"
outlet = "lab-1/1"
[connectors.vehicle]
driver = "simulated"
world = "127.0.0.1:7700"
outlet = "lab-1/1"

[configuration]
MeterValueSampleInterval = 10
LocalPreAuthorize = true
MeterValuesSampledData = "Voltage"
"""


def loaded(folder: Path, text: str = FULL) -> tuple[Path, Settings]:
    path = folder / "edge.toml"
    path.write_text(text)
    return path, load(path)


def test_a_full_file_loads(tmp_path: Path) -> None:
    path, settings = loaded(tmp_path)
    charger = station(path, settings)
    assert settings.identity == "lab 1/é"
    assert (settings.guardian.lease_s, settings.guardian.spawn) == (1.5, False)
    assert list(charger.connectors) == [1, 2]
    assert [c.fitting.max_current_ma for c in charger.connectors.values()] == [32_000, 16_000]
    assert [c.fitting.has_lock for c in charger.connectors.values()] == [False, True]
    assert [c.vehicle for c in charger.connectors.values()] == [None, Vehicle.UNSENSED]
    assert charger.resume_within_s == 60
    assert value(charger.configuration, "MeterValueSampleInterval") == "10"
    assert value(charger.configuration, "LocalPreAuthorize") == "true"
    assert value(charger.configuration, "MeterValuesSampledData") == "Voltage"
    assert value(charger.configuration, "NumberOfConnectors") == "2"
    assert value(charger.configuration, "UnlockConnectorOnEVSideDisconnect") == "true"
    assert "LightIntensity" not in charger.configuration.keys


def test_a_reader_serves_every_connector_unless_it_says_otherwise(tmp_path: Path) -> None:
    _, settings = loaded(tmp_path)
    assert served(settings, settings.readers[0]) == (2,)
    _, settings = loaded(tmp_path, FULL.replace("connectors = [2]", ""))
    assert sorted(served(settings, settings.readers[0])) == [1, 2]


def test_relative_paths_count_from_the_file_and_absolute_ones_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    _, settings = loaded(tmp_path, FULL.replace('"guardian.sock"', '"/run/bollard/guardian.sock"'))
    assert settings.data_dir == tmp_path / "data"
    assert settings.csms.ca_file == tmp_path / "ca.pem"
    assert settings.control_socket == tmp_path / "data/control.sock"
    assert settings.guardian.socket == Path("/run/bollard/guardian.sock")


@pytest.mark.parametrize(
    ("key", "password"),
    [
        ("00112233445566778899aabbccddeeff", bytes.fromhex("00112233445566778899aabbccddeeff")),
        ("00112233445566778899AABBCCDDEEFF00112233", bytes.fromhex("00112233445566778899aabbccddeeff00112233")),
        ("00112233", b"00112233"),
        ("00112233445566778899aabbccddeefg", b"00112233445566778899aabbccddeefg"),
        ("geheim wörtlich", "geheim wörtlich".encode()),
        ("", b""),
    ],
)
def test_a_key_is_hex_or_text(tmp_path: Path, key: str, password: bytes) -> None:
    example = "00112233445566778899aabbccddeeff00112233"
    assert loaded(tmp_path, FULL.replace(example, key))[1].csms.password() == password
    (tmp_path / "key").write_text(f"{key}\n")
    text = FULL.replace(f'key = "{example}"', 'key_file = "key"')
    assert loaded(tmp_path, text)[1].csms.password() == password


METER_1 = """id = 1
[connectors.meter]
driver = "simulated"
world = "127.0.0.1:7700"
outlet = "lab-1/1"
"""
MISTAKES = {
    "an unknown key": ('data_dir = "data"', 'data_dir = "data"\ncolour = "red"', "colour"),
    "an unknown key in a table": ("lease_s = 1.5", "leese_s = 1.5", "unknown field `leese_s` - at `$.guardian`"),
    "an unknown table": ("[station]", "[stations]", "stations"),
    "text for a number": ("max_current_a = 16", 'max_current_a = "16"', r"Expected `float`, got `str` - at `$.conn"),
    "a number for text": ('vendor = "Somebody"', "vendor = 1", "Expected `str`, got `int` - at `$.station.vendor`"),
    "a number for a path": ('data_dir = "data"', "data_dir = 1", "$.data_dir"),
    "a lease too long": ("lease_s = 1.5", "lease_s = 60", "<= 10.0 - at `$.guardian.lease_s`"),
    "no current": ("max_current_a = 16", "max_current_a = 0", "`float` > 0.0 - at `$.connectors[0].max_current_a`"),
    "five phases": ("phases = 1", "phases = 5", "`int` <= 3 - at `$.connectors[0].phases`"),
    "no meter": (METER_1, "id = 1\n", "missing required field `meter` - at `$.connectors[1]`"),
    "no identity": ('identity = "lab 1/é"\n', "", "missing required field `identity`"),
    "a colon in the identity": ('"lab 1/é"', '"lab:1"', "$.identity"),
    "an empty identity": ('"lab 1/é"', '""', "$.identity"),
    "an identity too long": ("lab 1/é", "x" * 49, "length <= 48 - at `$.identity`"),
    "a gap in the ids": ("id = 2\n", "id = 3\n", "connectors: the ids must be 1, 2, ... without gaps, not [3, 1]"),
    "an id twice": ("id = 2\n", "id = 1\n", "without gaps, not [1, 1]"),
    "a connector 0": ("id = 1\n", "id = 0\n", "$.connectors[1].id"),
    "a reader of an unknown connector": ("connectors = [2]", "connectors = [3]", "out of [2, 1], not [3]"),
    "a reader of none": ("connectors = [2]", "connectors = []", "out of [2, 1], not []"),
    "a reader of nonsense": ("connectors = [2]", "connectors = [[2]]", "out of [2, 1], not [[2]]"),
    "a reader of a single one": ("connectors = [2]", "connectors = 2", "out of [2, 1], not 2"),
    "no driver": ('driver = "sdm630"\n', "", "connectors 2: meter: expected a key `driver`"),
    "an input of two words": (
        "inputs.emergency_stop",
        'inputs."rear door"',
        "letters, digits, - and _, not 'rear",
    ),
    "an input without a driver": ('stop]\ndriver = "simulated"', "stop]", "guardian.inputs.emergency_stop: expected"),
    "an unknown configuration key": (
        "LocalPreAuthorize",
        "LocalPreAuthorise",
        "configuration: 'LocalPreAuthorise' is no",
    ),
    "a read-only configuration key": (
        "LocalPreAuthorize = true",
        "NumberOfConnectors = 3",
        "NumberOfConnectors is read",
    ),
    "a negative interval": (
        "Interval = 10",
        "Interval = -1",
        "MeterValueSampleInterval does not take '-1': expected a whole number from 0",
    ),
    "a measurand that no meter has": (
        '"Voltage"',
        '"SoC"',
        "MeterValuesSampledData does not take 'SoC': expected at most 22 of Energy.Active",
    ),
    "a number with a fraction": ("Interval = 10", "Interval = 1.5", "$.configuration[...]"),
    "a web address": (
        "wss://localhost:8443/ocpp",
        "https://localhost:8443/ocpp",
        "csms.url: expected ws:// or wss://, a host",
    ),
    "no address": ("wss://localhost:8443/ocpp", "", "at `$.csms.url`"),
    "no host": ("wss://localhost:8443/ocpp", "wss:///ocpp", "csms.url: expected ws:// or wss://, a host"),
    "no port": ("localhost:8443", "localhost:99999", "csms.url: expected ws:// or wss://, a host"),
    "a key and a key file": ("[csms]", '[csms]\nkey_file = "key"', "csms: expected either key or key_file"),
    "no TOML": ("[csms]", "[csms", "edge.toml"),
}


@pytest.mark.parametrize(("before", "after", "told"), MISTAKES.values(), ids=MISTAKES.keys())
def test_mistakes_are_refused_with_file_and_key(tmp_path: Path, before: str, after: str, told: str) -> None:
    assert before in FULL
    with pytest.raises(SettingsError) as refused:
        loaded(tmp_path, FULL.replace(before, after, 1))
    assert str(refused.value).startswith(f"{tmp_path}/edge.toml: ")
    assert told in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml: cannot be read: No such file"):
        load(tmp_path / "nowhere.toml")


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "edge.toml").write_bytes(FULL.encode("latin-1"))
    with pytest.raises(SettingsError, match=r"edge\.toml: .*UTF-8"):
        load(tmp_path / "edge.toml")


def test_a_key_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    _, settings = loaded(tmp_path, FULL.replace('key = "', 'key_file = "'))
    with pytest.raises(SettingsError, match=r"key_file: .*00112233.* cannot be read"):
        settings.csms.password()


def test_a_folder_too_deep_for_a_socket_is_refused(tmp_path: Path) -> None:
    deep = "d" * 100
    with pytest.raises(SettingsError, match=r"data_dir: .* too long for a socket"):
        loaded(tmp_path, FULL.replace('"data"', f'"{deep}"'))
    with pytest.raises(SettingsError, match=r"guardian\.socket: .* too long for a socket"):
        loaded(tmp_path, FULL.replace('"guardian.sock"', f'"{deep}"'))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            'driver = "sdm630"',
            'driver = "sdm640"',
            "connector 2: meter: there is no driver 'sdm640'; known: abb-b21, ",
        ),
        (
            "port = 1502",
            'port = "1502"',
            "connector 2: meter, driver 'sdm630': Expected `int`, got `str` - at `$.port`",
        ),
        (
            "device_id = 2",
            "device_id = 2\nconnectors = [2]",
            "connector 2: meter, driver 'sdm630': Object contains unknown",
        ),
        ("device_id = 2", "device = 2", "connector 2: meter, driver 'sdm630': "),
    ],
)
async def test_a_part_that_cannot_be_made_is_named(tmp_path: Path, before: str, after: str, told: str) -> None:
    _, settings = loaded(tmp_path, FULL.replace(before, after))
    with pytest.raises(HardwareError) as refused:
        make_parts(settings.connectors[0])
    assert str(refused.value).startswith(told)


async def test_a_reader_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    _, settings = loaded(tmp_path, FULL.replace('[2]\ndriver = "simulated"', '[2]\ndriver = "mifare"'))
    with pytest.raises(HardwareError, match="reader: there is no driver 'mifare'; known: keyboard, mfrc522, "):
        make_readers(settings)
