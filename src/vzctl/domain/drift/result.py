"""The state after a drift: every effective difference applied at once, whatever their number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from vzctl.domain.drift.differences import EFFECTIVE, Action, DriftItem, Record, SyncOptions
from vzctl.domain.drift.observation import Kind, Observation
from vzctl.domain.state.records import Collection, Column, Credential, Database, Integration
from vzctl.domain.state.state import State

S = TypeVar("S", Database, Collection, Column)
R = TypeVar("R", Database, Integration, Credential, Collection, Column)


def applied(state: State, items: Iterable[DriftItem]) -> State:
    """Return the state with the effective differences in it; a database is forgotten with everything that refers to it."""
    chosen = [item for item in items if item.action in EFFECTIVE]
    if not chosen:
        return state
    state = replace(
        state,
        databases=_put(state.databases, chosen, Database, lambda record: record.id),
        integrations=_put(state.integrations, chosen, Integration, lambda record: record.provider),
        credentials=_put(state.credentials, chosen, Credential, lambda record: record.id),
        collections=_put(state.collections, chosen, Collection, lambda record: record.key),
        columns=_put(state.columns, chosen, Column, lambda record: record.key),
    )
    forgotten = frozenset(
        item.record.id for item in chosen if isinstance(item.record, Database) and item.action is Action.FORGET
    )
    return _without_traces(state, forgotten) if forgotten else state


def _put(
    records: tuple[R, ...], items: Sequence[DriftItem], kind: type[R], key: Callable[[R], object]
) -> tuple[R, ...]:
    """Return the records, changed ones in their places and new ones at the end, in the order of the differences."""
    forgotten: set[object] = set()
    put: dict[object, R] = {}
    for item in items:
        if isinstance(item.record, kind):
            if item.action is Action.FORGET:
                forgotten.add(key(item.record))
            else:
                put[key(item.record)] = item.record
    if not put and not forgotten:
        return records
    kept = [put.pop(key(record), record) for record in records if key(record) not in forgotten]
    return tuple(kept + list(put.values()))


def _without_traces(state: State, forgotten: frozenset[str]) -> State:
    return replace(
        state,
        credentials=tuple(
            replace(item, scope=tuple(entry for entry in item.scope if entry.database not in forgotten))
            if item.database_ids & forgotten
            else item
            for item in state.credentials
        ),
        collections=tuple(item for item in state.collections if item.database not in forgotten),
        columns=tuple(item for item in state.columns if item.database not in forgotten),
        service_tokens=tuple(item for item in state.service_tokens if item.database not in forgotten),
    )


def refreshed(state: State, observation: Observation, options: SyncOptions) -> State:
    """Return the state in which everything that was seen, and is as it was seen, was observed now."""
    ids = observation.databases.ids if observation.databases is not None and Kind.DATABASES in options.kinds else ()
    keys = {
        (kind, (keyspace.database, keyspace.keyspace, item.local_name))
        for keyspace in observation.keyspaces
        for kind in (Kind.COLLECTIONS, Kind.COLUMNS)
        if kind in options.kinds
        for item in keyspace.seen(kind) or ()
    }
    rotating = {item.credential for item in state.rotations if item.is_open}
    names = {item.name for item in state.credentials if item.id in rotating}

    def seen(record: Record) -> bool:
        if isinstance(record, Database):
            return record.id in ids
        if isinstance(record, Collection):
            return (Kind.COLLECTIONS, record.key) in keys and record.credential not in names
        return isinstance(record, Column) and (Kind.COLUMNS, record.key) in keys and record.credential not in names

    def fresh(records: tuple[S, ...]) -> tuple[S, ...]:
        return tuple(replace(item, observed_at=options.now) if seen(item) else item for item in records)

    return replace(
        state, databases=fresh(state.databases), collections=fresh(state.collections), columns=fresh(state.columns)
    )
