"""What a request says: its key, its parameters, its body, checked before anything is done."""

import base64
import binascii
import re
from datetime import datetime
from typing import Any

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request

from cloud.web.api.endpoints import LARGEST_ID, LARGEST_LIMIT, USUAL_LIMIT, Endpoint, Kind
from cloud.web.api.problems import Fault, Refused, misfit

PAGING = frozenset({"limit", "cursor"})
DEEPEST_BODY = 32
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[][{}]')
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,100}")


def bearer(request: Request) -> str:
    """The key in the header Authorization; empty when there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def params(request: Request) -> dict[str, Any]:
    """The path's. Raises Refused for a number that nothing can have."""
    if any(isinstance(value, int) and not 0 < value <= LARGEST_ID for value in request.path_params.values()):
        raise Refused(404)
    return dict(request.path_params)


def query(endpoint: Endpoint, given: QueryParams) -> Any:
    """The parameters of the query, without those of paging. Raises Refused."""
    names = set(endpoint.query.__struct_fields__)
    known = names | (PAGING if endpoint.kind is Kind.PAGE else frozenset())
    told = dict(given.multi_items())
    if strange := sorted(set(told) - known):
        known_words = f"known are {', '.join(sorted(known))}" if known else "there are none"
        raise _wrong(strange[0], f"there is no such parameter; {known_words}")
    if repeated := [name for name in told if len(given.getlist(name)) > 1]:
        raise _wrong(repeated[0], "it is given more than once")
    asked = {name: told[name] for name in names & told.keys()}
    try:
        read = msgspec.convert(asked, endpoint.query, strict=False)
    except msgspec.ValidationError as error:
        what, _, path = str(error).rpartition(" - at `$.")
        raise _wrong(path.rstrip("`"), what or str(error)) from error
    if odd := [name for name in asked if _misread(asked[name], getattr(read, name))]:
        raise _wrong(odd[0], "it is neither null nor a bare number; leave it out where nothing is wanted")
    return read


def _misread(text: str, value: Any) -> bool:
    """Whether msgspec took `null` for nothing, or a number for the seconds since 1970."""
    return value is None or (isinstance(value, datetime) and not {"T", " "} & set(text.upper()))


def paging(given: QueryParams) -> tuple[int, int | None]:
    """Limit, and the number after which the page begins. Raises Refused."""
    limit = given.get("limit", str(USUAL_LIMIT))
    if not re.fullmatch(r"[0-9]{1,3}", limit) or not 1 <= int(limit) <= LARGEST_LIMIT:
        raise _wrong("limit", f"it is a whole number from 1 to {LARGEST_LIMIT}")
    return int(limit), _after(given["cursor"]) if "cursor" in given else None


def cursor(after: int) -> str:
    """Opaque, so that nobody counts with it."""
    return base64.urlsafe_b64encode(f"v1:{after}".encode()).decode().rstrip("=")


def _after(text: str) -> int:
    try:
        told = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        told = b""
    found = re.fullmatch(rb"v1:([0-9]{1,16})", told)
    if found is None or int(found[1]) > LARGEST_ID:
        raise _wrong("cursor", "it is none of ours; take it as it was given in `next`")
    return int(found[1])


async def body(endpoint: Endpoint, request: Request) -> tuple[Any, bytes]:
    """What was sent, decoded, and as it came. Raises Refused."""
    raw = await _received(request, endpoint.largest)
    if endpoint.takes is None:
        if raw.strip():
            raise Refused(400, "This request takes no body.")
        return None, raw
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json" and not media.endswith("+json"):
        raise Refused(415, "Send the body as JSON, with the header `Content-Type: application/json`.")
    try:
        return msgspec.json.decode(raw, type=endpoint.takes), raw
    except msgspec.ValidationError as error:
        raise misfit(error) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(400, f"The body is not JSON: {error}") from error


async def _received(request: Request, largest: int) -> bytes:
    """The body as it came, as far as it may be that large and that deep."""
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > largest:
            raise Refused(413, f"A body has {largest // 1024} KiB at most here.")
    if _depth(raw) > DEEPEST_BODY:
        raise Refused(400, f"The body is nested deeper than {DEEPEST_BODY} levels.")
    return bytes(raw)


def _depth(raw: bytearray) -> int:
    """How deep brackets are nested outside of texts."""
    depth = deepest = 0
    for token in _TOKENS.findall(raw):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token, 0)
        deepest = max(deepest, depth)
    return deepest


def idempotency_key(endpoint: Endpoint, request: Request) -> str | None:
    """The header of a request that must not happen twice. Raises Refused."""
    if not endpoint.once:
        return None
    given = request.headers.get("idempotency-key", "")
    if not _IDEMPOTENCY_KEY.fullmatch(given):
        what = "send a text of your own, 1 to 100 characters, and repeat it when you repeat the request"
        raise Refused(
            400, f"The header Idempotency-Key is needed: {what}.", (Fault(what, parameter="Idempotency-Key"),)
        )
    return given


def _wrong(name: str, why: str) -> Refused:
    return Refused(422, f"{name}: {why}", (Fault(why, parameter=name),))
