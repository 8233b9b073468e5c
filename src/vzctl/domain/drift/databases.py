"""Databases that are there and not recorded, that differ, and that are gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from vzctl.domain.drift.differences import Action, Change, DriftItem, FieldChange, SyncOptions
from vzctl.domain.drift.observation import TERMINATED, DatabasesSeen, Kind, Observation, ObservedDatabase, Remark
from vzctl.domain.rules import service_text
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Database
from vzctl.domain.state.state import State

NOT_IN_LIST: Final = "DATABASE_NOT_IN_LIST"


def database_drift(state: State, observation: Observation, options: SyncOptions) -> Iterator[DriftItem]:
    """Yield a difference for every database; one that is not a vector database is none of vzctl's business."""
    seen = observation.databases
    if seen is None:
        return
    recorded = {item.id: item for item in state.databases}
    only_vector = any(item.is_vector is not None for item in seen.databases)
    for item in sorted(seen.databases, key=lambda database: database.id):
        before = recorded.get(item.id)
        if before is None:
            if item.status != TERMINATED and (item.is_vector or not only_vector):
                yield _added(item, options)
        elif item.status != TERMINATED:
            yield from _changed(before, item)
    index = Index(state)
    for database in _absent(state, seen, observation):
        yield from _gone(index, database, options)


def absence_remarks(state: State, observation: Observation) -> Iterator[Remark]:
    """Yield the databases that Astra's list lacks and that a `local` state has all the same: there it is the authority."""
    if not state.is_local or observation.databases is None:
        return
    index = Index(state)
    for database in _missing(state, observation.databases, observation):
        name = index.database_name(database.id)
        message = f'the database "{name}" is not in Astra\'s list; a local state is the authority, so it is not gone'
        yield Remark(NOT_IN_LIST, Kind.DATABASES, name, message)


def is_other_organization(state: State, seen: DatabasesSeen) -> bool:
    """Whether none of the databases is recorded, although there are some on both sides."""
    return bool(state.databases) and bool(seen.ids) and not any(item.id in seen.ids for item in state.databases)


def _added(item: ObservedDatabase, options: SyncOptions) -> DriftItem:
    record = Database(
        id=item.id,
        name=item.name,
        region=item.region,
        status=item.status,
        endpoint=item.endpoint,
        observed_at=options.now,
    )
    fields = tuple(FieldChange(name, None, text) for name, text in _facts(record) if text is not None)
    return DriftItem(
        kind=Kind.DATABASES, change=Change.ADDED, action=Action.ADD, subject=item.name, record=record, fields=fields
    )


def _changed(before: Database, item: ObservedDatabase) -> Iterator[DriftItem]:
    """Yield the difference. What the look did not show stays as it is recorded."""
    record = replace(
        before,
        name=item.name,
        status=item.status,
        region=before.region if item.region is None else item.region,
        endpoint=before.endpoint if item.endpoint is None else item.endpoint,
        gone_since=None,
    )
    if record == before:
        return
    old = dict(_facts(before))
    fields = tuple(FieldChange(name, old[name], text) for name, text in _facts(record) if text != old[name])
    note = None if before.gone_since is None else "is there again"
    yield DriftItem(
        kind=Kind.DATABASES,
        change=Change.CHANGED,
        action=Action.UPDATE,
        subject=before.name,
        record=record,
        fields=fields,
        note=note,
    )


def _absent(state: State, seen: DatabasesSeen, observation: Observation) -> Iterator[Database]:
    """Yield recorded databases that were seen as terminated, or not at all where all were looked at.

    Absence says nothing on `local`: Astra's list is not what decides there.
    """
    terminated = {item.id for item in seen.databases if item.status == TERMINATED}
    missing = set() if state.is_local else {item.id for item in _missing(state, seen, observation)}
    for database in state.databases:
        if database.id in terminated:
            yield replace(database, status=TERMINATED)
        elif database.id in missing:
            yield database


def _missing(state: State, seen: DatabasesSeen, observation: Observation) -> Iterator[Database]:
    """Yield recorded databases that a whole list lacks. One whose own Data API answered is there, whatever a list says."""
    answered = {item.database for item in observation.keyspaces}
    if seen.is_whole:
        yield from (item for item in state.databases if item.id not in seen.ids and item.id not in answered)


def _gone(index: Index, database: Database, options: SyncOptions) -> Iterator[DriftItem]:
    before = index.databases[database.id]
    if options.prune:
        rotation = _rotation_in_the_way(index, database)
        yield DriftItem(
            kind=Kind.DATABASES,
            change=Change.GONE,
            action=Action.FORGET if rotation is None else Action.SKIP,
            subject=index.database_name(database.id),
            record=before,
            rotation=rotation,
            loses=tuple(_lost(index, database)) if rotation is None else (),
        )
    elif before.gone_since is None or before.status != database.status:
        yield DriftItem(
            kind=Kind.DATABASES,
            change=Change.GONE,
            action=Action.MARK_GONE,
            subject=index.database_name(database.id),
            record=replace(database, gone_since=before.gone_since or options.now),
            note="marked as gone; --prune forgets it",
        )


def _lost(index: Index, database: Database) -> Iterator[str]:
    for item in index.dependents_in_database[database.id]:
        yield f"{item.kind} {index.address(item)} ({service_text(item)})"
    for credential in index.credentials_in_scope(database.id):
        yield f"its place in the scope of {credential.name}"
    for token in index.state.tokens_of(database.id):
        yield f"the service token {token.id}"


def _rotation_in_the_way(index: Index, database: Database) -> str | None:
    """Return the credential whose open rotation needs the database or something in it, or None."""
    names = [item.credential for item in index.dependents_in_database[database.id]]
    found = [item for name in names if name is not None and (item := index.credentials.get(name)) is not None]
    found += index.credentials_in_scope(database.id)
    return next((item.name for item in found if item.id in index.open_rotations), None)


def _facts(database: Database) -> tuple[tuple[str, str | None], ...]:
    return (
        ("name", database.name),
        ("region", database.region),
        ("status", database.status),
        ("endpoint", database.endpoint),
    )
