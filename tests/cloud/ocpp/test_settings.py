"""The central system's settings: read from the environment, every mistake named."""

from pathlib import Path

import pytest

from cloud.settings import SettingsError, expectations, from_environment


def test_defaults_need_no_environment() -> None:
    settings = from_environment({})
    assert settings.database_url == "sqlite:///bollard.db"
    assert not settings.https


def test_values_are_converted_and_foreign_keys_ignored() -> None:
    settings = from_environment({"BOLLARD_PORT": "0", "BOLLARD_BEHIND_HTTPS": "true", "PATH": "/bin"})
    assert settings.port == 0
    assert settings.https


def test_flags_win_unless_not_given() -> None:
    settings = from_environment({"BOLLARD_PORT": "1", "BOLLARD_HOST": "::1"}, port=2, host=None)
    assert (settings.port, settings.host) == (2, "::1")


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"BOLLARD_PROT": "1"}, ["BOLLARD_PROT", "did you mean BOLLARD_PORT?"]),
        ({"BOLLARD_port": "1"}, ["BOLLARD_port", "BOLLARD_PORT"]),
        ({"BOLLARD_XYZZY": "1"}, ["BOLLARD_XYZZY", "known are", "BOLLARD_DATABASE_URL"]),
        ({"BOLLARD_TRUSTED_PROXIES": "10.0.0.5, *"}, ["BOLLARD_TRUSTED_PROXIES", "such as 10.0.0.5"]),
        ({"BOLLARD_PORT": "80a"}, ["BOLLARD_PORT", "a port from 0 to 65535"]),
        ({"BOLLARD_PORT": "65536"}, ["BOLLARD_PORT", "a port from 0 to 65535"]),
        ({"BOLLARD_DATABASE_URL": "mysql://x/y"}, ["BOLLARD_DATABASE_URL", "postgresql://"]),
        ({"BOLLARD_TIME_ZONE": "Mars/Base"}, ["BOLLARD_TIME_ZONE", "Europe/Berlin"]),
        ({"BOLLARD_TIME_ZONE": "../../etc/passwd"}, ["BOLLARD_TIME_ZONE", "Europe/Berlin"]),
        ({"BOLLARD_PING_INTERVAL_S": "25"}, ["BOLLARD_PING_INTERVAL_S", "at most 30 s"]),
        ({"BOLLARD_PING_TIMEOUT_S": "inf"}, ["BOLLARD_PING_INTERVAL_S", "at most 30 s"]),
        ({"BOLLARD_PING_TIMEOUT_S": "nan"}, ["BOLLARD_PING_TIMEOUT_S", "expected seconds"]),
        ({"BOLLARD_TLS_CERT": "cert.pem"}, ["BOLLARD_TLS_CERT", "BOLLARD_TLS_KEY"]),
        ({"BOLLARD_TLS_CERT": "no.pem", "BOLLARD_TLS_KEY": "no.key"}, ["BOLLARD_TLS_CERT", "no file no.pem"]),
    ],
)
def test_mistakes_are_named_with_what_was_expected(environment: dict[str, str], words: list[str]) -> None:
    with pytest.raises(SettingsError) as refused:
        from_environment(environment)
    assert [word for word in words if word not in str(refused.value)] == []


def test_a_wrong_database_url_is_not_repeated_with_its_password() -> None:
    with pytest.raises(SettingsError) as refused:
        from_environment({"BOLLARD_DATABASE_URL": "mysql://me:secret@host/name"})
    assert "secret" not in str(refused.value)


def test_both_tls_files_make_it_https(tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.touch()
    key.touch()
    assert from_environment({}, tls_cert=str(cert), tls_key=str(key)).https


def test_every_setting_says_what_it_expects() -> None:
    assert all(expectations().values())
