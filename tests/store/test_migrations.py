"""Migrations: one function a schema version, applied in order; shown on a schema 0 that only the tests know."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
import tomli

from vzctl.domain.state.state import SCHEMA_VERSION
from vzctl.store.migrations import MIGRATIONS, Document, migrate
from vzctl.store.schema import format_state, parse_state

DATA: Final = Path(__file__).resolve().parents[1] / "data"
BEFORE: Final = DATA / "state-schema-0.toml"
AFTER: Final = DATA / "state-schema-1.toml"


def from_zero(document: Document) -> Document:
    """Schema 0 of the tests called databases `clusters`, and kept the plane and the salt at the top."""
    moved = {"control_plane": document.pop("plane", None), "fingerprint_salt": document.pop("salt", None)}
    organization = {"name": document.pop("organization", None), **moved}
    databases = document.pop("clusters", [])
    return {**document, "organization": organization, "databases": databases}


def document_of(path: Path) -> Document:
    return tomli.loads(path.read_text(encoding="utf-8"))


def test_there_is_one_migration_for_every_schema_before_this_one() -> None:
    assert sorted(MIGRATIONS) == list(range(1, SCHEMA_VERSION))


def test_schema_0_becomes_schema_1() -> None:
    assert migrate(document_of(BEFORE), migrations={0: from_zero}, target=1) == document_of(AFTER)


def test_what_came_out_of_the_migration_is_a_state_and_stays_as_it_is() -> None:
    state = parse_state(AFTER.read_bytes(), str(AFTER))
    assert [item.name for item in state.databases] == ["shop", "blog"]
    assert state.databases[1].extra == {"colour": "red"}
    assert parse_state(format_state(state), "again") == state
    assert migrate(document_of(AFTER), migrations={0: from_zero}, target=1) == document_of(AFTER)


def test_migrations_are_applied_one_after_the_other() -> None:
    def adding(word: str) -> Any:
        return lambda document: {**document, "trace": [*document.get("trace", []), word]}

    steps = {1: adding("one"), 2: adding("two"), 3: adding("three")}
    assert migrate({"schema": 1}, migrations=steps, target=3) == {"schema": 3, "trace": ["one", "two"]}
    assert migrate({"schema": 3}, migrations=steps, target=3) == {"schema": 3}


@pytest.mark.parametrize("schema", [-1, 2, 99, "0", True, False, 0.0, None])
def test_what_has_no_migration_comes_back_as_it_is(schema: object) -> None:
    document = {"schema": schema, "x": 1}
    assert migrate(document, migrations={0: from_zero}, target=1) == {"schema": schema, "x": 1}
    assert migrate({"x": 1}) == {"x": 1}
