"""Peer, asked by the other side: one answer each, in order, whatever the handler does."""

import asyncio
from typing import Any

import pytest

from bollard.wire.errors import CallError, ErrorCode, Malformed, NoAnswer
from bollard.wire.frames import Call, Error, Result
from bollard.wire.peer import LONGEST_QUEUE, Peer, validated
from tests.wire.one_end import NOW, Wire, settle


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


async def test_a_broken_call_is_refused(wire: Wire) -> None:
    await wire.peer.receive('[2,"id","Heartbeat",[]]')
    refusal = await wire.sent.get()
    assert isinstance(refusal, Error)
    assert (refusal.message_id, refusal.code) == ("id", "TypeConstraintViolation")


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
