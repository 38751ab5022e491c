"""Peer, asking the other side: who may speak when, and what becomes of calls when the connection ends."""

import asyncio

import pytest

from bollard.wire.errors import BadAnswer, CallError, Disconnected, ErrorCode, Timeout
from bollard.wire.frames import Call, Error, Result
from tests.wire.one_end import NOW, Wire, settle


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


async def test_a_wrong_request_of_ours_is_never_sent(wire: Wire) -> None:
    with pytest.raises(CallError, match="FormationViolation"):
        await wire.peer.call("Heartbeat", {"extra": 1}, timeout_s=1)
    assert wire.sent.empty()


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
