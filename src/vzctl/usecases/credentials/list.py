"""`vzctl credentials list`. A file of its own, which loads little: it is what people and scripts ask for most."""

from __future__ import annotations

from dataclasses import dataclass

from vzctl.command import suggest
from vzctl.domain.state.age import is_due
from vzctl.domain.state.index import Index
from vzctl.errors import ExitStatus
from vzctl.usecases.context import Context
from vzctl.usecases.credential_row import CredentialRow, credential_row
from vzctl.usecases.keys.last_use import last_uses
from vzctl.usecases.outcome import Outcome


@dataclass(frozen=True, slots=True)
class CredentialList:
    """Credentials in the order in which they were added."""

    credentials: tuple[CredentialRow, ...]


@dataclass(frozen=True, slots=True)
class ListCredentials:
    """Which credentials: all, or those of a provider, available to a database, or due."""

    provider: str | None = None
    database: str | None = None
    due: bool = False
    exit_code: bool = False


def list_credentials(context: Context, request: ListCredentials) -> Outcome[CredentialList]:
    """Return the credentials that match; with `exit_code`, status `CHANGES` when any are due."""
    state = context.state_store.read()
    index = Index(state)
    now = context.now()
    chosen = list(state.credentials)
    if request.provider is not None:
        from vzctl.domain.catalog.catalog import find_provider

        provider_id = find_provider(request.provider).id
        chosen = [item for item in chosen if item.provider == provider_id]
    if request.database is not None:
        from vzctl.domain.state.address import find_database

        database = find_database(state, request.database)
        chosen = [item for item in chosen if database.id in item.database_ids]
    if request.due:
        chosen = [item for item in chosen if is_due(item, now, context.policy_days)]
    uses = last_uses(context, state)
    rows = tuple(credential_row(context, index, item, uses.get(item.id)) for item in chosen)
    due = [item.name for item in rows if item.due]
    steps = [suggest("credentials rotate", name, comment="its key is due") for name in due[:3]] if request.due else []
    if not state.credentials:
        steps = [suggest("credentials add", "NAME", provider="openai", comment="add the first one")]
    status = ExitStatus.CHANGES if request.exit_code and due else ExitStatus.OK
    return Outcome(data=CredentialList(rows), next_steps=tuple(steps), status=status)
