"""The reference of the state file names every key that there is, and no other."""

from __future__ import annotations

import dataclasses
import re
from typing import Any, Final

import pytest

from tests.docs.pages import TOP
from vzctl.domain.state.records import (
    Collection,
    Column,
    Credential,
    Database,
    Deletion,
    Integration,
    KeyTest,
    Organization,
    RetiredCredential,
    Revocation,
    Rotation,
    ScopeEntry,
    ServiceToken,
    Snapshot,
    Version,
)
from vzctl.domain.state.state import State

PAGE: Final = (TOP / "docs" / "state-file.md").read_text(encoding="utf-8")
SECTIONS: Final = {
    "The file itself": State,
    "`[organization]`": Organization,
    "`[[integrations]]`": Integration,
    "`[[databases]]`": Database,
    "`[[credentials]]`": Credential,
    "`[[retired]]`": RetiredCredential,
    "`[[collections]]`": Collection,
    "`[[rotations]]`": Rotation,
    "`[[revocations]]`": Revocation,
    "`[[deletions]]`": Deletion,
    "`[[service_tokens]]`": ServiceToken,
}


def fields(kind: type[Any]) -> set[str]:
    return {field.name for field in dataclasses.fields(kind)} - {"extra"}


def rows(section: str) -> dict[str, str]:
    """Return the meaning of every key in the table of a section."""
    text = PAGE.partition(f"### {section}\n")[2].partition("\n##")[0]
    found: dict[str, str] = {}
    for keys, meaning in re.findall(r"^\| (`[^|]+`) \| (.+) \|$", text, re.MULTILINE):
        found |= dict.fromkeys(re.findall(r"`(\w+)`", keys), meaning)
    return found


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_has_exactly_the_keys_of_its_table(section: str) -> None:
    assert set(rows(section)) == fields(SECTIONS[section])


def test_a_column_is_a_collection_with_a_table_and_a_column_for_its_name() -> None:
    assert (fields(Collection) - {"name"}) | set(rows("`[[columns]]`")) == fields(Column)


@pytest.mark.parametrize(
    ("section", "key", "kind"),
    [
        ("`[organization]`", "token_versions", Version),
        ("`[[credentials]]`", "scope", ScopeEntry),
        ("`[[credentials]]`", "versions", Version),
        ("`[[rotations]]`", "snapshot", Snapshot),
        ("`[[rotations]]`", "key_test", KeyTest),
    ],
)
def test_nested_keys_are_all_named(section: str, key: str, kind: type[Any]) -> None:
    assert set(re.findall(r"`(\w+)`", rows(section)[key])) == fields(kind)


def test_every_table_of_the_file_has_a_section() -> None:
    tables = {name for name in fields(State) if f"### `[[{name}]]`" in PAGE or f"### `[{name}]`" in PAGE}
    plain = {"schema", "lineage", "serial", "vzctl"}
    assert tables | plain == fields(State)
