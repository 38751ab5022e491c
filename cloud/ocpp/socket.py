"""A WebSocket as the rest of this part wants it: text out, frames in, closed once, gone is Disconnected."""

from collections.abc import AsyncIterator

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from bollard.wire.errors import Disconnected


class Socket:
    """Wraps an accepted WebSocket."""

    def __init__(self, ws: WebSocket) -> None:
        self._ws = ws
        self.remote = ws.client.host if ws.client else "somewhere"
        self.ended_with: int | None = None

    async def frames(self) -> AsyncIterator[str | bytes]:
        """What arrives, until the connection ends: text frames as str, binary ones as bytes; then why it ended."""
        while (message := await self._ws.receive())["type"] == "websocket.receive":
            text = message.get("text")
            yield message["bytes"] if text is None else text
        self.ended_with = message.get("code")

    async def send(self, text: str) -> None:
        """Send one text frame. Raises Disconnected."""
        try:
            await self._ws.send_text(text)
        except (WebSocketDisconnect, RuntimeError) as error:  # the server raises RuntimeError after its own close
            raise Disconnected from error

    async def close(self, code: int, reason: str) -> None:
        """Close it, unless it is closed or gone."""
        if self._ws.application_state is not WebSocketState.CONNECTED:
            return
        try:
            await self._ws.close(code, reason)
        except (WebSocketDisconnect, RuntimeError):
            return
