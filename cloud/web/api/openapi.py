"""The document of the API (OpenAPI 3.1), made from the table of endpoints and the types it names."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from cloud.web.api.endpoints import LARGEST_ID, LARGEST_LIMIT, USUAL_LIMIT, Endpoint, Kind, Nothing
from cloud.web.api.problems import MEDIA, WHATS, Problem

PREFIX = "/api/v1"
REF = "#/components/schemas/{name}"
DESCRIPTION = """\
Everything an operator does, for programs. A key goes into the header `Authorization: Bearer bol_…`; it is made on the
page Programs or with `bollard cloud make-api-key`, may what its permissions say, and sees the sites it was made for.

Times are ISO 8601 with a zone, money is in minor units (cents), energy in Wh, power in W. Lists come in pages: `next`
holds the cursor of the following one, and the header `Link` its address. Errors are problem details (RFC 9457).

Requests about money and commands need a header `Idempotency-Key`: repeated within a day under the same key, the first
answer is given again and nothing happens twice. A refused request is not remembered and may be repeated.

Webhooks are POSTs of JSON (`type`, `timestamp`, `data`) with the headers of Standard Webhooks: compute HMAC-SHA256
over `webhook-id`, a dot, `webhook-timestamp`, a dot and the body as it came, with the secret's part after `whsec_`
decoded from base64 as the key; in base64 it is what follows `v1,` in `webhook-signature`. Refuse a timestamp older than
five minutes, and an id that you have seen. Answer 2xx within ten seconds; otherwise it is tried again for a day,
and then whenever somebody sends it again, under the same id.

Answers of 429 say in `Retry-After` how long to wait; `RateLimit-Remaining` tells what is left of this minute.\
"""
_HEADERS = {
    401: ("WWW-Authenticate", "how a key is sent", "string"),
    429: ("Retry-After", "seconds to wait", "integer"),
    503: ("Retry-After", "seconds to wait", "integer"),
}
_EVERYWHERE = (400, 401, 403, 404, 422, 429, 500, 503)


def document(endpoints: Sequence[Endpoint], version: str) -> dict[str, Any]:
    """The whole document."""
    types = [shape for each in endpoints for shape in _types(each)] + [Problem]
    refs, components = msgspec.json.schema_components(types, ref_template=REF)
    schemas = dict(zip(types, refs, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for each in endpoints:
        shapes = iter(_types(each))
        body = schemas[next(shapes)] if each.takes else None
        gives = schemas[next(shapes)] if _tells(each) else None
        paths.setdefault(path_of(each), {})[each.method.lower()] = _operation(each, body, gives)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Bollard", "version": version, "description": DESCRIPTION},
        "servers": [{"url": PREFIX}],
        "tags": [{"name": name} for name in dict.fromkeys(map(group, endpoints))],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "An API key"}},
            "responses": {str(status): _problem(status) for status in WHATS},
        },
    }


def path_of(endpoint: Endpoint) -> str:
    """The path as OpenAPI writes it."""
    return re.sub(r"{(\w+)(:\w+)?}", r"{\1}", endpoint.path)


def group(endpoint: Endpoint) -> str:
    """What it is about: the first word of its path."""
    return endpoint.path.split("/")[1]


def _tells(endpoint: Endpoint) -> bool:
    return endpoint.gives is not None and endpoint.make is None


def _types(endpoint: Endpoint) -> list[Any]:
    """What it takes and what it gives."""
    return ([endpoint.takes] if endpoint.takes else []) + ([endpoint.shape] if _tells(endpoint) else [])


def _operation(endpoint: Endpoint, body: Any, gives: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": endpoint.method.lower() + re.sub(r"\W+", "_", path_of(endpoint)).rstrip("_"),
        "tags": [group(endpoint)],
        "summary": endpoint.summary,
        "description": f"Needs the permission `{endpoint.needs}`.",
        "security": [{"key": []}],
        "parameters": [*_path(endpoint), *_query(endpoint), *_headers(endpoint)],
        "responses": _responses(endpoint, gives),
    }
    if body is not None:
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return told


def _path(endpoint: Endpoint) -> list[dict[str, Any]]:
    whole = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
    text = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^/]+$"}
    found = re.findall(r"{(\w+)(:int)?}", endpoint.path)
    return [
        {"name": name, "in": "path", "required": True, "schema": whole if number else text} for name, number in found
    ]


def _query(endpoint: Endpoint) -> list[dict[str, Any]]:
    _refs, components = msgspec.json.schema_components([endpoint.query], ref_template=REF)
    told = {} if endpoint.query is Nothing else components[endpoint.query.__name__]
    own, needed = told.get("properties", {}), told.get("required", [])
    named = {name: _inlined(schema, components) for name, schema in own.items()}
    if endpoint.kind is Kind.PAGE:
        limit = {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": USUAL_LIMIT}
        cursor = {"type": "string", "maxLength": 30, "description": "what an earlier answer gave as `next`"}
        named |= {"limit": limit, "cursor": cursor}
    return [
        {"name": name, "in": "query", "required": name in needed, "schema": schema} for name, schema in named.items()
    ]


def _inlined(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """A parameter that may be left out, and is never null."""
    kinds = [kind for kind in schema.get("anyOf", [schema]) if kind != {"type": "null"}]
    chosen = kinds[0]
    told = {**components[chosen["$ref"].rsplit("/", 1)[1]]} if "$ref" in chosen else {**chosen}
    told.pop("title", None)
    return told | ({"default": schema["default"]} if schema.get("default") is not None else {})


def _headers(endpoint: Endpoint) -> list[dict[str, Any]]:
    if not endpoint.once:
        return []
    schema = {"type": "string", "pattern": "^[!-~]{1,100}$", "minLength": 1, "maxLength": 100}
    why = "your own name of this request; give it again when you repeat it"
    return [{"name": "Idempotency-Key", "in": "header", "required": True, "description": why, "schema": schema}]


def _responses(endpoint: Endpoint, gives: Any) -> dict[str, Any]:
    done: dict[str, Any] = {"description": "Done" if endpoint.changes else "What was asked for"}
    status = endpoint.status if gives is not None or endpoint.make else 204
    if gives is not None:
        done["content"] = {"application/json": {"schema": gives}}
    if endpoint.make is not None:
        file = {"type": "array"} if endpoint.media == "application/json" else {"type": "string", "format": "binary"}
        done["content"] = {endpoint.media: {"schema": file}}
    if endpoint.kind is Kind.PAGE:
        done["headers"] = {"Link": {"description": "the next page", "schema": {"type": "string"}}}
    return {str(status): done} | {str(code): {"$ref": f"#/components/responses/{code}"} for code in _problems(endpoint)}


def _problems(endpoint: Endpoint) -> list[int]:
    """Which problems it may answer with."""
    found = {*_EVERYWHERE}
    found |= {409} if endpoint.changes else set()
    found |= {413, 415} if endpoint.takes else set()
    return sorted(found)


def _problem(status: int) -> dict[str, Any]:
    _name, title = WHATS[status]
    told: dict[str, Any] = {"description": title, "content": {MEDIA: {"schema": {"$ref": REF.format(name="Problem")}}}}
    if status in _HEADERS:
        name, description, kind = _HEADERS[status]
        told["headers"] = {name: {"description": description, "schema": {"type": kind}}}
    return told
