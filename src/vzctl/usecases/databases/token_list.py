"""`vzctl databases token list`."""

from __future__ import annotations

from vzctl.command import suggest
from vzctl.domain.state.address import find_database
from vzctl.domain.state.index import Index
from vzctl.usecases.context import Context
from vzctl.usecases.databases.token import TokenList, TokenRow
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.views import database_ref


def list_tokens(context: Context, reference: str | None = None) -> Outcome[TokenList]:
    """Return the tokens of all databases, or of one."""
    from vzctl.store.fetch_record import read_fetches

    state = context.state_store.read()
    wanted = find_database(state, reference).id if reference is not None else None
    used = read_fetches(context.local_folder.fetches, state.lineage).token_uses
    index = Index(state)
    rows = tuple(
        TokenRow(item.id, database_ref(index, item.database), item.created_at, used.get(item.id), item.note)
        for item in state.service_tokens
        if wanted is None or item.database == wanted
    )
    name = index.database_name(wanted) if wanted is not None else "DB"
    steps = () if rows else (suggest("databases token create", name, out="FILE", comment="make the first one"),)
    return Outcome(data=TokenList(rows), next_steps=steps)
