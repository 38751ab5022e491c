"""Why a tag was refused, in the trace of its station."""

from cloud.domain.diagnosis.conversation import Conversation, Exchange, Facts
from cloud.domain.diagnosis.tags import asked_for, refused
from cloud.domain.messages import Direction, Kind, Message
from tests.cloud.conftest import NOON


def authorized(tag: str, status: str) -> Exchange:
    message = Message(1, NOON, Direction.IN, Kind.CALL, "Authorize", "1")
    return Exchange(message, {"idTag": tag}, message, {"idTagInfo": {"status": status}})


def test_the_reason_for_blocked_is_told() -> None:
    talk = Conversation(heard=[authorized("04A1B2", "Blocked"), authorized("GHOST", "Invalid")])
    assert asked_for(talk) == {"04A1B2"}
    told = [
        each.what for each in refused(talk, Facts("lab-1", {}, refusals={"04A1B2": "no tariff applies to it here"}))
    ]
    assert "may not charge here: no tariff applies to it here" in told[0]
    assert "is not known here" in told[1]
