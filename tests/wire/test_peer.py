"""Peer: who may speak when, what is answered, and what becomes of calls when the connection ends."""

import asyncio
from typing import Any

import pytest

from bollard.wire.errors import BadAnswer, CallError, Disconnected, ErrorCode, Malformed, NoAnswer, Timeout
from bollard.wire.frames import Call, Error, Frame, Result, decode, encode
from bollard.wire.peer import LONGEST_QUEUE, Peer, validated

NOW = {"currentTime": "2026-11-21T10:30:19.000Z"}


class Wire:
    """A Peer whose frames are collected, and whose handler answers when the test lets it."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[Frame] = asyncio.Queue()
        self.seen: list[Frame | Malformed] = []
        self.asked: asyncio.Queue[tuple[str, asyncio.Future[dict[str, Any]]]] = asyncio.Queue()
        self.peer = Peer(self.send, self.handle, observe=lambda direction, frame: self.seen.append(frame))

    async def send(self, text: str) -> None:
        self.sent.put_nowait(decode(text))

    async def handle(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self.asked.put_nowait((action, answer))
        return await answer

    async def receive(self, *frames: Frame) -> None:
        for frame in frames:
            await self.peer.receive(encode(frame))

    def beat(self, timeout_s: float = 60) -> asyncio.Task[dict[str, Any]]:
        return asyncio.create_task(self.peer.call("Heartbeat", {}, timeout_s=timeout_s))

    async def next_call(self) -> Call:
        frame = await self.sent.get()
        assert isinstance(frame, Call)
        return frame


async def settle() -> None:
    """Let everything that can run without news from outside run."""
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
async def wire() -> Wire:
    return Wire()


async def test_a_call_returns_its_answer(wire: Wire) -> None:
    call = wire.beat()
    sent = await wire.next_call()
    await wire.receive(Result(sent.message_id, NOW))
    assert await call == NOW


async def test_a_call_may_bring_its_own_message_id(wire: Wire) -> None:
    call = asyncio.create_task(wire.peer.call("Heartbeat", {}, timeout_s=60, message_id="mine"))
    assert (await wire.next_call()).message_id == "mine"
    call.cancel()


async def test_only_one_call_is_outstanding(wire: Wire) -> None:
    first, second = wire.beat(), wire.beat()
    sent = await wire.next_call()
    await settle()
    assert wire.sent.empty()
    await wire.receive(Result(sent.message_id, NOW))
    await wire.receive(Result((await wire.next_call()).message_id, NOW))
    assert await first == await second == NOW


async def test_a_call_error_is_raised_with_its_code(wire: Wire) -> None:
    call = wire.beat()
    await wire.receive(Error((await wire.next_call()).message_id, "OccurrenceConstraintViolation", "why", {"a": 1}))
    with pytest.raises(CallError) as caught:
        await call
    error = caught.value
    assert (error.code, error.text, error.details) == (ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION, "why", {"a": 1})


@pytest.mark.parametrize(
    ("spelt", "code"), [("OnStrike", ErrorCode.GENERIC_ERROR), ("FormatViolation", ErrorCode.FORMATION_VIOLATION)]
)
async def test_other_codes_are_understood_as_what_comes_closest(wire: Wire, spelt: str, code: ErrorCode) -> None:
    call = wire.beat()
    await wire.receive(Error((await wire.next_call()).message_id, spelt))
    with pytest.raises(CallError) as caught:
        await call
    assert caught.value.code is code


async def test_an_answer_of_the_wrong_shape_is_an_error_that_keeps_it(wire: Wire) -> None:
    call = wire.beat()
    await wire.receive(Result((await wire.next_call()).message_id, {"time": 5}))
    with pytest.raises(BadAnswer) as caught:
        await call
    assert caught.value.payload == {"time": 5}


async def test_a_late_answer_is_dropped(wire: Wire) -> None:
    call = wire.beat(timeout_s=0)
    with pytest.raises(Timeout):
        await call
    late = await wire.next_call()
    await wire.receive(Result(late.message_id, NOW))
    second = wire.beat()
    sent = await wire.next_call()
    await wire.receive(Result(late.message_id, NOW), Error(late.message_id, "GenericError"))
    await settle()
    assert not second.done()
    await wire.receive(Result(sent.message_id, NOW))
    assert await second == NOW


async def test_answers_nobody_asked_for_are_dropped_and_never_answered(wire: Wire) -> None:
    await wire.receive(Result("unasked", {}), Error("unasked", "GenericError"))
    await wire.peer.receive('[3,"unasked",[]]')
    await wire.peer.receive("nonsense")
    await wire.peer.receive('[6,"1",{}]')
    await settle()
    assert wire.sent.empty()
    assert len(wire.seen) == 5


async def test_a_broken_call_is_refused(wire: Wire) -> None:
    await wire.peer.receive('[2,"id","Heartbeat",[]]')
    refusal = await wire.sent.get()
    assert isinstance(refusal, Error)
    assert (refusal.message_id, refusal.code) == ("id", "FormationViolation")


async def test_a_wrong_request_of_ours_is_never_sent(wire: Wire) -> None:
    with pytest.raises(CallError, match="FormationViolation"):
        await wire.peer.call("Heartbeat", {"extra": 1}, timeout_s=1)
    assert wire.sent.empty()


async def test_incoming_calls_are_answered_one_after_the_other(wire: Wire) -> None:
    await wire.receive(Call("1", "A", {}), Call("2", "B", {}))
    action, answer = await wire.asked.get()
    await settle()
    assert (action, wire.asked.empty()) == ("A", True)
    answer.set_result({"n": 1})
    assert await wire.sent.get() == Result("1", {"n": 1})
    action, answer = await wire.asked.get()
    answer.set_result({"n": 2})
    assert await wire.sent.get() == Result("2", {"n": 2})


async def test_an_answer_arrives_while_a_handler_is_at_work(wire: Wire) -> None:
    call = wire.beat()
    sent = await wire.next_call()
    await wire.receive(Call("1", "A", {}), Result(sent.message_id, NOW))
    assert await call == NOW


async def test_the_confirmation_precedes_what_it_confirms(wire: Wire) -> None:
    await wire.receive(Call("1", "A", {}))
    _, answer = await wire.asked.get()
    action = wire.beat()
    await settle()
    assert wire.sent.empty()
    answer.set_result({})
    assert await wire.sent.get() == Result("1", {})
    assert (await wire.next_call()).action == "Heartbeat"
    action.cancel()


async def test_a_peer_that_never_stops_asking_cannot_silence_us(wire: Wire) -> None:
    await wire.receive(Call("1", "A", {}))
    _, answer = await wire.asked.get()
    call = wire.beat()
    await settle()
    await wire.receive(Call("2", "B", {}))
    answer.set_result({})
    assert await wire.sent.get() == Result("1", {})
    assert (await wire.next_call()).action == "Heartbeat"
    call.cancel()


async def test_a_handler_that_calls_back_is_told_so_instead_of_deadlocking() -> None:
    mute = Wire()

    async def handle(action: str, payload: dict[str, Any]) -> dict[str, Any]:
        return await mute.peer.call("Heartbeat", {}, timeout_s=60)

    mute.peer = Peer(mute.send, handle)
    complaints = complaints_of_the_loop()
    await mute.receive(Call("1", "A", {}))
    assert await mute.sent.get() == Error("1", "InternalError", "the request could not be handled")
    await settle()
    assert isinstance(complaints[0]["exception"], RuntimeError)


def complaints_of_the_loop() -> list[dict[str, Any]]:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
    return complaints


async def test_a_crash_is_an_internal_error_and_the_next_call_is_handled(wire: Wire) -> None:
    complaints = complaints_of_the_loop()
    await wire.receive(Call("1", "A", {}), Call("2", "B", {}))
    (await wire.asked.get())[1].set_exception(KeyError("oops"))
    crash = await wire.sent.get()
    assert isinstance(crash, Error)
    assert crash.code == "InternalError"
    assert "oops" not in crash.text
    (await wire.asked.get())[1].set_result({})
    assert await wire.sent.get() == Result("2", {})
    assert [type(complaint["exception"]) for complaint in complaints] == [KeyError]


async def test_a_handler_may_refuse_or_stay_silent(wire: Wire) -> None:
    await wire.receive(Call("1", "A", {}), Call("2", "B", {}))
    (await wire.asked.get())[1].set_exception(NoAnswer())
    (await wire.asked.get())[1].set_exception(CallError(ErrorCode.NOT_SUPPORTED, "no"))
    assert await wire.sent.get() == Error("2", "NotSupported", "no")


async def test_a_flood_of_calls_is_bounded_and_the_rest_gets_no_answer(wire: Wire) -> None:
    for n in range(LONGEST_QUEUE + 10):
        await wire.receive(Call(str(n), "A", {}))
    assert len([seen for seen in wire.seen if isinstance(seen, Malformed)]) == 10
    for n in range(LONGEST_QUEUE):
        (await wire.asked.get())[1].set_result({})
        assert await wire.sent.get() == Result(str(n), {})
    await settle()
    assert wire.sent.empty()


async def test_a_lost_connection_fails_every_call_that_waits(wire: Wire) -> None:
    await wire.receive(Call("1", "A", {}), Call("2", "B", {}))
    _, handled = await wire.asked.get()
    behind_a_handler, behind_it = wire.beat(), wire.beat()
    await settle()
    closing = asyncio.create_task(wire.peer.close())
    for call in (behind_a_handler, behind_it):
        with pytest.raises(Disconnected):
            await call
    assert not closing.done()
    handled.set_result({})
    await closing
    await settle()
    assert wire.sent.empty()
    assert wire.asked.empty()


async def test_a_lost_connection_fails_the_call_that_was_sent(wire: Wire) -> None:
    call = wire.beat()
    await wire.next_call()
    await wire.peer.close()
    with pytest.raises(Disconnected):
        await call
    with pytest.raises(Disconnected):
        await wire.peer.call("Heartbeat", {}, timeout_s=1)
    await wire.receive(Call("1", "A", {}))
    await wire.peer.receive('[2,"id","Heartbeat",[]]')
    await settle()
    assert wire.asked.empty()


async def test_a_cancelled_call_gives_up_its_turn(wire: Wire) -> None:
    first, second = wire.beat(), wire.beat()
    await wire.next_call()
    first.cancel()
    sent = await wire.next_call()
    await wire.receive(Result(sent.message_id, NOW))
    assert await second == NOW


async def test_a_call_that_is_given_up_while_an_answer_is_owed_holds_up_nobody(wire: Wire) -> None:
    await wire.receive(Call("1", "A", {}))
    _, answer = await wire.asked.get()
    given_up = wire.beat()
    await settle()
    given_up.cancel()
    await wire.receive(Call("2", "B", {}))
    answer.set_result({})
    (await wire.asked.get())[1].set_result({})
    assert [await wire.sent.get(), await wire.sent.get()] == [Result("1", {}), Result("2", {})]


async def test_a_handler_may_end_the_connection() -> None:
    hasty, closed = Wire(), asyncio.Event()

    async def handle(action: str, payload: dict[str, Any]) -> dict[str, Any]:
        await hasty.peer.close()
        closed.set()
        return {}

    hasty.peer = Peer(hasty.send, handle)
    await hasty.receive(Call("1", "A", {}))
    await asyncio.wait_for(closed.wait(), 10)
    assert hasty.sent.empty()


@pytest.mark.parametrize(
    ("payload", "code"), [({"extra": 1}, ErrorCode.FORMATION_VIOLATION), ({}, ErrorCode.INTERNAL_ERROR)]
)
async def test_validated_checks_both_ways(payload: dict[str, Any], code: ErrorCode) -> None:
    async def wrong(action: str, payload: dict[str, Any]) -> dict[str, Any]:
        return {"nonsense": True}

    with pytest.raises(CallError) as caught:
        await validated(wrong)("Heartbeat", payload)
    assert caught.value.code is code


async def test_validated_lets_pass_what_is_right() -> None:
    async def right(action: str, payload: dict[str, Any]) -> dict[str, Any]:
        return NOW

    assert await validated(right)("Heartbeat", {}) == NOW
