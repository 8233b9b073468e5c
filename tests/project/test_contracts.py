"""Every command has a contract and a published schema, and every schema is closed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
import typer

from tools.documentation import leaves
from tools.json_schemas import FAILURE, OUTCOMES, closed
from vzctl.cli.main import app
from vzctl.errors import ExitStatus
from vzctl.render.contracts import CONTRACTS, WITHOUT_JSON

SCHEMAS: Final = Path(__file__).resolve().parents[2] / "docs" / "schemas"
COMMANDS: Final = [".".join(words) for words, _ in leaves(typer.main.get_command(app))]
PUBLISHED: Final = sorted(SCHEMAS.glob("*.json"))


def schema_of(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    return schema


def objects_in(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield every schema of an object, at every depth."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for value in schema.values():
            yield from objects_in(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from objects_in(value)


def test_every_command_has_a_contract_or_a_reason_to_have_none() -> None:
    assert sorted(COMMANDS) == sorted([*CONTRACTS, *WITHOUT_JSON])


def test_every_contract_has_a_published_schema_and_nothing_else_has_one() -> None:
    assert [path.name for path in PUBLISHED] == sorted([*(f"{name}.json" for name in CONTRACTS), FAILURE])


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_a_schema_is_valid_and_closed_at_every_object(path: Path) -> None:
    schema = schema_of(path.stem)
    jsonschema.Draft202012Validator.check_schema(schema)
    found = list(objects_in(schema))
    assert found
    for part in found:
        assert part["additionalProperties"] is False
        assert sorted(part["required"]) == sorted(part["properties"])
        assert "patternProperties" not in part


def test_the_readme_of_the_schemas_lists_every_one() -> None:
    text = (SCHEMAS / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in PUBLISHED if f"({path.name})" not in text] == []


def test_answers_come_with_exit_statuses_that_exist() -> None:
    assert [name for name in OUTCOMES if name not in ExitStatus.__members__] == []


def test_an_object_keyed_by_data_cannot_become_part_of_the_contract() -> None:
    with pytest.raises(TypeError, match="keyed by data"):
        closed({"type": "object", "additionalProperties": {"type": "string"}})


def test_a_schema_refuses_a_document_with_a_key_too_many_or_too_few() -> None:
    document = {
        "schema": "vzctl/1",
        "ok": True,
        "code": "OK",
        "command": "help",
        "changed": False,
        "data": {"text": "words"},
        "warnings": [],
        "nextSteps": [],
    }
    validator = jsonschema.Draft202012Validator(schema_of("help"))
    assert validator.is_valid(document)
    assert not validator.is_valid({**document, "more": 1})
    assert not validator.is_valid({**document, "data": {"text": "words", "more": 1}})
    assert not validator.is_valid({key: value for key, value in document.items() if key != "nextSteps"})
