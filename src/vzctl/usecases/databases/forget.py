"""`vzctl databases forget`: remove the record of a database."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vzctl.command import suggest
from vzctl.domain.rules import counted, listed, require_no_rotation
from vzctl.domain.state.address import find_database
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Database
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, NotFoundError
from vzctl.usecases.change import Plan, propose
from vzctl.usecases.context import Context, Danger, Question
from vzctl.usecases.databases.record import DatabaseDetail, database_detail
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.views import dependent_line


@dataclass(frozen=True, slots=True)
class ForgetDatabase:
    """Forget a database; with `force` also its collections, columns and places in scopes."""

    reference: str
    force: bool = False
    if_missing: str = "fail"
    dry_run: bool = False


def forget_database(context: Context, request: ForgetDatabase) -> Outcome[DatabaseDetail | None]:
    """Forget a database; refused while anything refers to it, unless forced."""
    context.require_writable()
    state = context.state_store.read()
    try:
        database = find_database(state, request.reference)
    except NotFoundError:
        if request.if_missing == "skip":
            return Outcome(data=None, summary=(f'there is no database "{request.reference}"',))
        raise
    proposal = propose(context, lambda state: _forget(state, database.id, force=request.force))
    if request.dry_run:
        return Outcome(data=proposal.plan.data, summary=(f'would forget the database "{database.name}"',))
    proposal.ask()
    return Outcome(
        data=proposal.commit().plan.data,
        changed=True,
        summary=(f'forgot the database "{database.name}"; the database itself was not touched',),
    )


def _forget(state: State, database_id: str, *, force: bool) -> Plan[DatabaseDetail]:
    database = find_database(state, database_id)
    detail = database_detail(state, database)
    index = Index(state)
    lines = [f"  forgets: {dependent_line(index, item)}" for item in index.dependents_in_database[database.id]]
    lines += [f"  leaves the scope of {item.name}" for item in detail.credentials]
    lines += [f"  revokes the service token {item.id}" for item in state.tokens_of(database.id)]
    danger = Danger.SEVERE if lines else Danger.MODERATE
    return Plan(
        state=_forgotten(state, database, force=force),
        data=detail,
        question=Question(f'Forget the database "{database.name}"?', database.name, danger, tuple(lines)),
        details=(f'forget the database "{database.name}" ({database.id})',),
        subjects=(database.name,),
    )


def _forgotten(state: State, database: Database, *, force: bool) -> State:
    index = Index(state)
    dependants = index.dependents_in_database[database.id]
    credentials = index.credentials_in_scope(database.id)
    for credential in credentials:
        require_no_rotation(state, credential)
    tokens = state.tokens_of(database.id)
    if (dependants or credentials or tokens) and not force:
        names = [*(index.address(item) for item in dependants), *(f"scope of {item.name}" for item in credentials)]
        names += [f"service token {item.id}" for item in tokens]
        raise ConflictError(
            f'{counted(len(names), "fact")} about "{database.name}" would be forgotten with it: {listed(names)}',
            code="DATABASE_IN_USE",
            next_steps=(
                suggest("databases forget", index.database_name(database.id), force=True, comment="forget them too"),
            ),
        )
    for credential in credentials:
        scope = tuple(entry for entry in credential.scope if entry.database != database.id)
        state = state.with_credential(replace(credential, scope=scope))
    for item in dependants:
        state = state.without_dependent(item)
    return state.without_database(database.id)
