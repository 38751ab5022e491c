"""The API's document as a page to read."""

import re
from typing import Any

from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cloud.web.api.problems import WHATS
from cloud.web.web import Web


def shown(document: dict[str, Any]) -> dict[str, Any]:
    """What the page shows of the document."""
    types = [_type(name, schema) for name, schema in document["components"]["schemas"].items()]
    info = document["info"]
    return {"coded": coded, "info": info, "groups": grouped(document), "types": types, "problems": WHATS}


def docs_route(web: Web, context: dict[str, Any]) -> Route:
    """The page; it needs no sign-in, as it tells what the published source tells too."""

    async def show(request: Request) -> Response:
        return web.html(request, "api_docs.html", context)

    return Route("/docs", show)


def grouped(document: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The operations by what they are about, each as the page shows it."""
    told = [
        (operation["tags"][0], _operation(document, method.upper(), path, operation))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    groups: dict[str, list[dict[str, Any]]] = {}
    for name, each in told:
        groups.setdefault(name, []).append(each)
    return list(groups.items())


def _operation(document: dict[str, Any], method: str, path: str, told: dict[str, Any]) -> dict[str, Any]:
    body = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return {
        "id": told["operationId"],
        "call": f"{method} {path}",
        "summary": told["summary"],
        "description": told["description"],
        "parameters": [_parameter(each) for each in told["parameters"]],
        "body": _named(body) if body else None,
        "answers": [_answer(document, status, each) for status, each in told["responses"].items()],
    }


def _parameter(told: dict[str, Any]) -> dict[str, Any]:
    remark = told.get("description", "")
    needed = ", needed" if told["required"] else ""
    return {"name": told["name"], "place": told["in"] + needed, "type": type_words(told["schema"]), "remark": remark}


def _answer(document: dict[str, Any], status: str, told: dict[str, Any]) -> dict[str, Any]:
    whole = document["components"]["responses"][status] if "$ref" in told else told
    (media, content) = next(iter(whole.get("content", {}).items()), ("", {"schema": {}}))
    named = _named(content["schema"])
    return {"status": status, "words": whole["description"], "media": media, "type": named}


def _named(schema: dict[str, Any]) -> str | None:
    return str(schema["$ref"]).rsplit("/", 1)[1] if "$ref" in schema else None


def _type(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    needed = schema.get("required", [])
    fields = [(field, type_words(own), field in needed) for field, own in schema.get("properties", {}).items()]
    words = schema.get("description") or type_words(schema)
    return {"name": name, "words": words, "fields": fields}


def coded(text: str) -> Markup:
    """What stands between backticks as code; everything else as it is."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped just before


def type_words(schema: dict[str, Any]) -> str:
    """A schema in a few words: `integer`, `list of Session`, `string or null`."""
    if named := _named(schema):
        return named
    if "anyOf" in schema:
        return " or ".join(map(type_words, schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {type_words(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "anything")
