"""How stations are let in, as the operator says it."""

import json
import tomllib

import pytest

from cloud.services import access
from tests.cloud.cli.conftest import Refused, Type, run


def admitted(url: str, key: bytes, remote: str = "10.2.0.1") -> bool:
    return run(url, lambda db: db.read(lambda conn: access.authenticate(conn, "lab-1", key, remote))) is not None


@pytest.mark.usefixtures("furnished")
def test_a_key_is_renewed(type_: Type, database_url: str) -> None:
    first = bytes.fromhex(json.loads(type_("new-key", "lab-1", "--json"))["key"])
    assert admitted(database_url, first)
    second = bytes.fromhex(type_("new-key", "lab-1").splitlines()[-1])
    assert (admitted(database_url, first), admitted(database_url, second)) == (False, True)


@pytest.mark.usefixtures("furnished")
def test_a_station_is_let_in_without_a_key_from_one_network(type_: Type, database_url: str) -> None:
    assert "from 10.1.0.0/16, and from nowhere else" in type_("no-key", "lab-1", "10.1.0.0/16")
    assert type_("stations").splitlines()[1].split()[4] == "10.1.0.0/16"
    assert (admitted(database_url, b"", "10.1.0.1"), admitted(database_url, b"")) == (True, False)
    with pytest.raises(Refused, match="every address of the world"):
        type_("no-key", "lab-1", "0.0.0.0/0")
    with pytest.raises(Refused) as refused:
        type_("no-key", "lab-1", "10.1.0.0/99")
    assert str(refused.value) == "'10.1.0.0/99' is not a network such as 10.1.0.0/16\n"
    with pytest.raises(Refused, match=r"give the network itself, 10\.1\.0\.0/16"):
        type_("no-key", "lab-1", "10.1.2.3/16")


def test_a_station_is_added_without_a_key(type_: Type, database_url: str) -> None:
    settings = tomllib.loads(type_("add-station", "lab-1", "--no-key", "10.1.0.0/16"))
    assert "key" not in settings["csms"]
    assert (admitted(database_url, b"", "10.1.0.1"), admitted(database_url, b"")) == (True, False)
    with pytest.raises(Refused, match="is not a network"):
        type_("add-station", "lab-2", "--no-key", "home")
    assert "lab-2" not in type_("stations")


@pytest.mark.usefixtures("furnished")
def test_a_station_is_disabled_and_enabled(type_: Type, database_url: str) -> None:
    key = bytes.fromhex(json.loads(type_("new-key", "lab-1", "--json"))["key"])
    assert type_("disable-station", "lab-1") == "lab-1 is not let in any more\n"
    assert (admitted(database_url, key), type_("stations").splitlines()[1].split()[4]) == (False, "disabled")
    assert type_("enable-station", "lab-1") == "lab-1 may come back\n"
    assert admitted(database_url, key)
