"""`vzctl scope list`."""

from __future__ import annotations

from dataclasses import dataclass

from vzctl.command import suggest
from vzctl.domain.rules import require_credential
from vzctl.domain.state.index import Index
from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.views import ScopedDatabase, scoped_databases


@dataclass(frozen=True, slots=True)
class ScopeView:
    """A credential's scope."""

    credential: str
    provider: str
    databases: tuple[ScopedDatabase, ...]


def show_scope(context: Context, name: str) -> Outcome[ScopeView]:
    """Return the databases that may use the credential."""
    state = context.state_store.read()
    credential = require_credential(state, name)
    steps = () if credential.scope else (suggest("scope add", name, "DB", comment="let a database use it"),)
    view = ScopeView(name, credential.provider, scoped_databases(Index(state), credential))
    return Outcome(data=view, next_steps=steps)
