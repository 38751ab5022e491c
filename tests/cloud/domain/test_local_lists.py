"""What a station should hold, and the messages that bring it there."""

from hypothesis import given
from hypothesis import strategies as st

from cloud.domain.local_lists import LocalList, applied, next_message, same_version

INFO = st.sampled_from(["Accepted", "Blocked"]).map(lambda status: {"status": status})
ENTRIES = st.dictionaries(st.sampled_from("ABCDEFGH"), INFO, max_size=8)


@given(ENTRIES, st.none() | ENTRIES, st.integers(1, 9))
def test_messages_lead_to_what_is_wanted_in_as_few_as_can_be(
    wanted: dict[str, dict[str, str]], held: dict[str, dict[str, str]] | None, per_message: int
) -> None:
    room = max(len(wanted), len(held or {}))
    before, version = held, 0
    while message := next_message(wanted, before, version + 1, per_message):
        version = message["listVersion"]
        assert len(message["localAuthorizationList"]) <= per_message
        before = applied(before, message)
        assert before is not None
        assert len(before) <= room
    assert before == wanted
    changes = len(wanted) if held is None else sum(held.get(tag) != wanted.get(tag) for tag in {*held, *wanted})
    assert version == max(-(-changes // per_message), held is None)


def test_what_cannot_be_known() -> None:
    difference = {"updateType": "Differential", "localAuthorizationList": [{"idTag": "A", "idTagInfo": {}}]}
    assert applied(None, difference) is None
    assert applied(None, difference | {"updateType": "Full"}) == {"A": {}}
    assert applied({"A": {}}, {"updateType": "Full"}) == {}


def test_an_empty_list_is_version_0_whatever_it_was_sent_as() -> None:
    some = {"A": {"status": "Accepted"}}
    assert same_version(LocalList(1, version=3, held={}), 0)
    assert not same_version(LocalList(1, version=3, held={}), 3)
    assert same_version(LocalList(1, version=3, held=some), 3)
    assert not same_version(LocalList(1, version=3, held=some), 0)
    assert not same_version(LocalList(1, version=3, held=None), 3)
