"""The one way through which every endpoint goes: key, limit, permission, reading, one unit of work, answer."""

import asyncio
import hashlib
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

import msgspec
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cloud.db.database import Database
from cloud.db.errors import Unavailable
from cloud.db.queries import api_keys as answers
from cloud.domain.api_keys import ApiKey
from cloud.services import api_keys, audit
from cloud.web.api import reading
from cloud.web.api.endpoints import Call, Endpoint, Kind, row_number
from cloud.web.api.limits import Buckets
from cloud.web.api.problems import Refused
from cloud.web.downloads import as_answer
from cloud.web.web import Web

AUTHENTICATE = {"WWW-Authenticate": 'Bearer realm="Bollard"'}

logger = logging.getLogger("bollard.cloud")


@dataclass(frozen=True)
class Api:
    """What all requests share."""

    web: Web
    buckets: Buckets


@dataclass(frozen=True)
class Answered:
    """What goes back, made in the unit of work; `next` is the number after which the following page begins."""

    status: int
    body: bytes = b""
    next: int | None = None
    replayed: bool = False
    found: Any = None


def api_routes(api: Api, endpoints: Sequence[Endpoint]) -> list[Route]:
    """One route for each path, so that a wrong method is told which are right."""
    by_path = groupby(sorted(endpoints, key=lambda each: each.path), key=lambda each: each.path)
    return [_route(api, path, {each.method: each for each in own}) for path, own in by_path]


def _route(api: Api, path: str, methods: dict[str, Endpoint]) -> Route:
    async def answer(request: Request) -> Response:
        return await _answer(api, methods["GET" if request.method == "HEAD" else request.method], request)

    return Route(path, answer, methods=list(methods))


async def _answer(api: Api, endpoint: Endpoint, request: Request) -> Response:
    key = await _authenticated(api.web, request)
    spent = api.buckets.spend(key.id, time.monotonic())
    if spent.wait_s:
        detail = f"This key may ask {spent.limit} times a minute; wait {spent.wait_s} s."
        raise Refused(429, detail, headers=spent.headers)
    if not key.may(endpoint.needs):
        raise Refused(403, f"It needs the permission {endpoint.needs}.", headers=spent.headers)
    call, raw = await _read(api.web, endpoint, request, key)
    once = reading.idempotency_key(endpoint, request)
    unit = partial(_unit, endpoint=endpoint, call=call, request=_Asked(request.method, request.url.path, raw, once))
    done: Answered = await (api.web.db.write(unit) if endpoint.changes else api.web.db.read(unit))
    if endpoint.changes and not done.replayed:
        api.web.bell.ring(*endpoint.topics)
    response = await _response(api.web.db, endpoint, request, done)
    response.headers.update(spent.headers)
    return response


async def _authenticated(web: Web, request: Request) -> ApiKey:
    text, now = reading.bearer(request), web.clock()
    key = await web.db.read(lambda conn: api_keys.authenticate(conn, text, now)) if text else None
    if key is None:
        raise Refused(401, headers=AUTHENTICATE)
    if api_keys.use_to_note(key, now):
        with suppress(Unavailable):  # what is only looked at needs no database that can write
            await web.db.write(lambda conn: api_keys.note_use(conn, key, now))
    return key


async def _read(web: Web, endpoint: Endpoint, request: Request, key: ApiKey) -> tuple[Call, bytes]:
    given, (body, raw) = request.query_params, await reading.body(endpoint, request)
    asked, trusted = reading.query(endpoint, given), web.settings.trusted_hosts
    call = Call(key, reading.params(request), asked, body, web.clock(), trusted_hosts=trusted)
    if endpoint.kind is Kind.PAGE:
        limit, after = reading.paging(given)
        call = replace(call, limit=limit, after=after)
    if endpoint.prepare is not None:
        call = replace(call, body=await asyncio.to_thread(endpoint.prepare, body))
    return call, raw


@dataclass(frozen=True)
class _Asked:
    """What makes two requests the same."""

    method: str
    path: str
    raw: bytes
    once: str | None

    @property
    def hash(self) -> bytes:
        return hashlib.sha256(f"{self.method} {self.path}\n".encode() + self.raw).digest()


def _unit(conn: Connection, endpoint: Endpoint, call: Call, request: _Asked) -> Answered:
    if request.once is None:
        return _done(conn, endpoint, call, request)
    if not answers.begin_answer(conn, call.key.id, request.once, request.hash, call.now):
        return _repeated(conn, call, request.once, request.hash)
    done = _done(conn, endpoint, call, request)
    answers.keep_answer(conn, call.key.id, request.once, done.status, done.body)
    return done


def _repeated(conn: Connection, call: Call, once: str, request_hash: bytes) -> Answered:
    first_hash, status, body = answers.answer(conn, call.key.id, once)
    if first_hash != request_hash:
        raise Refused(422, "This Idempotency-Key was used for another request; give every request its own.")
    return Answered(status, body, replayed=True)


def _done(conn: Connection, endpoint: Endpoint, call: Call, request: _Asked) -> Answered:
    found = endpoint.handle(conn, call)
    if endpoint.changes:
        did = {"request": f"{request.method} {request.path}", "key": call.key.public_id}
        audit.note(conn, call.organisation_id, call.user_id, "asked through an API key", call.key.name, did, call.now)
    if endpoint.make is not None:
        return Answered(endpoint.status, found=found)
    if endpoint.gives is None:
        return Answered(204)
    return _shaped(endpoint, call, found)


def _shaped(endpoint: Endpoint, call: Call, found: Any) -> Answered:
    if endpoint.kind is Kind.ONE:
        return Answered(endpoint.status, _encoded(found, endpoint.gives))
    rows, more = list(found), endpoint.kind is Kind.PAGE and len(found) > call.limit
    after = row_number(rows[call.limit - 1]) if more else None
    items = rows[: call.limit] if endpoint.kind is Kind.PAGE else rows
    told = {"items": items} | ({"next": reading.cursor(after) if after else None} if endpoint.kind is Kind.PAGE else {})
    return Answered(endpoint.status, _encoded(told, endpoint.shape), after)


def _encoded(found: Any, shape: Any) -> bytes:
    return msgspec.json.encode(msgspec.convert(found, shape, from_attributes=True))


async def _response(db: Database, endpoint: Endpoint, request: Request, done: Answered) -> Response:
    if endpoint.make is not None:
        return as_answer(db, await asyncio.to_thread(endpoint.make, done.found))
    if done.status == 204:
        return Response(status_code=204)
    response = Response(done.body, done.status, media_type=endpoint.media)
    if done.next is not None:
        given = dict(request.query_params) | {"cursor": reading.cursor(done.next)}
        response.headers["Link"] = f'<{request.url.path}?{urlencode(given)}>; rel="next"'
    if done.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response
