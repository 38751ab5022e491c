"""One side of an OCPP-J connection: one call outstanding each way, calls of both sides may cross."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Container
from typing import Any, Literal
from uuid import uuid4

from bollard.wire.errors import BadAnswer, CallError, Disconnected, ErrorCode, Malformed, NoAnswer, Timeout
from bollard.wire.frames import Call, Error, Frame, MessageId, Result, decode, encode
from bollard.wire.schemas import check_request, check_response

Handler = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
Observer = Callable[[Literal["in", "out"], Frame | Malformed], None]
Answer = Result | Error

LONGEST_QUEUE = 32


class Peer:
    """Turns text frames into calls and answers; `send` raises Disconnected when there is no connection any more.

    Incoming calls are handled one after the other, in a task of their own. A call of ours is sent only once the
    incoming calls that came before it are answered, so that a confirmation precedes what it confirms; a handler
    therefore must not wait for a call of its own. `heard` is set when anything has come in since our last call was
    sent, `silence` when such a call was not answered in time and nothing has.

    A number as message id is against OCPP-J. With `numbered`, only those actions are answered in spite of it, and
    after the first of them, which shows that this peer counts its calls, all others too.
    """

    def __init__(
        self,
        send: Callable[[str], Awaitable[None]],
        handle: Handler,
        *,
        observe: Observer | None = None,
        numbered: Container[str] | None = None,
    ) -> None:
        self._send = send
        self._handle = handle
        self._observe: Observer = observe or (lambda direction, frame: None)
        self._turn = asyncio.Lock()
        self._outstanding: tuple[MessageId, asyncio.Future[Answer]] | None = None
        self._queue: deque[Call | asyncio.Future[None]] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._closed = False
        self._numbered = numbered
        self.heard = asyncio.Event()
        self.silence = asyncio.Event()

    async def receive(self, text: str | bytes) -> None:
        """Take one incoming frame: a call is queued, an answer goes to who waits for it, anything else is dropped."""
        self.heard.set()
        try:
            frame = decode(text)
            self._check_id(frame)
        except Malformed as malformed:
            await self._refuse(malformed)
            return
        if isinstance(frame, Call):
            self._enqueue(frame)
        else:
            self._observe("in", frame)
            self._match(frame)

    async def call(
        self, action: str, payload: dict[str, Any], *, timeout_s: float, message_id: str | None = None
    ) -> dict[str, Any]:
        """Send one request when it is our turn and return the answer; raises CallError, Timeout or Disconnected."""
        check_request(action, payload)
        if asyncio.current_task() is self._worker:
            raise RuntimeError(f"{action} would wait for the very answer that its handler owes")
        async with self._turn:
            await self.answered()
            answer = await self._ask(Call(message_id or str(uuid4()), action, payload), timeout_s)
        if isinstance(answer, Error):
            raise CallError(ErrorCode(answer.code), answer.text, answer.details)
        try:
            check_response(action, answer.payload)
        except CallError as reason:
            raise BadAnswer(reason, answer.payload) from None
        return answer.payload

    async def answered(self) -> None:
        """Wait until every call that has already come in is answered."""
        if self._worker and not self._closed:
            answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._queue.append(answered)
            await answered

    async def close(self) -> None:
        """Fail what waits with Disconnected, forget calls not yet begun, and let the one in hand finish unheard."""
        self._closed = True
        if self._outstanding and not self._outstanding[1].done():
            self._outstanding[1].set_exception(Disconnected())
        for item in self._queue:
            if isinstance(item, asyncio.Future) and not item.done():
                item.set_exception(Disconnected())
        self._queue.clear()
        if self._worker and self._worker is not asyncio.current_task():
            await asyncio.wait({self._worker})

    def _check_id(self, frame: Frame) -> None:
        if self._numbered is None or not isinstance(frame, Call) or isinstance(frame.message_id, str):
            return
        if frame.action not in self._numbered:
            raise Malformed("a message id is text, not a number", frame.message_id, ErrorCode.PROTOCOL_ERROR)
        self._numbered = None

    async def _refuse(self, malformed: Malformed) -> None:
        self._observe("in", malformed)
        if malformed.message_id is not None:
            await self._say_if_heard(Error(malformed.message_id, malformed.code, malformed.reason))

    def _enqueue(self, call: Call) -> None:
        if self._closed:
            return
        if len(self._queue) >= LONGEST_QUEUE:
            self._observe("in", Malformed(f"more than {LONGEST_QUEUE} calls wait for an answer; this one gets none"))
            return
        self._observe("in", call)
        self._queue.append(call)
        self._work_on()

    def _match(self, answer: Answer) -> None:
        if self._outstanding and self._outstanding[0] == answer.message_id and not self._outstanding[1].done():
            self._outstanding[1].set_result(answer)

    async def _ask(self, call: Call, timeout_s: float) -> Answer:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._outstanding = (call.message_id, answer)
        self.heard.clear()
        try:
            async with asyncio.timeout(timeout_s):
                await self._say(call)
                return await answer
        except TimeoutError:
            if not self.heard.is_set():
                self.silence.set()
            raise Timeout(f"no answer to {call.action} within {timeout_s:g} s") from None
        finally:
            self._outstanding = None

    async def _say(self, frame: Frame) -> None:
        if self._closed:
            raise Disconnected()
        self._observe("out", frame)
        await self._send(encode(frame))

    def _work_on(self) -> None:
        if self._queue and not self._worker:
            self._worker = asyncio.create_task(self._work())
            self._worker.add_done_callback(self._worked)

    def _worked(self, worker: asyncio.Task[None]) -> None:
        self._worker = None
        if worker.cancelled():
            return
        if crash := worker.exception():
            complaint = {"message": "a handler of OCPP calls failed", "exception": crash, "task": worker}
            worker.get_loop().call_exception_handler(complaint)
        self._work_on()

    async def _work(self) -> None:
        while self._queue:
            item = self._queue.popleft()
            if isinstance(item, Call):
                await self._answer(item)
            elif not item.done():
                item.set_result(None)

    async def _answer(self, call: Call) -> None:
        answer: Answer
        try:
            answer = Result(call.message_id, await self._handle(call.action, call.payload))
        except CallError as error:
            answer = Error(call.message_id, error.code, error.text, error.details)
        except NoAnswer:
            return
        except Exception:
            await self._say_if_heard(
                Error(call.message_id, ErrorCode.INTERNAL_ERROR, "the request could not be handled")
            )
            raise
        await self._say_if_heard(answer)

    async def _say_if_heard(self, answer: Answer) -> None:
        try:
            await self._say(answer)
        except Disconnected:
            return


def validated(handle: Handler) -> Handler:
    """A handler that sees only requests that obey their schema, and whose answers do."""

    async def handle_validated(action: str, payload: dict[str, Any]) -> dict[str, Any]:
        check_request(action, payload)
        answer = await handle(action, payload)
        try:
            check_response(action, answer)
        except CallError as error:
            raise CallError(ErrorCode.INTERNAL_ERROR, f"the answer to {action} was wrong: {error.text}") from error
        return answer

    return handle_validated
