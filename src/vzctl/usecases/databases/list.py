"""`vzctl databases list`."""

from __future__ import annotations

from dataclasses import dataclass

from vzctl.command import suggest
from vzctl.domain.rules import require_credential
from vzctl.domain.state.index import Index
from vzctl.domain.state.state import State
from vzctl.usecases.context import Context
from vzctl.usecases.databases.record import DatabaseRow, row
from vzctl.usecases.outcome import Outcome


@dataclass(frozen=True, slots=True)
class DatabaseList:
    """Databases."""

    databases: tuple[DatabaseRow, ...]


def list_databases(context: Context, credential_name: str | None = None) -> Outcome[DatabaseList]:
    """Return all databases, or those in the scope of one credential."""
    state = context.state_store.read()
    chosen = state.databases
    if credential_name is not None:
        wanted = require_credential(state, credential_name).database_ids
        chosen = tuple(item for item in chosen if item.id in wanted)
    steps = () if state.databases else (suggest("databases add", "NAME", comment="record the first one"),)
    index = Index(state)
    scope_counts = _scope_counts(state)
    rows = tuple(row(index, item, scope_counts.get(item.id, 0)) for item in chosen)
    return Outcome(data=DatabaseList(rows), next_steps=steps)


def _scope_counts(state: State) -> dict[str, int]:
    counts: dict[str, int] = {}
    for credential in state.credentials:
        for entry in credential.scope:
            counts[entry.database] = counts.get(entry.database, 0) + 1
    return counts
