"""Collections and vector columns that are there and not recorded, that differ, and that are gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from vzctl.domain.catalog.catalog import same_embedding
from vzctl.domain.drift.differences import Action, Change, DriftItem, FieldChange, SyncOptions
from vzctl.domain.drift.observation import KeyspaceSeen, Kind, Observation, ObservedColumn, ObservedDependent
from vzctl.domain.rules import display_name
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Collection, Column, Dependent
from vzctl.domain.state.state import State

RECREATED: Final = "locked for life: it was deleted and made again, or recorded wrongly"
VECTORS_DIFFER: Final = "stored vectors do not compare with new ones"
_NOUNS: Final = {Kind.COLLECTIONS: "collection", Kind.COLUMNS: "column"}
SERVICE_LOST: Final = "on Apache Cassandra a table forgets its services: ask the database that it was attached to"


def content_drift(state: State, observation: Observation, options: SyncOptions) -> Iterator[DriftItem]:
    """Yield the differences of every keyspace that was looked into."""
    index = Index(state)
    for keyspace in sorted(observation.keyspaces, key=lambda item: (item.database, item.keyspace)):
        if keyspace.database not in index.databases:
            continue  # it is forgotten in the same go, with all that is in it
        here = [item for item in index.dependents_in_database[keyspace.database] if item.keyspace == keyspace.keyspace]
        recorded = {(item.kind, item.local_name): item for item in here}
        for kind in (Kind.COLLECTIONS, Kind.COLUMNS):
            seen = keyspace.seen(kind)
            if seen is None or kind not in options.kinds:
                continue
            for item in sorted(seen, key=lambda dependant: dependant.local_name):
                before = recorded.get((_NOUNS[kind], item.local_name))
                if before is None or item.service != before.service:
                    yield from _present(index, before, recorded_as(keyspace, item, options))
            yield from _gone(index, kind, keyspace, here, options)


def recorded_as(keyspace: KeyspaceSeen, item: ObservedDependent, options: SyncOptions) -> Collection | Column:
    """Return the record of something that was seen."""
    common: dict[str, Any] = {
        "database": keyspace.database,
        "keyspace": keyspace.keyspace,
        "recorded_at": options.now,
        "observed_at": options.now,
        **item.service.as_fields(),
    }
    if isinstance(item, ObservedColumn):
        return Column(table=item.table, column=item.column, **common)
    return Collection(name=item.name, **common)


def _present(index: Index, before: Dependent | None, record: Collection | Column) -> Iterator[DriftItem]:
    rotation = _rotating(index, before, record)
    if before is None:
        fields = tuple(FieldChange(name, None, text) for name, text in _facts(record).items() if text is not None)
        yield replace(_item(index, Change.ADDED, Action.ADD, record, rotation), fields=fields)
        return
    same = same_embedding(before, record) or _only_dimension_unknown(before, record)
    if same and (before.authentication, before.credential) == (record.authentication, record.credential):
        return
    changed = replace(record, recorded_at=before.recorded_at, extra=before.extra)
    old = _facts(before)
    fields = tuple(FieldChange(name, old[name], text) for name, text in _facts(record).items() if text != old[name])
    note = _note(before, record, same=same)
    yield replace(_item(index, Change.CHANGED, Action.UPDATE, changed, rotation), fields=fields, note=note)


def _note(before: Dependent, record: Dependent, *, same: bool) -> str | None:
    if isinstance(record, Collection):
        return RECREATED
    if record.provider is None:
        return SERVICE_LOST
    return None if same or before.provider is None else VECTORS_DIFFER


def _only_dimension_unknown(before: Dependent, record: Dependent) -> bool:
    """Whether they differ in nothing but a dimension that nobody recorded."""
    return before.dimension is None and same_embedding(before, replace(record, dimension=None))


def _gone(
    index: Index, kind: Kind, keyspace: KeyspaceSeen, here: Iterable[Dependent], options: SyncOptions
) -> Iterator[DriftItem]:
    if not keyspace.is_whole:
        return
    present = {item.local_name for item in keyspace.seen(kind) or ()} | keyspace.unreadable
    record = Collection if kind is Kind.COLLECTIONS else Column
    for item in here:
        if not isinstance(item, record) or item.local_name in present:
            continue
        if options.prune:
            yield _item(index, Change.GONE, Action.FORGET, item, _rotating(index, item))
        else:
            yield replace(_item(index, Change.GONE, Action.KEEP, item, None), note="kept; --prune forgets it")


def _item(index: Index, change: Change, action: Action, record: Collection | Column, rotation: str | None) -> DriftItem:
    kind = Kind.COLLECTIONS if isinstance(record, Collection) else Kind.COLUMNS
    return DriftItem(
        kind=kind,
        change=change,
        action=action if rotation is None else Action.SKIP,
        subject=index.address(record),
        record=record,
        rotation=rotation,
    )


def _rotating(index: Index, *items: Dependent | None) -> str | None:
    """Return the credential of one of these that is being rotated, or None."""
    for item in items:
        credential = index.credentials.get(item.credential) if item is not None and item.credential else None
        if credential is not None and credential.id in index.open_rotations:
            return credential.name
    return None


def _facts(item: Dependent) -> dict[str, str | None]:
    parameters = ", ".join(f"{name}={_text(value)}" for name, value in sorted(item.parameters.items()))
    return {
        "provider": None if item.provider is None else display_name(item.provider),
        "authentication": item.authentication.value,
        "credential": item.credential,
        "model": item.model,
        "dimension": None if item.dimension is None else str(item.dimension),
        "parameters": parameters or None,
    }


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
