"""What differs between two states, by name: for a restore's plan and for `vzctl diff`.

Two states may describe one organization with different ids (another profile, a second clone), so records are matched by what a
user calls them. Nothing that may hold a secret is repeated: of notes, fingerprints and unknown keys only the name is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Credential, Dependent, Version
from vzctl.domain.state.state import State

ADDED: Final = "added"
REMOVED: Final = "removed"
CHANGED: Final = "changed"

_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """One record that is not the same in both: its kind and name, and what changed in it, a phrase for each field."""

    kind: str
    name: str
    change: str
    details: tuple[str, ...] = ()


def differences(before: State, after: State) -> tuple[Difference, ...]:
    """Return what must change in `before` to get `after`, in the order of the state file."""
    is_comparable = before.organization.fingerprint_salt == after.organization.fingerprint_salt
    old, new = (_Named(item, keys_comparable=is_comparable).tables() for item in (before, after))
    return tuple(item for kind, rows in old.items() for item in _of_table(kind, rows, new[kind]))


class _Named:
    """The records of one state by the names a user knows, each as the fields that count."""

    def __init__(self, state: State, *, keys_comparable: bool) -> None:
        self._state = state
        self._keys_comparable = keys_comparable
        self._index = Index(state)

    def tables(self) -> dict[str, dict[str, dict[str, Any]]]:
        state, index = self._state, self._index
        return {
            "organization": {
                state.organization.name: {
                    "control plane": state.organization.control_plane.value,
                    "Astra token": _Hidden(state.organization.token_version),
                }
            },
            "integration": {
                item.provider: _shown(item, {"evidence", "removal_wanted_at"}) for item in state.integrations
            },
            "database": {
                index.database_name(item.id): _shown(
                    item, {"region", "status", "endpoint", "certificate_name", "freshness_seconds"}
                )
                for item in state.databases
            },
            "service token": {f"{index.database_name(item.database)}:{item.id}": {} for item in state.service_tokens},
            "credential": {item.name: self._credential(item) for item in state.credentials},
            "removed credential": {f"{item.name}:{item.id}": {} for item in state.retired},
            "collection": {index.address(item): _dependent(item) for item in state.collections},
            "column": {index.address(item): _dependent(item) for item in state.columns},
            "open rotation": {
                item.snapshot.name: {"step": item.step.value, "direction": item.direction.value}
                for item in state.rotations
                if item.is_open
            },
            "key to revoke": {
                f"{self._owner(item.version)}:{item.id}": {"reason": item.reason} for item in state.open_revocations()
            },
        }

    def _credential(self, item: Credential) -> dict[str, Any]:
        version = item.current_version
        scope = {
            self._index.database_name(entry.database): "removal requested" if entry.removal_wanted_at else "in scope"
            for entry in item.scope
        }
        return {
            **_shown(item, {"provider", "max_age_days", "slot", "evidence", "key_set_at", "removal_wanted_at"}),
            "note": _Hidden(item.note),
            "active version": self._version(version),
            "scope": scope,
        }

    def _version(self, version: Version | None) -> _Hidden:
        if version is None:
            return _Hidden(None)
        is_same = (version.fingerprint or version.id) if self._keys_comparable else True
        return _Hidden(is_same, "stored" if version.held else "not stored")

    def _owner(self, version_id: str) -> str:
        owner = self._state.owner_of_version(version_id)
        return owner.name if owner is not None else "unknown"


@dataclass(frozen=True, slots=True)
class _Hidden:
    """A value that is compared and never shown; `shown` may be."""

    value: object
    shown: str = ""


def _shown(item: Any, names: set[str]) -> dict[str, Any]:
    return {field.name: getattr(item, field.name) for field in fields(item) if field.name in names}


def _dependent(item: Dependent) -> dict[str, Any]:
    return {
        **_shown(item, {"provider", "authentication", "credential", "model", "dimension"}),
        "parameters": _Hidden(item.parameters),
    }


def _of_table(kind: str, old: Mapping[str, dict[str, Any]], new: Mapping[str, dict[str, Any]]) -> Iterator[Difference]:
    for name in (*old, *(name for name in new if name not in old)):
        if name not in new:
            yield Difference(kind, name, REMOVED)
        elif name not in old:
            yield Difference(kind, name, ADDED, tuple(_scope_of(new[name])))
        elif old[name] != new[name]:
            details = [
                phrase
                for field in (*old[name], *(field for field in new[name] if field not in old[name]))
                for phrase in _of_field(field, old[name].get(field, _ABSENT), new[name].get(field, _ABSENT))
            ]
            yield Difference(kind, name, CHANGED, tuple(details))


def _scope_of(record: Mapping[str, Any]) -> Iterator[str]:
    for database in record.get("scope", ()):
        yield f"scope +{database}"


def _of_field(field: str, old: Any, new: Any) -> Iterator[str]:
    label = field.replace("_", " ")
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in (*old, *(key for key in new if key not in old)):
            if key not in new:
                yield f"{label} -{key}"
            elif key not in old:
                yield f"{label} +{key}"
            elif old[key] != new[key]:
                yield f"{label} {key}: {old[key]} → {new[key]}"
    elif isinstance(old, _Hidden) and isinstance(new, _Hidden):
        if old.value != new.value:
            yield f"{label} {_verb(old.value, new.value)}"
        elif old.shown != new.shown:
            yield f"{label}: {old.shown} → {new.shown}"
    else:
        yield f"{label}: {_word(old)} → {_word(new)}"


def _verb(old: object, new: object) -> str:
    if old is None:
        return "added"
    return "removed" if new is None else "changed"


def _word(value: Any) -> str:
    return "none" if value is None else str(getattr(value, "value", value))
