"""The JSON schemas of OCPP 1.6, compiled when first needed, and the CALLERROR code for what they refuse."""

from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec

from bollard.wire.errors import CallError, ErrorCode
from bollard.wire.times import is_moment

# OCPP-J 1.6 leaves the choice of code open; every other keyword is about a value: PropertyConstraintViolation.
_CODES = {
    "additionalProperties": ErrorCode.FORMATION_VIOLATION,
    "required": ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION,
    "minItems": ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION,
    "maxItems": ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION,
    "type": ErrorCode.TYPE_CONSTRAINT_VIOLATION,
}

# A message that a station does not know is answered with the status NotImplemented, not refused by its schema.
_ANY_TEXT = {"type": "string", "maxLength": 50}
_LOOSENED = {
    "TriggerMessage": ("properties", "requestedMessage"),
    "ExtendedTriggerMessage": ("definitions", "MessageTriggerEnumType"),
}


def check_request(action: str, payload: object) -> None:
    """Raises CallError with the code to answer with: NotImplemented for an action that OCPP 1.6 does not have."""
    if action not in actions():
        raise CallError(ErrorCode.NOT_IMPLEMENTED, f"OCPP 1.6 has no action {action[:50]}")
    _check(action, payload)


def check_response(action: str, payload: object) -> None:
    """The same for the answer to `action`."""
    _check(f"{action}Response", payload)


@cache
def request_schema(action: str) -> Mapping[str, Any]:
    """The JSON schema of a request, as OCPP 1.6 publishes it."""
    schema: Mapping[str, Any] = msgspec.json.decode(_files()[action].read_bytes())
    return schema


def _check(name: str, payload: object) -> None:
    try:
        _validator(name).validate(payload)
    except jsonschema_rs.ValidationError as error:
        raise _call_error(error) from None


def _call_error(error: jsonschema_rs.ValidationError) -> CallError:
    place = ".".join(map(str, error.instance_path)) or "payload"
    code = _CODES.get(str(error.schema_path[-1]), ErrorCode.PROPERTY_CONSTRAINT_VIOLATION)
    return CallError(code, f"{place}: {error.message}")


@cache
def _files() -> Mapping[str, Path]:
    """Every schema file by its name; found without importing the package that brings them, which is slow."""
    package = find_spec("ocpp")
    assert package is not None and package.submodule_search_locations
    folder = Path(package.submodule_search_locations[0], "v16", "schemas")
    return {path.stem: path for path in folder.glob("*.json")}


@cache
def actions() -> frozenset[str]:
    """Every action of OCPP 1.6 and its security extension."""
    return frozenset(name for name in _files() if f"{name}Response" in _files())


@cache
def _validator(name: str) -> jsonschema_rs.Validator:
    schema = msgspec.json.decode(_files()[name].read_bytes())
    if name in _LOOSENED:
        holder, key = _LOOSENED[name]
        schema[holder][key] = _ANY_TEXT
    return jsonschema_rs.validator_for(
        schema, formats={"date-time": is_moment}, validate_formats=True, mask="the value"
    )
