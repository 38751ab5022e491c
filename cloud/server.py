"""The process that serves: one listening socket, TLS, log lines on standard output, an orderly end."""

import faulthandler
import logging
import signal
import socket
import sys
from contextlib import suppress

import uvicorn
import uvloop
from starlette.types import ASGIApp

from cloud.settings import Settings
from cloud.streams import EndingStreams

LONGEST_FRAME_BYTES = 128 * 1024
DEAD_PEER_MS = 30_000
GOODBYE_S = 5
BACKLOG = 2048
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:RSA+AESGCM"

logger = logging.getLogger("bollard.cloud")


LETS_GO_WITHIN_S = 8


class CannotListen(Exception):
    """The address is taken or not ours; the message says what to do."""


def run(app: ASGIApp, settings: Settings, listener: socket.socket) -> None:
    """Serve on `listener` until SIGINT or SIGTERM; stations are told to come back (close code 1012)."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stdout)
    logger.setLevel(logging.INFO)
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # its warnings tell only what strangers sent
    logging.getLogger("uvicorn.error").addFilter(_is_worth_a_line)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logger.info("listening on %s", url(settings, listener))
    try:
        with suppress(KeyboardInterrupt):
            uvloop.run(_served(app, settings, listener))
    finally:
        faulthandler.cancel_dump_traceback_later()
    logger.info("stopped")


async def _served(app: ASGIApp, settings: Settings, listener: socket.socket) -> None:
    """Serve; from its end on, what does not let go of the process in time is shown and left behind."""
    try:
        await Server(app, settings).serve(sockets=[listener])
    finally:
        faulthandler.dump_traceback_later(LETS_GO_WITHIN_S, exit=True)


class Server(uvicorn.Server):
    """Uvicorn, which at its end also ends the streams that would keep it waiting."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._streams = EndingStreams(app)
        super().__init__(_config(self._streams, settings))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._streams.end()
        await super().shutdown(sockets)


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Uvicorn complains of every handshake that is refused in good order, and strangers could fill the log with it."""
    return "without completing handshake" not in record.getMessage()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket whose connections notice a peer that takes nothing more. Raises CannotListen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise CannotListen(
            f"cannot listen on {host}, port {port}: {error.strerror or error}; "
            "end what uses it, or choose another with --port or BOLLARD_PORT"
        ) from error
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_PEER_MS)
    return listener


def url(settings: Settings, listener: socket.socket) -> str:
    """Where a browser finds this server, also when port 0 was asked for."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{'https' if settings.tls_cert else 'http'}://{host}:{listener.getsockname()[1]}"


def _config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """Uvicorn as we want it: no compression, honest pings, small frames."""
    return uvicorn.Config(
        app,
        lifespan="on",
        ws="websockets-sansio",
        ws_max_size=LONGEST_FRAME_BYTES,
        ws_ping_interval=settings.ping_interval_s,
        ws_ping_timeout=settings.ping_timeout_s,
        ws_per_message_deflate=False,
        proxy_headers=settings.behind_https,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        ssl_ciphers=CIPHERS if settings.tls_cert else None,
        timeout_graceful_shutdown=GOODBYE_S,
        server_header=False,
        access_log=False,
        log_config=None,
    )
