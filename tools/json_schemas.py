"""The JSON Schemas of `-o json`: one closed schema a command, for the whole document, and one for failures.

pydantic describes the types of `vzctl.render.contracts`; here they are closed, stripped of what only repeats names, and
put into the envelope.
"""

from __future__ import annotations

import json
from typing import Any, Final

from pydantic import TypeAdapter

from vzctl.render.contracts import CONTRACTS, WITHOUT_JSON, Contract
from vzctl.render.envelope import SCHEMA
from vzctl.usecases.outcome import Notice

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
FAILURE: Final = "failure.json"
README: Final = "README.md"
TIME: Final = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"
ERROR_CODE: Final = "^[A-Z][A-Z0-9_]*$"
COMMAND: Final = r"^([a-z]+(\.[a-z]+){0,2})?$"
OUTCOMES: Final = (
    "OK",
    "ASTRA",
    "PROVIDER",
    "ROTATION_OPEN",
    "MANUAL",
    "CHANGES",
    "UNKNOWN_SIDE",
    "INTERRUPTED",
    "TERMINATED",
)
"""Exit statuses with which an answer comes; every other one is a failure."""

_KEYWORDS: Final = frozenset({"$ref", "anyOf", "description", "items", "properties", "type"})


def schema_texts() -> dict[str, str]:
    """Return the published files by name."""
    schemas = {f"{name}.json": command_schema(name, contract) for name, contract in CONTRACTS.items()}
    schemas[FAILURE] = failure_schema()
    texts = {name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in schemas.items()}
    return {**texts, README: _readme()}


def command_schema(command: str, contract: Contract) -> Schema:
    """Return the schema of what a command prints: of its one document, or of each line of its batch."""
    definitions: Schema = {}
    lines = [kind for kind in (contract.item, contract.total) if kind is not None]
    answers = [_type(kind, definitions) for kind in (contract.result, *lines)]
    success = _success(command, answers[0] if len(answers) == 1 else {"anyOf": answers}, definitions)
    schema: Schema = success
    if lines:
        schema = {"anyOf": [success, _failed_line(command, {"anyOf": answers[1:]}, definitions)]}
    return {
        "$schema": DIALECT,
        "title": f"vzctl {command.replace('.', ' ')}",
        **schema,
        "$defs": dict(sorted(definitions.items())),
    }


def failure_schema() -> Schema:
    """Return the schema of a failure, which is the same for every command."""
    definitions: Schema = {}
    command = {"type": "string", "pattern": COMMAND, "description": "as far as it was understood"}
    properties = _failure(command, {"type": "null"}, _code(), definitions)
    return {
        "$schema": DIALECT,
        "title": "vzctl: a failure",
        **_object(properties),
        "$defs": dict(sorted(definitions.items())),
    }


def _success(command: str, data: Schema, definitions: Schema) -> Schema:
    return _object(
        {
            "schema": {"const": SCHEMA},
            "ok": {"const": True},
            "code": {"enum": list(OUTCOMES)},
            "command": {"const": command},
            "changed": {"type": "boolean"},
            "data": data,
            **_tail(definitions),
        }
    )


def _failed_line(command: str, data: Schema, definitions: Schema) -> Schema:
    """Return the schema of a batch's line about an item that failed, or of its total when one did."""
    return _object(_failure({"const": command}, data, _code(), definitions))


def _failure(command: Schema, data: Schema, code: Schema, definitions: Schema) -> Schema:
    definitions["Error"] = _object(
        {
            "side": {"enum": ["astra", "provider", "unknown", None], "description": "who must change something"},
            "retryable": {"type": "boolean", "description": "whether the same command may succeed later"},
            "http_status": {"type": ["integer", "null"]},
            "upstream_code": {"type": ["string", "null"]},
            "evidence": {"type": "array", "items": {"type": "string"}},
        },
        "What is known about a failure beside its code and message.",
    )
    return {
        "schema": {"const": SCHEMA},
        "ok": {"const": False},
        "code": code,
        "command": command,
        "changed": {"type": "boolean"},
        "message": {"type": "string"},
        "error": {"$ref": "#/$defs/Error"},
        "data": data,
        **_tail(definitions),
    }


def _code() -> Schema:
    return {"type": "string", "pattern": ERROR_CODE}


def _tail(definitions: Schema) -> Schema:
    definitions["NextStep"] = _object(
        {"command": {"type": "string"}, "comment": {"type": "string"}}, "One exact command to run next, and why."
    )
    return {
        "warnings": {"type": "array", "items": _type(Notice, definitions)},
        "nextSteps": {"type": "array", "items": {"$ref": "#/$defs/NextStep"}},
    }


def _type(kind: Any, definitions: Schema) -> Schema:
    """Return a reference to the closed schema of a type; what it is made of goes into `definitions`."""
    described = TypeAdapter(kind).json_schema(mode="serialization", ref_template="#/$defs/{model}")
    for name, part in described.pop("$defs", {}).items():
        definitions[name] = closed(part)
    if "properties" not in described:
        return closed(described)
    definitions[kind.__name__] = closed(described)
    return {"$ref": f"#/$defs/{kind.__name__}"}


def closed(schema: Schema) -> Schema:
    """Return the schema with every object closed; pydantic's titles repeat the names, so they go."""
    result = {key: value for key, value in schema.items() if key in _KEYWORDS}
    if schema.get("format") == "date-time":
        result["pattern"] = TIME
    if "properties" in schema:
        result["properties"] = {name: closed(part) for name, part in schema["properties"].items()}
        result["required"] = list(schema["properties"])
        result["additionalProperties"] = False
    elif schema.get("type") == "object":
        raise TypeError("an object keyed by data has no place in the contract: make it a list of objects")
    if "items" in schema:
        result["items"] = closed(schema["items"])
    if "anyOf" in schema:
        result["anyOf"] = [closed(part) for part in schema["anyOf"]]
    return result


def _object(properties: Schema, description: str | None = None) -> Schema:
    return {
        **({} if description is None else {"description": description}),
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _readme() -> str:
    rows = [f"| `vzctl {name.replace('.', ' ')}` | [{name}.json]({name}.json) |" for name in CONTRACTS]
    without = [f"`vzctl {name.replace('.', ' ')}` {why}." for name, why in WITHOUT_JSON.items()]
    return "\n".join(
        [
            "# JSON Schemas of `-o json`",
            "",
            "Made by `make generate`; do not edit. [docs/json.md](../json.md) explains the envelope and what stays stable.",
            f"Every failure, of whatever command, is as [{FAILURE}]({FAILURE}) says. The lines of a batch are as the",
            "schema of their command says. Schemas are closed: they name every key that this version prints.",
            "",
            "| command | schema |",
            "|---|---|",
            *rows,
            "",
            *without,
            "",
        ]
    )
