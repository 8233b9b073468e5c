"""`vzctl scope add|remove|set|copy`: which databases may use a credential (rules 2, 3, 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from vzctl.command import suggest
from vzctl.domain.rotation.manual_steps import removal_requested, requested_again, steps_for, wanted
from vzctl.domain.rules import (
    counted,
    listed,
    require_credential,
    require_no_rotation,
    require_scope_removable,
    scope_dependents,
)
from vzctl.domain.state.address import find_database
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Credential, ScopeEntry
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, ExitStatus, UsageError
from vzctl.usecases.change import Plan, propose
from vzctl.usecases.context import Context, Question
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.views import (
    DatabaseRef,
    DependentRef,
    ScopedDatabase,
    database_refs,
    dependent_line,
    dependent_refs,
    scoped_databases,
)


@dataclass(frozen=True, slots=True)
class ScopeChange:
    """What was added to and removed from a scope, what it holds now, and who loses vectorize by it."""

    credential: str
    added: tuple[DatabaseRef, ...]
    removed: tuple[DatabaseRef, ...]
    databases: tuple[ScopedDatabase, ...]
    affected: tuple[DependentRef, ...]


@dataclass(frozen=True, slots=True)
class ChangeScope:
    """Add to, remove from, or replace a scope. `verb` is `add`, `remove` or `set`.

    `like` names another credential: its scope is added.
    """

    verb: str
    name: str
    databases: Sequence[str] = ()
    all_databases: bool = False
    none: bool = False
    force: bool = False
    if_missing: str = "fail"
    dry_run: bool = False
    like: str | None = None


def change_scope(context: Context, request: ChangeScope) -> Outcome[ScopeChange]:
    """Change a scope; removing databases with dependants needs `force` and a confirmation."""
    context.require_writable()
    _check_arguments(request)
    now = context.now()
    proposal = propose(context, lambda state: _plan(state, request, now))
    if request.dry_run:
        before, after = proposal.before, proposal.plan.state
        return Outcome(
            data=_change(before, after, request.name), summary=_summary(before, after, request.name, "would ")
        )
    proposal.ask()
    written = proposal.commit()
    before, after = written.before, written.after
    to_do = steps_for(after, lambda _, name: name == request.name) if written.changed else ()
    return Outcome(
        data=_change(before, after, request.name),
        changed=written.changed,
        summary=_summary(before, after, request.name, "to do at the Portal: " if to_do else "", past=not to_do),
        next_steps=to_do,
        status=ExitStatus.MANUAL if to_do else ExitStatus.OK,
    )


def _plan(state: State, request: ChangeScope, now: datetime) -> Plan[None]:
    after = _after(state, request, now)
    leaving = _leaving(state, after)
    is_asked = bool(leaving) or request.all_databases
    index = Index(state)
    credential = require_credential(state, request.name)
    affected = frozenset(item.key for item in scope_dependents(index, credential, leaving))
    named = None if request.all_databases else frozenset(_named(state, request))
    return Plan(
        state=after,
        data=None,
        question=_question(index, credential, after, leaving) if is_asked else None,
        basis=(frozenset(leaving), affected, named),
        details=_summary(state, after, request.name, ""),
        subjects=(request.name,),
    )


def _check_arguments(request: ChangeScope) -> None:
    if any(not item.strip() for item in request.databases):
        raise UsageError(
            "a database is an empty text: is a shell variable unset?",
            code="DATABASE_EMPTY",
            next_steps=(suggest("databases list", comment="the databases that are recorded"),),
        )
    if request.like is not None:
        return
    if request.verb == "set" and request.none and not request.databases and not request.all_databases:
        return
    if request.none:
        raise UsageError("--none empties a scope: give it alone, with scope set", code="USAGE")
    if bool(request.databases) == request.all_databases:
        empty = (
            (suggest("scope set", request.name, none=True, comment="empty the scope"),) if request.verb == "set" else ()
        )
        raise UsageError("name the databases, or give --all-databases", code="DATABASES_MISSING", next_steps=empty)


def _after(state: State, request: ChangeScope, now: datetime) -> State:
    """Return the state after the change, every rule checked."""
    credential = require_credential(state, request.name)
    require_no_rotation(state, credential)
    if credential.current is None:
        raise ConflictError(
            f'"{credential.name}" has no key yet: adding it was interrupted',
            code="CREDENTIAL_INCOMPLETE",
            next_steps=(
                suggest("credentials add", credential.name, provider=credential.provider, comment="finish it"),
            ),
        )
    named = _named(state, request)
    now_in = {entry.database for entry in credential.scope if entry.removal_wanted_at is None}
    target = {"add": now_in | set(named), "remove": now_in - set(named), "set": set(named)}[request.verb]
    leaving = [item for item in now_in if item not in target]
    if request.verb == "remove" and request.if_missing == "fail" and not request.all_databases:
        _require_in_scope(Index(state), credential, named)
    require_scope_removable(Index(state), credential, leaving, force=request.force)
    return state.with_credential(replace(credential, scope=_entries(state, credential, named, target, now)))


def _entries(
    state: State, credential: Credential, named: list[str], target: set[str], now: datetime
) -> tuple[ScopeEntry, ...]:
    kept: list[ScopeEntry] = []
    for entry in credential.scope:
        if entry.database in target:
            kept.append(requested_again(entry, now))
        elif not state.is_local:
            kept.append(removal_requested(entry, now))
    known = credential.database_ids
    new = [item for item in dict.fromkeys(named) if item in target and item not in known]
    return (*kept, *(ScopeEntry(database=item, added_at=now, **wanted(state, now)) for item in new))


def _named(state: State, request: ChangeScope) -> list[str]:
    """Return the ids of the databases that the request is about."""
    if request.none:
        return []
    if request.all_databases:
        return [item.id for item in state.databases]
    if request.like is not None:
        return scope_of(state, request.like)
    return [find_database(state, item).id for item in dict.fromkeys(request.databases)]


def scope_of(state: State, name: str) -> list[str]:
    """Return the ids of the databases that may use a credential; one whose removal is requested is not among them."""
    return [entry.database for entry in require_credential(state, name).scope if entry.removal_wanted_at is None]


def _require_in_scope(index: Index, credential: Credential, named: list[str]) -> None:
    missing = [item for item in named if item not in credential.database_ids]
    if missing:
        raise ConflictError(
            f'not in the scope of "{credential.name}": {listed([index.database_name(item) for item in missing])}',
            code="DATABASE_NOT_IN_SCOPE",
            next_steps=(suggest("scope list", credential.name, comment="what is in it"),),
        )


def _active(state: State, name: str) -> dict[str, ScopeEntry]:
    credential = state.credential(name)
    entries = credential.scope if credential is not None else ()
    return {entry.database: entry for entry in entries if entry.removal_wanted_at is None}


def _leaving(before: State, after: State) -> list[str]:
    left: list[str] = []
    kept = {item.id: item for item in after.credentials}
    for credential in before.credentials:
        if kept.get(credential.id) is not credential:
            remaining = _active(after, credential.name)
            left += [item for item in _active(before, credential.name) if item not in remaining]
    return left


def _question(index: Index, credential: Credential, planned: State, leaving: list[str]) -> Question:
    affected = scope_dependents(index, credential, leaving)
    lines = list(_summary(index.state, planned, credential.name, "would "))
    lines += [f"  loses $vectorize: {dependent_line(index, item)}" for item in affected]
    return Question(f'Change the scope of "{credential.name}"?', credential.name, lines=tuple(lines))


def _change(before: State, after: State, name: str) -> ScopeChange:
    index = Index(after)
    credential = require_credential(after, name)
    had, has = _active(before, name), _active(after, name)
    removed = [item for item in had if item not in has]
    return ScopeChange(
        credential=name,
        added=database_refs(index, [item for item in has if item not in had]),
        removed=database_refs(index, removed),
        databases=scoped_databases(index, credential),
        affected=dependent_refs(index, scope_dependents(index, credential, removed)),
    )


def _summary(before: State, after: State, name: str, prefix: str, *, past: bool = False) -> tuple[str, ...]:
    index = Index(after)
    had, has = _active(before, name), _active(after, name)
    added = [index.database_name(item) for item in has if item not in had]
    removed = [index.database_name(item) for item in had if item not in has]
    lines = []
    if added:
        lines.append(
            f'{prefix}{"added" if past else "add"} {listed(added)} to the scope of "{name}" ({counted(len(has), "database")})'
        )
    if removed:
        verb = "removed" if past else "remove"
        left = counted(len(has), "database")
        lines.append(f'{prefix}{verb} {listed(removed)} from the scope of "{name}" ({left} left)')
    return tuple(lines) or (f'the scope of "{name}" is like that already',)
