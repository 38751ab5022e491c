"""Streams that would never end by themselves (server-sent events) end when the server does."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

EVENT_STREAM = "text/event-stream"


class EndingStreams:
    """An ASGI application around another; after `end` every event stream is completed in good order."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._ending = asyncio.Event()

    def end(self) -> None:
        self._ending.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and EVENT_STREAM in Headers(scope=scope).get("accept", ""):
            await self._stream(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        open_body = False

        async def watched(message: Message) -> None:
            nonlocal open_body
            await send(message)
            open_body = message["type"] == "http.response.start" or message.get("more_body", False)

        streaming = asyncio.ensure_future(self._app(scope, receive, watched))
        ending = asyncio.ensure_future(self._ending.wait())
        try:
            await asyncio.wait({streaming, ending}, return_when=asyncio.FIRST_COMPLETED)
            if streaming.done():
                return streaming.result()
        finally:
            ending.cancel()
            streaming.cancel()
        await asyncio.wait({streaming})
        if open_body:
            await send({"type": "http.response.body", "body": b""})
