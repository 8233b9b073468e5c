"""One function per schema version, from the raw document of that version to the next one's.

A migration gets and returns plain TOML data and raises nothing: what it cannot understand it leaves for the schema to
refuse. Each has a fixture before and after in the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from vzctl.domain.state.state import SCHEMA_VERSION

Document = dict[str, Any]
Migration = Callable[[Document], Document]

MIGRATIONS: Final[Mapping[int, Migration]] = {}
"""From the key's version to the next. Schema 1 is the first that was ever released, so there is nothing to migrate yet."""


def migrate(
    document: Document, *, migrations: Mapping[int, Migration] = MIGRATIONS, target: int = SCHEMA_VERSION
) -> Document:
    """Return the document raised to `target`, one version after the other; a newer or unknown one comes back as it is."""
    version = document.get("schema")
    while isinstance(version, int) and not isinstance(version, bool) and version < target and version in migrations:
        document = {**migrations[version](document), "schema": version + 1}
        version += 1
    return document
