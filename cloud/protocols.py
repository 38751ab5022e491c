"""Uvicorn's protocols with bounds: unfinished requests end, whatever strangers send slowly, endlessly or not at all."""

import asyncio
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

REQUEST_WITHIN_S = 20
MOST_UNFINISHED = 4000
MOST_FRAGMENTS = 1000
MOST_UNREAD = 256 * 1024
LAST_WORD_S = 3
CLOSE_ANSWERED_WITHIN_S = 1

GOING_AWAY = 1012
REFUSED = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Config(uvicorn.Config):
    """Uvicorn's configuration, and the connections whose request is not complete yet, the longest waiting first."""

    def __init__(self, app: ASGIApp, **options: Any) -> None:
        super().__init__(app, http=Requests, ws=Sockets, **options)
        self.unfinished: dict[Requests, None] = {}


class Requests(H11Protocol):
    """HTTP whose requests must be complete in time; when too many are not, who has waited longest makes room."""

    config: Config
    _too_late: asyncio.TimerHandle | None = None

    # asyncio promises any transport, uvicorn's own signature only this kind.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_request()

    def data_received(self, data: bytes) -> None:
        if self._too_late is None:
            self._await_request()
        super().data_received(data)

    def handle_events(self) -> None:
        super().handle_events()
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._complete()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._complete()
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        self._complete()
        super().connection_lost(exc)

    def _await_request(self) -> None:
        self._too_late = self.loop.call_later(REQUEST_WITHIN_S, self.transport.abort)
        self.config.unfinished[self] = None
        if len(self.config.unfinished) > MOST_UNFINISHED:
            next(iter(self.config.unfinished)).give_up()

    def give_up(self) -> None:
        self._complete()
        self.transport.abort()

    def _complete(self) -> None:
        self.config.unfinished.pop(self, None)
        if self._too_late is not None:
            self._too_late.cancel()
            self._too_late = None


class Sockets(WebSocketsSansIOProtocol):
    """WebSockets that refuse a malformed handshake, give up peers that read nothing, and end after what is in hand."""

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self.handshake_initiated and not self.transport.is_closing():
            self.transport.write(b"".join(self.conn.data_to_send()) or REFUSED)
            self.transport.close()

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= MOST_FRAGMENTS:
            self.transport.abort()
            return
        super().handle_cont(event)

    def handle_ping(self) -> None:
        """A peer that asks and asks but never reads the answers would fill the memory with them."""
        super().handle_ping()
        if self.transport.get_write_buffer_size() > MOST_UNREAD:
            self.transport.abort()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.loop.call_later(CLOSE_ANSWERED_WITHIN_S, self.transport.abort)

    def shutdown(self) -> None:
        """The application hears that it ends after what has already come, and then closes the socket itself."""
        if self.close_sent or not self.handshake_complete:
            super().shutdown()
            return
        self.close_timeout = CLOSE_ANSWERED_WITHIN_S
        self.queue.put_nowait({"type": "websocket.disconnect", "code": GOING_AWAY})
        self.loop.call_later(LAST_WORD_S, self._last_word)

    def _last_word(self) -> None:
        if not self.disconnected:
            super().shutdown()
