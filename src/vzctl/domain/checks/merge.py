"""Merge two states that began as one, record by record: for a merge of two branches of version control.

Records are matched by id. What only one side changed is taken from that side, field by field. What both sides changed differently
is a conflict, and then nothing is merged. What was done for safety on either side stays done: a revocation, a deleted secret, a
revoked token, a removed scope entry. The result is the same whichever side is called ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final

from vzctl.domain.checks.integrity import breakages
from vzctl.domain.state.deletion import renewed
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import (
    Collection,
    Column,
    Credential,
    Database,
    Deletion,
    Dependent,
    Evidence,
    Integration,
    Organization,
    RetiredCredential,
    Revocation,
    Rotation,
    ScopeEntry,
    ServiceToken,
    Snapshot,
    StepTime,
    Version,
)
from vzctl.domain.state.revocation import REASON_LEAKED, is_revoked
from vzctl.domain.state.state import State


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged state, or the conflicts that prevent it: a sentence each, without values, which may hold secrets."""

    state: State | None
    conflicts: tuple[str, ...] = ()


def merge(base: State | None, ours: State, theirs: State, *, vzctl: str) -> Merged:
    """Return both sides' changes since `base` in one state; without a base, everything counts as added on both sides."""
    if ours.lineage != theirs.lineage or (base is not None and base.lineage != ours.lineage):
        return Merged(None, ("the files do not descend from one state: their lineages differ",))
    merger = _Merger(base, ours, theirs)
    state = merger.merged(vzctl)
    conflicts = [*_double_rotations(base, ours, theirs), *merger.conflicts]
    if not conflicts:
        conflicts += _unusable_keys(state, ours, theirs)
        state = renewed(state)
        conflicts += [
            f"the result would be broken: {'.'.join(str(part) for part in item.place if isinstance(part, str))} "
            f"{item.reason}"
            for item in breakages(state)
        ]
    return Merged(None, tuple(dict.fromkeys(conflicts))) if conflicts else Merged(state)


def _double_rotations(base: State | None, ours: State, theirs: State) -> Iterator[str]:
    """Yield the credentials that were rotated on both sides: one of two new keys would be lost."""
    known = frozenset(item.id for item in base.rotations) if base is not None else frozenset()
    mine, others = (
        {item.credential: item.id for item in side.rotations if item.id not in known} for side in (ours, theirs)
    )
    for credential, rotation in mine.items():
        if others.get(credential, rotation) != rotation:
            owner = ours.credential_by_id(credential)
            yield f'credential "{owner.name if owner is not None else credential}": rotated on both sides'


def _unusable_keys(state: State, *sides: State) -> Iterator[str]:
    """Yield the credentials whose active key one side put into service, and the other deleted or revoked."""
    for credential in state.credentials:
        version = credential.current_version
        users = [
            side
            for side in sides
            if (item := side.credential_by_id(credential.id)) and item.current == credential.current
        ]
        if version is None:
            continue
        if not version.held and any(
            item.held for side in users for _, item in side.versions() if item.id == version.id
        ):
            yield f'credential "{credential.name}": its active version was deleted on the other side'
        if is_revoked(state, version.id) and any(not is_revoked(side, version.id) for side in users):
            yield f'credential "{credential.name}": its active key was revoked on the other side'


class _AbsentType:
    """Stands for a record that a side does not have."""


_ABSENT: Final = _AbsentType()

KEYS: Final[Mapping[type, Callable[[Any], Any]]] = {
    Integration: lambda item: item.provider,
    Database: lambda item: item.id,
    Credential: lambda item: item.id,
    RetiredCredential: lambda item: item.id,
    Collection: lambda item: item.key,
    Column: lambda item: item.key,
    Rotation: lambda item: item.id,
    Revocation: lambda item: (item.credential, item.version),
    ServiceToken: lambda item: item.id,
    Deletion: lambda item: item.version,
    StepTime: lambda item: (item.step, item.done_at),
    ScopeEntry: lambda item: item.database,
    Version: lambda item: item.id,
}
"""By what a record of each kind is the same on both sides. A revocation is about one key, whatever its id."""

_REMOVAL_WINS: Final = frozenset({ScopeEntry, ServiceToken})
"""Kinds whose removal is never undone by a change on the other side: both take access away."""
_ATOMIC: Final = frozenset({Snapshot})

_EARLIEST: Final = frozenset(
    {
        "added_at",
        "begun_at",
        "created_at",
        "done_at",
        "due_since",
        "finished_at",
        "gone_since",
        "removal_wanted_at",
        "removed_at",
    }
)
"""Times of something that happened once: where both sides know one, the first is kept."""
_LATEST: Final = frozenset({"verified_at", "evidence_at", "observed_at", "recorded_at", "refused_at"})
_EVIDENCE_ORDER: Final = (Evidence.WANTED, Evidence.ATTESTED, Evidence.OBSERVED)


class _Merger:
    """One merge, and the conflicts that were found in it."""

    def __init__(self, base: State | None, ours: State, theirs: State) -> None:
        self._base = base
        self._ours = ours
        self._theirs = theirs
        self._index = Index(ours)
        self._other_index = Index(theirs)
        self.conflicts: list[str] = []

    def merged(self, vzctl: str) -> State:
        serials = [item.serial for item in (self._base, self._ours, self._theirs) if item is not None]
        own = {"schema", "lineage", "serial", "vzctl"}
        values = {
            field.name: self._field(State, field.name, self._base or _ABSENT, self._ours, self._theirs, "the state")
            for field in fields(State)
            if field.name not in own
        }
        return replace(self._ours, serial=max(serials) + 1, vzctl=vzctl, **values)

    def _field(self, kind: type, name: str, base: Any, ours: Any, theirs: Any, where: str) -> Any:
        old = _ABSENT if base is _ABSENT else getattr(base, name)
        mine, others = getattr(ours, name), getattr(theirs, name)
        if (
            kind is Database
            and name == "status"
            and old not in (mine, others)
            and ours.observed_at
            and theirs.observed_at
        ):
            return max((ours, theirs), key=lambda item: (item.observed_at, item.status)).status
        return self._value(kind, name, old, mine, others, where)

    def _value(self, kind: type, name: str, old: Any, ours: Any, theirs: Any, where: str) -> Any:
        """Return one field: what only one side changed, or what both sides' values come to."""
        if ours == theirs:
            return ours
        if isinstance(ours, tuple) and isinstance(theirs, tuple):
            return self._rows(() if old is _ABSENT else old, ours, theirs, where)
        if isinstance(ours, dict) and isinstance(theirs, dict):
            return self._keys(name, {} if old is _ABSENT else old, ours, theirs, where)
        if type(ours) in _RECORDS and type(ours) is type(theirs) and type(ours) not in _ATOMIC:
            return self._record(old, ours, theirs, where)
        if old == ours:
            return theirs
        if old == theirs:
            return ours
        resolved = _resolved(kind, name, ours, theirs)
        if resolved is _ABSENT:
            self.conflicts.append(f"{where}: {name.replace('_', ' ')} was changed on both sides")
            return ours
        return resolved

    def _record(self, base: Any, ours: Any, theirs: Any, where: str) -> Any:
        kind = type(ours)
        values = {field.name: self._field(kind, field.name, base, ours, theirs, where) for field in fields(kind)}
        return replace(ours, **values)

    def _rows(self, base: tuple[Any, ...], ours: tuple[Any, ...], theirs: tuple[Any, ...], where: str) -> Any:
        """Return the rows of both sides: those of the base in its order, then what was added, in the order of the keys."""
        key = next((KEYS[type(item)] for item in (*base, *ours, *theirs) if type(item) in KEYS), lambda item: item)
        old, mine, others = ({key(item): item for item in rows} for rows in (base, ours, theirs))
        mine_added, others_added = ([item for item in side if item not in old] for side in (mine, others))
        # What one side alone added keeps its order: the previous versions, for example, are the oldest first.
        added = (
            sorted({*mine_added, *others_added}, key=repr)
            if mine_added and others_added
            else mine_added or others_added
        )
        found = (
            self._row(old.get(item, _ABSENT), mine.get(item, _ABSENT), others.get(item, _ABSENT), where)
            for item in (*old, *added)
        )
        return tuple(item for item in found if item is not _ABSENT)

    def _row(self, base: Any, ours: Any, theirs: Any, where: str) -> Any:
        if ours == theirs:
            return ours
        if ours is _ABSENT or theirs is _ABSENT:
            return self._removed(base, theirs if ours is _ABSENT else ours, where)
        if type(ours) in _RECORDS:
            return self._record(base, ours, theirs, self._named(ours, where))
        return ours

    def _removed(self, base: Any, left: Any, where: str) -> Any:
        """Return what becomes of a row that one side lacks: added on the other, removed here, or removed and changed."""
        if base is _ABSENT:
            return left
        if type(left) in _REMOVAL_WINS or (base == left and not isinstance(left, Deletion)):
            return _ABSENT
        if isinstance(left, Deletion):
            return left
        if isinstance(left, Version):
            # One side forgot it, the other recorded something of it: that its secret is deleted must not be forgotten.
            return left if base.held and not left.held else replace(left, held=False)
        self.conflicts.append(f"{self._named(left, where)}: removed on one side and changed on the other")
        return left

    def _keys(self, name: str, base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any], where: str) -> Any:
        merged: dict[str, Any] = {}
        for key in (*base, *sorted((ours.keys() | theirs.keys()) - base.keys())):
            old, mine, other = (side.get(key, _ABSENT) for side in (base, ours, theirs))
            value = mine if old == other else other
            if mine != other and old not in (mine, other):
                self.conflicts.append(f"{where}: a key of {name} was changed on both sides")
            elif value is not _ABSENT:
                merged[key] = value
        return merged

    def _named(self, item: Any, where: str) -> str:
        """Name a record for the list of conflicts."""
        if isinstance(item, (Credential, RetiredCredential)):
            return f'credential "{item.name}"'
        if isinstance(item, Integration):
            return f'integration "{item.provider}"'
        if isinstance(item, Dependent):
            return f'{item.kind} "{self._database(item.database)}/{item.keyspace}/{item.local_name}"'
        if isinstance(item, (Database, ScopeEntry)):
            database = item.id if isinstance(item, Database) else item.database
            return f'database "{self._database(database)}"' + (f" in {where}" if isinstance(item, ScopeEntry) else "")
        if isinstance(item, Rotation):
            return f'the rotation of "{item.snapshot.name}"'
        if isinstance(item, Revocation):
            return f'the key to revoke of "{self._owner(item.credential)}"'
        return f"a version of {where}" if isinstance(item, Version) else where

    def _database(self, database_id: str) -> str:
        known = database_id in self._index.databases
        return (self._index if known else self._other_index).database_name(database_id)

    def _owner(self, credential_id: str) -> str:
        for side in (self._ours, self._theirs):
            names = {item.id: item.name for item in side.retired} | {item.id: item.name for item in side.credentials}
            if credential_id in names:
                return names[credential_id]
        return credential_id


_RECORDS: Final = frozenset({*KEYS, Organization, Snapshot})


def _resolved(kind: type, name: str, ours: Any, theirs: Any) -> Any:
    """Return what two different values come to where that is no conflict, else `_ABSENT`."""
    values = [item for item in (ours, theirs) if item is not None]
    times = [item for item in values if isinstance(item, datetime)]
    if times and len(times) == len(values):
        if name in _EARLIEST:
            return min(times)
        if name in _LATEST:
            return max(times)
    if name == "evidence" and len(values) == 2:
        return max(values, key=_EVIDENCE_ORDER.index)
    if kind is Revocation and name == "reason" and REASON_LEAKED in values:
        return REASON_LEAKED
    if kind is Revocation and name == "id":
        return min(values)
    if name == "held":
        return False
    if kind is Rotation and name == "new_key_used":
        return True
    return _ABSENT
