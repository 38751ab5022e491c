"""What a new station is told: the beginning of its settings file for `bollard edge run`, its key shown once."""

_SNIPPET = """\
# Station {identity}: settings for `bollard edge run --config …`.
identity = "{identity}"
data_dir = "data"

[csms]
url = "{url}"
{key}

[guardian]
socket = "guardian.sock"

# What each connector is made of is still to be said: at least its meter and its contactor. The README shows how,
# and `bollard edge check` tells what is missing.
{connectors}"""
_KEY = 'key = "{key}"  # shown only this once'
_NO_KEY = "# no key is needed where it stands"
_CONNECTOR = """
[[connectors]]
id = {number}
max_current_a = 32
phases = 3
"""


def station_settings(identity: str, url: str, key: bytes | None, connectors: int) -> str:
    """The text in TOML; without a key the station needs none where it stands."""
    places = "".join(_CONNECTOR.format(number=number) for number in range(1, connectors + 1))
    escaped = identity.replace("\\", "\\\\").replace('"', '\\"')
    secret = _NO_KEY if key is None else _KEY.format(key=key.hex())
    return _SNIPPET.format(identity=escaped, url=url, key=secret, connectors=places).rstrip()
