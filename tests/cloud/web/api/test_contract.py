"""A foreign tool reads the served document and tries everything: no 5xx, nothing that the document does not say."""

import asyncio
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    negative_data_rejection,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.cloud.web.api.conftest import Program, make_key, program
from tests.cloud.web.conftest import Console
from tests.cloud.web.yard import Yard

BASE = "https://console.test/api/v1"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]
# That whatever fits the schema is accepted is not asked: rules of charging and billing are in no schema.


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: it is about the document."""
    return sqlite_url


async def explored(console: Console, examples: int) -> int:
    """Tries every operation with data that fit and data that do not; how many requests were made."""
    console = Console(console.db, options={"api_requests_per_minute": 1_000_000})
    async with program(console, await console.db.write(make_key)) as client:
        document = (await client.client.get("/openapi.json")).json()
        for operation in (each for methods in document["paths"].values() for each in methods.values()):
            del operation["security"]  # who may what is test_matrix.py's
        loop = asyncio.get_running_loop()
        return await asyncio.to_thread(_explore, document, client, loop, examples)


def _explore(document: dict[str, Any], client: Program, loop: asyncio.AbstractEventLoop, examples: int) -> int:
    schema, made = schemathesis.openapi.from_dict(document), 0

    def send(case: Any) -> Any:
        nonlocal made
        made += 1
        kwargs = case.as_transport_kwargs(base_url=BASE)
        ready = requests.Request(**{name: kwargs[name] for name in kwargs.keys() & WANTED}).prepare()
        headers = {**dict(ready.headers), "Authorization": f"Bearer {client.key}"}
        asked = client.client.request(ready.method or "", ready.url or "", content=ready.body, headers=headers)
        return asyncio.run_coroutine_threadsafe(asked, loop).result(30)

    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            checks = CHECKS + ([negative_data_rejection] if mode is GenerationMode.NEGATIVE else [])
            _try(operation, mode, checks, send, examples)
    return made


WANTED = {"method", "url", "headers", "params", "data", "json", "cookies"}


def _try(operation: Any, mode: GenerationMode, checks: list[Any], send: Any, examples: int) -> None:
    quiet = settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )

    @quiet
    @given(operation.as_strategy(generation_mode=mode))
    def fits(case: Any) -> None:
        near(case)
        case.validate_response(send(case), checks=checks)

    try:
        fits()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # without parameters and body nothing can be wrong


def near(case: Any) -> None:
    """Ids that exist, so that more than 404 is seen; but not the own key's and its user's."""
    for name, value in case.path_parameters.items():
        if name.endswith("_id") and isinstance(value, int) and value > 0:
            case.path_parameters[name] = 1 + value % 3 + (name in ("key_id", "user_id"))


async def test_nothing_breaks_the_contract(console: Console, place: Yard) -> None:
    assert await explored(console, 1) > 100


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_nothing_breaks_the_contract_however_long(console: Console, place: Yard) -> None:
    assert await explored(console, 100) > 10_000
