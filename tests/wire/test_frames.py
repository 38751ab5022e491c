"""Frames: whatever comes in is either a frame or Malformed, and what we write can be read again."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bollard.wire.errors import ErrorCode, Malformed
from bollard.wire.frames import Call, Error, Frame, Result, decode, encode

TEXT = st.text(st.characters(codec="utf-8"))
SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | TEXT
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=8
)
OBJECTS = st.dictionaries(TEXT, JSON, max_size=4)
FRAMES: st.SearchStrategy[Frame] = (
    st.builds(Call, TEXT, TEXT, OBJECTS)
    | st.builds(Result, TEXT, OBJECTS)
    | st.builds(Error, TEXT, TEXT, st.text(st.characters(codec="utf-8"), max_size=255), OBJECTS)
)


def read(text: str | bytes) -> Frame | Malformed:
    try:
        return decode(text)
    except Malformed as malformed:
        return malformed


@given(FRAMES)
def test_what_is_written_can_be_read(frame: Frame) -> None:
    assert decode(encode(frame)) == frame
    assert decode(encode(frame).encode()) == frame


@given(st.text() | st.binary())
@example("[" * 100_000)
@example('{"a":' * 100_000)
@example("[2," + "9" * 10_000)
@example('[2,"\\ud800","a",{}]')
@example("\ud800")
@example('[2,"id","a",{"x":1e999}]')
@example('[2,"id","a",{"x":NaN}]')
def test_any_text_is_a_frame_or_malformed(text: str | bytes) -> None:
    read(text)


@given(JSON | st.lists(JSON | st.sampled_from([2, 3, 4, "id"]), max_size=6))
def test_any_json_is_a_frame_or_malformed(value: object) -> None:
    frame = read(json.dumps(value))
    assert isinstance(frame, Malformed) or isinstance(value, list)


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ('[2,"1","Heartbeat",{}]', Call("1", "Heartbeat", {})),
        ('[2,"1","Heartbeat",null]', Call("1", "Heartbeat", {})),
        (' [ 2 , "1" , "Heartbeat" , { } ] ', Call("1", "Heartbeat", {})),
        ('[3,"1",null]', Result("1", {})),
        ('[4,"1","GenericError","",{}]', Error("1", "GenericError")),
        ('[4,"1","FormatViolation"]', Error("1", "FormatViolation")),
        ('[4,"1","Own","sorry",null]', Error("1", "Own", "sorry")),
        ('[4,"1","Own",null,[1]]', Error("1", "Own")),
    ],
)
def test_what_others_write_is_understood(text: str, frame: Frame) -> None:
    assert decode(text) == frame


def test_a_message_id_longer_than_allowed_is_kept_as_it_is() -> None:
    assert decode(f'[2,"{"x" * 100}","Heartbeat",{{}}]') == Call("x" * 100, "Heartbeat", {})


def test_a_number_as_message_id_comes_back_as_a_number() -> None:
    call = decode('[2,7,"Heartbeat",{}]')
    assert call == Call(7, "Heartbeat", {})
    assert encode(Result(call.message_id, {})) == "[3,7,{}]"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "{}",
        "[]",
        "7",
        "[2]",
        '[2,true,"A",{}]',
        '[2,7.5,"A",{}]',
        '[1,"1"]',
        '[5,"1",{}]',
        '[3,"1"]',
        '[3,"1",[]]',
        '[4,"1",5]',
    ],
)
def test_what_nobody_waits_for_is_not_answered(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        decode(text)
    assert caught.value.message_id is None


@pytest.mark.parametrize(
    ("rest", "code"),
    [
        ("", ErrorCode.FORMATION_VIOLATION),
        (',"A"', ErrorCode.PROTOCOL_ERROR),
        (',"A",[]', ErrorCode.TYPE_CONSTRAINT_VIOLATION),
        (',"A","{}"', ErrorCode.TYPE_CONSTRAINT_VIOLATION),
        (",5,{}", ErrorCode.FORMATION_VIOLATION),
        (',"A",{},{}', ErrorCode.FORMATION_VIOLATION),
    ],
)
def test_a_broken_call_with_a_usable_id_can_be_refused(rest: str, code: ErrorCode) -> None:
    with pytest.raises(Malformed) as caught:
        decode(f'[2,"id"{rest}]')
    assert (caught.value.message_id, caught.value.code) == ("id", code)


@pytest.mark.parametrize(
    ("payload", "read"),
    [
        ('{"a":1,"a":1}', {"a": 1, "a (again)": 1}),
        ('{"a":[{"b":{},"b":[]}]}', {"a": [{"b": {}, "b (again)": []}]}),
        ('{"a":1,"\\u0061":2,"a":3}', {"a": 1, "a (again)": 2, "a (again) (again)": 3}),
    ],
)
def test_a_key_that_comes_again_is_one_more_key(payload: str, read: dict[str, object]) -> None:
    assert decode(f'[2,"id","A",{payload}]') == Call("id", "A", read)


def test_nesting_ends_at_sixteen_levels() -> None:
    def nested(levels: int) -> str:
        return '[2,"id","A",{"a":' + "[" * (levels - 2) + "]" * (levels - 2) + "}]"

    assert isinstance(decode(nested(16)), Call)
    with pytest.raises(Malformed, match="nested"):
        decode(nested(17))
    assert isinstance(decode('[2,"id","A",{"a":[' + ",".join(["{}"] * 100) + "]}]"), Call)


def test_the_text_of_an_error_is_cut_to_what_ocpp_allows() -> None:
    frame = decode(encode(Error("1", "GenericError", "x" * 1000)))
    assert isinstance(frame, Error)
    assert len(frame.text) == 255
