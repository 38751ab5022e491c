"""What the log keeps of a message: everything but secrets, and not too much."""

import json
from typing import Any

import pytest

from cloud.domain.messages import CUT, LONGEST_TEXT, kept, kept_raw, with_masked_tags

SECRET = "S3cr3tK3y"

PAYLOADS: list[Any] = [
    {"key": "AuthorizationKey", "value": SECRET},
    {"key": "authorizationKEY", "value": SECRET},
    {"key": "VendorWifiPassword", "value": SECRET},
    {"configurationKey": [{"key": "AuthorizationKey", "readonly": False, "value": SECRET}], "unknownKey": []},
    {"configurationKey": {"key": "AuthorizationKey", "value": SECRET}},
    {"data": f'{{"AuthorizationKey":"{SECRET}"}}', "vendorId": "com.example"},
    {"AuthorizationKey": SECRET},
    {"settings": {"ftp_password": {"now": SECRET}}},
    {"location": f"ftp://user:{SECRET}@files.example/logs"},
    {"location": f"ftp://user:p@ss{SECRET}@files.example/logs"},
    {"location": f"https://user:a/b{SECRET}@files.example/logs"},
    {"location": f"https://store.example/logs/1?sv=2024&sig={SECRET}%3D&se=1"},
    {"data": f'{{"url":"https://store.example/logs?{SECRET}"}}'},
    {"location": f"https://store.example/logs#{SECRET}"},
    {"location": f"https://user:{SECRET}@files.example/logs?signature={SECRET}"},
    {"log": {"remoteLocation": f"sftp://{SECRET}@files.example"}},
]


@pytest.mark.parametrize("payload", PAYLOADS, ids=str)
def test_no_secret_is_kept(payload: dict[str, Any]) -> None:
    for separators in ((",", ":"), (", ", ": ")):
        text = kept(payload, json.dumps(payload, separators=separators))
        assert SECRET not in text
        assert "****" in text
    assert SECRET not in kept_raw(json.dumps(payload))
    assert SECRET not in kept_raw(json.dumps(payload).replace("/", "\\/"))


def test_everything_else_is_kept_as_it_is() -> None:
    payload = {"key": ["AuthorizationKey", "HeartbeatInterval"], "idTag": "04A1B2C3", "mail": "a@b.example"}
    encoded = json.dumps(payload, separators=(",", ":"))
    assert kept(payload, encoded) == encoded
    assert "files.example/logs" in kept({}, '{"location":"ftp://u:p@files.example/logs"}')


def test_long_text_is_cut_with_a_mark() -> None:
    text = kept({}, '{"data":"' + "x" * 100_000 + '"}')
    assert len(text) == LONGEST_TEXT
    assert text.endswith(CUT)


def test_tags_are_masked_for_screens_wherever_they_stand() -> None:
    text = '{"idTag":"04A1B2C3","idTagInfo":{"parentIdTag": "GROUP777"},"data":"{\\"idTag\\":\\"04A1B2C3\\"}"}'
    shown = with_masked_tags(text)
    assert "04A1B2C3" not in shown
    assert "GROUP777" not in shown
    assert '"idTag":"04A1****"' in shown
