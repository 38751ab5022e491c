"""Keys of programs, as typed."""

import json

import pytest

from cloud.services import api_keys
from tests.cloud.cli.conftest import Refused, Type, run
from tests.cloud.web.conftest import NOW


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: the queries have tests on both."""
    return sqlite_url


def test_a_key_is_made_listed_and_revoked(type_: Type, database_url: str) -> None:
    type_("create-user", "ada", "--generate", "--role", "viewer")
    text = type_("make-api-key", "billing", "--user", "ada", "--may", "look", "--days", "0").splitlines()[-1]

    def good() -> bool:
        return run(database_url, lambda db: db.read(lambda conn: api_keys.authenticate(conn, text, NOW))) is not None

    assert good()
    assert text not in type_("api-keys", "--json")
    assert type_("api-keys").splitlines()[1].split() == ["1", "billing", "ada", "look", "never", "never"]
    assert json.loads(type_("revoke-api-key", "1", "--json")) == {"id": 1, "revoked": True}
    assert not good()
    with pytest.raises(Refused, match="ada may not command"):
        type_("make-api-key", "more", "--user", "ada", "--may", "command")
    with pytest.raises(Refused, match="there is no API key 7"):
        type_("revoke-api-key", "7")
