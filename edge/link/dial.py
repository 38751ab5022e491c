"""One attempt to open the WebSocket to the central system (OCPP-J 1.6 section 3, security profiles 1 and 2)."""

import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI, NegotiationError
from websockets.typing import Subprotocol

from edge.link.errors import BadAddress, Unreachable

OCPP16 = Subprotocol("ocpp1.6")
LARGEST_MESSAGE_BYTES = 1_000_000
OPEN_S = 20.0
CLOSE_S = 2.0
LONGEST_ABSENCE_S = 3600.0

REFUSALS = {
    401: "the central system does not accept this station's identity and key (HTTP 401)",
    403: "the central system forbids this station to connect (HTTP 403)",
    404: "the central system does not know this station or address (HTTP 404)",
    429: "the central system asks for fewer attempts (HTTP 429)",
    503: "the central system is not available at the moment (HTTP 503)",
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where the central system is and how this station proves itself: `key` is the HTTP Basic password as raw bytes."""

    url: str
    identity: str
    key: bytes = field(default=b"", repr=False)
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in ("ws", "wss"):
            raise BadAddress(f"the central system's url must begin with ws:// or wss://, not {self.url!r}")
        if not self.identity or ":" in self.identity:
            raise BadAddress("the identity must not be empty and must not contain a colon")

    @property
    def uri(self) -> str:
        """The endpoint with the percent-encoded identity appended."""
        return f"{self.url.rstrip('/')}/{quote(self.identity, safe='')}"

    def headers(self) -> dict[str, str]:
        """HTTP Basic authentication: raw identity, colon, raw key bytes."""
        credentials = b64encode(self.identity.encode() + b":" + self.key).decode()
        return {"Authorization": f"Basic {credentials}"} if self.key else {}

    def tls(self) -> ssl.SSLContext | None:
        """Certificate and host name are always checked, against `ca_file` alone if there is one."""
        if not self.url.startswith("wss:"):
            return None
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise Unreachable(f"the file of trusted certificates {self.ca_file} cannot be read: {error}") from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


class _Here(connect):
    """A dialler that follows no redirection: the key is meant for one address only."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def open_socket(address: Address) -> ClientConnection:
    """Connect once; raises Unreachable with one plain sentence when nothing usable comes about."""
    tls = address.tls()
    try:
        socket = await _Here(
            address.uri,
            subprotocols=[OCPP16],
            additional_headers=address.headers(),
            compression=None,
            proxy=None,
            ssl=tls,
            open_timeout=OPEN_S,
            close_timeout=CLOSE_S,
            ping_interval=None,
            max_size=LARGEST_MESSAGE_BYTES,
        )
    except (InvalidURI, UnicodeError) as error:
        raise Unreachable(f"the central system's url {address.url!r} cannot be used: {error}") from error
    except (InvalidHandshake, OSError, EOFError) as error:
        raise Unreachable(explain(error), _retry_after_s(error)) from error
    if socket.subprotocol != OCPP16:
        await socket.close(1002, "ocpp1.6 is needed")
        raise Unreachable("the central system does not speak OCPP 1.6: it chose no subprotocol")
    return socket


def _retry_after_s(error: Exception) -> float:
    return retry_after_s(error.response.headers) if isinstance(error, InvalidStatus) else 0.0


def retry_after_s(headers: Mapping[str, str]) -> float:
    """How long the server asks to stay away (RFC 9110 section 10.2.3), at most LONGEST_ABSENCE_S; 0 if it does not say.

    A date counts from the server's own: this station's clock may not be set yet.
    """
    said = headers.get("Retry-After", "").strip()
    seconds = float(said) if said.isascii() and said.isdigit() else _between(headers.get("Date", ""), said)
    return min(max(0.0, seconds), LONGEST_ABSENCE_S)


def _between(first: str, then: str) -> float:
    try:
        return (parsedate_to_datetime(then) - parsedate_to_datetime(first)).total_seconds()
    except (TypeError, ValueError):
        return 0.0


def explain(error: Exception) -> str:
    """What went wrong, in one plain sentence."""
    match error:
        case InvalidStatus() if error.response.status_code in REFUSALS:
            return REFUSALS[error.response.status_code]
        case InvalidStatus():
            return f"the central system refused the connection (HTTP {error.response.status_code})"
        case NegotiationError():
            return "the central system does not speak OCPP 1.6: it chose another subprotocol"
        case ssl.SSLCertVerificationError():
            return f"the central system's certificate is not trusted: {error.verify_message}"
        case ssl.SSLError():
            return f"the secure connection failed: {error.reason or error}"
        case TimeoutError():
            return "the central system does not answer"
        case OSError() if str(error):
            return f"the central system cannot be reached: {error.strerror or error}"
        case _:
            return f"the central system did not complete the handshake: {str(error) or 'it broke it off'}"
