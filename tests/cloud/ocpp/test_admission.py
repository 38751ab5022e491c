"""Identity and key are read from the handshake byte by byte."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.ocpp.admission import identity_of, key_of


def basic(credentials: bytes) -> str:
    return "Basic " + base64.b64encode(credentials).decode()


def test_the_reference_vector_of_the_standard() -> None:
    key = bytes.fromhex("0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF")
    assert key_of("Basic QUwxMDAwOgABAgMEBQYH////////////////", "AL1000") == key


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.binary())
def test_the_key_is_whatever_bytes_follow_the_identity(identity: str, key: bytes) -> None:
    assert key_of(basic(identity.encode() + b":" + key), identity) == key


@pytest.mark.parametrize(
    "header",
    [None, "", "Basic", "Basic !", "Basic QUI", "Bearer abc", basic(b"other:key"), basic(b"me"), basic(b"xme:key")],
)
def test_anything_else_is_no_key(header: str | None) -> None:
    assert key_of(header, "me") == b""


def test_the_identity_is_percent_decoded_once() -> None:
    assert identity_of(b"/ocpp/RDAM%20123") == "RDAM 123"
    assert identity_of(b"/ocpp/a%2Fb") == "a/b"
    assert identity_of(b"/ocpp/a%2520b") == "a%20b"
    assert identity_of(b"/ocpp/%C3%A9") == "é"


@pytest.mark.parametrize("path", [b"/ocpp/lab-1/", b"/ocpp//lab-1"])
def test_an_address_typed_with_a_slash_too_many_names_the_same_station(path: bytes) -> None:
    assert identity_of(path) == "lab-1"


def test_a_slash_of_the_identity_itself_is_encoded() -> None:
    assert identity_of(b"/ocpp/%2Flab%2F/") == "/lab/"


@pytest.mark.parametrize("path", [b"/ocpp/", b"/ocpp/%FF", b"/ocpp/a%00b", b"/ocpp/a%0Ab", b"/ocpp/" + b"a" * 256])
def test_what_cannot_be_an_identity_is_none(path: bytes) -> None:
    assert identity_of(path) is None
