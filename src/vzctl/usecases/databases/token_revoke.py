"""`vzctl databases token revoke`."""

from __future__ import annotations

from dataclasses import dataclass

from vzctl.command import suggest
from vzctl.domain.state.address import find_database
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Database, ServiceToken
from vzctl.domain.state.state import State
from vzctl.errors import NotFoundError, quoted
from vzctl.usecases.change import Plan, propose_from
from vzctl.usecases.context import Context, Question
from vzctl.usecases.databases.token import TokenList, TokenRow
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.views import database_ref


@dataclass(frozen=True, slots=True)
class RevokeToken:
    """Stop accepting a token."""

    reference: str
    token_id: str
    if_missing: str = "fail"
    dry_run: bool = False


def revoke_token(context: Context, request: RevokeToken) -> Outcome[TokenList]:
    """Stop accepting a token; the Data API that still sends it gets no key from the next request on."""
    context.require_writable()
    state = context.state_store.read()
    database = find_database(state, request.reference)
    index = Index(state)
    token = next((item for item in state.tokens_of(database.id) if item.id == request.token_id), None)
    if token is None:
        if request.if_missing == "skip":
            text = f'the database "{database.name}" has no such service token'
            return Outcome(data=TokenList(()), summary=(text,))
        raise _no_such_token(index, database, request.token_id)
    row = TokenRow(token.id, database_ref(index, database.id), token.created_at, None, token.note)
    if request.dry_run:
        return Outcome(data=TokenList((row,)), summary=(f"would revoke the service token {token.id}",))
    proposal = propose_from(context, state, lambda current: _revocation(current, database.id, token))
    proposal.ask()
    proposal.commit()
    return Outcome(
        data=TokenList((row,)),
        changed=True,
        summary=(f'revoked the service token {token.id} of the database "{database.name}"',),
    )


def _revocation(state: State, database_id: str, token: ServiceToken) -> Plan[None]:
    database = find_database(state, database_id)
    others = sum(item.id != token.id for item in state.tokens_of(database.id))
    lines = (f"  tokens that stay: {others}",)
    return Plan(
        state=state.without_service_token(token.id),
        data=None,
        question=Question(f'Revoke a service token of "{database.name}"?', database.name, lines=lines),
        details=(f'revoke the service token {token.id} of the database "{database.name}"',),
        subjects=(database.name,),
    )


def _no_such_token(index: Index, database: Database, token_id: str) -> NotFoundError:
    return NotFoundError(
        f'the database "{database.name}" has no service token {quoted(token_id)}',
        code="TOKEN_NOT_FOUND",
        next_steps=(suggest("databases token list", index.database_name(database.id), comment="those it has"),),
    )
