"""What makes a state file *broken*: it is then refused whole, and never read as "no credentials".

`Breakage.place` is a path into the file, such as `("credentials", 3, "name")`; the store turns it into a line number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vzctl.domain.names import name_fault
from vzctl.domain.state import SCHEMA_VERSION, Authentication, Credential, RetiredCredential, State

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Breakage:
    """One reason to refuse a file, and where it is."""

    place: Place
    reason: str


def breakages(state: State) -> Iterator[Breakage]:
    """Yield everything that makes the state unreadable: illegal or duplicate names, and references to nothing."""
    if state.schema != SCHEMA_VERSION:
        yield Breakage(("schema",), f"is {state.schema}, this vzctl reads {SCHEMA_VERSION}")
    if state.serial < 0:
        yield Breakage(("serial",), "is negative")
    if not is_path_word(state.lineage):
        yield Breakage(("lineage",), "must be a UUID: letters, digits and '-'")
    if not state.organization.fingerprint_salt:
        yield Breakage(("organization", "fingerprint_salt"), "is empty")
    yield from _duplicates("integrations", "provider", [item.provider for item in state.integrations])
    yield from _duplicates("databases", "id", [item.id for item in state.databases])
    yield from _duplicates("collections", "name", [item.key for item in state.collections])
    yield from _duplicates("columns", "column", [item.key for item in state.columns])
    yield from _duplicates("rotations", "id", [item.id for item in state.rotations])
    yield from _duplicates("revocations", "id", [item.id for item in state.revocations])
    yield from _credentials(state)
    yield from _dependants(state)
    yield from _references(state)
    yield from _naive_times(state)


def is_path_word(text: str) -> bool:
    """Whether the text is safe as one part of a secret store item's path."""
    return bool(text) and text.isascii() and text.replace("-", "").replace("_", "").isalnum()


def _duplicates(table: str, key: str, values: Iterable[object]) -> Iterator[Breakage]:
    seen: set[object] = set()
    for position, value in enumerate(values):
        if value in seen:
            shown = "/".join(value[1:]) if isinstance(value, tuple) else value
            yield Breakage((table, position, key), f'"{shown}" is there twice')
        seen.add(value)


def _credentials(state: State) -> Iterator[Breakage]:
    providers = {item.provider for item in state.integrations}
    databases = {item.id for item in state.databases}
    yield from _duplicates(
        "credentials", "id", [*(item.id for item in state.credentials), *(item.id for item in state.retired)]
    )
    yield from _duplicates("credentials", "name", [item.name for item in state.credentials])
    for position, credential in enumerate(state.credentials):
        fault = name_fault(credential.name)
        if fault is not None:
            yield Breakage(
                ("credentials", position, "name"), f"{credential.name!a} cannot be a credential name: {fault}"
            )
        if credential.provider not in providers:
            yield Breakage(("credentials", position, "provider"), f'"{credential.provider}" has no integration')
        if not is_path_word(credential.id):
            yield Breakage(("credentials", position, "id"), "must be letters, digits, '-' and '_'")
        yield from _scope(position, credential, databases)
        yield from _versions(position, credential)


def _scope(position: int, credential: Credential, databases: set[str]) -> Iterator[Breakage]:
    if len(credential.database_ids) != len(credential.scope):
        yield Breakage(("credentials", position, "scope"), f'"{credential.name}" has a database twice')
    if not credential.database_ids <= databases:
        for number, entry in enumerate(credential.scope):
            if entry.database not in databases:
                yield Breakage(
                    ("credentials", position, "scope", number, "database"),
                    f'the scope of "{credential.name}" names {entry.database!a}, which is no database of this file',
                )


def _versions(position: int, credential: Credential) -> Iterator[Breakage]:
    known = [version.id for version in credential.versions]
    if len(set(known)) != len(known):
        yield Breakage(("credentials", position, "versions"), f'"{credential.name}" has a version id twice')
    for number, version_id in enumerate(known):
        if not is_path_word(version_id):
            yield Breakage(("credentials", position, "versions", number, "id"), "must be letters, digits, '-' and '_'")
    pointers = [("current", credential.current), ("pending", credential.pending)]
    pointers += [("previous", item) for item in credential.previous]
    for pointer, target in pointers:
        if target is not None and target not in known:
            yield Breakage(
                ("credentials", position, pointer),
                f'"{credential.name}" points to the version {target!a}, which is not there',
            )


def _dependants(state: State) -> Iterator[Breakage]:
    databases = {item.id for item in state.databases}
    for table, items in (("collections", state.collections), ("columns", state.columns)):
        for position, item in enumerate(items):
            if item.database not in databases:
                yield Breakage((table, position, "database"), f"{item.database!a} is no database of this file")
            if (item.authentication is Authentication.CREDENTIAL) != (item.credential is not None):
                yield Breakage(
                    (table, position, "authentication"),
                    'a credential is named exactly when authentication is "credential"',
                )


def _references(state: State) -> Iterator[Breakage]:
    owners: dict[str, Credential | RetiredCredential] = {item.id: item for item in state.credentials}
    owners |= {item.id: item for item in state.retired}
    open_credentials: set[str] = set()
    for position, rotation in enumerate(state.rotations):
        owner = owners.get(rotation.credential)
        if owner is None:
            yield Breakage(
                ("rotations", position, "credential"), f"{rotation.credential!a} is no credential of this file"
            )
        elif rotation.is_open:
            known = {version.id for version in owner.versions}
            for key, version_id in (("old_version", rotation.old_version), ("new_version", rotation.new_version)):
                if version_id is not None and version_id not in known:
                    yield Breakage(("rotations", position, key), f"{version_id!a} is no version of its credential")
            if rotation.credential in open_credentials or not isinstance(owner, Credential):
                yield Breakage(("rotations", position, "credential"), "has two open rotations, or was removed")
            open_credentials.add(rotation.credential)
    for position, revocation in enumerate(state.revocations):
        owner = owners.get(revocation.credential)
        if owner is None or all(version.id != revocation.version for version in owner.versions):
            yield Breakage(("revocations", position, "version"), "belongs to no credential of this file")


def _naive_times(state: State) -> Iterator[Breakage]:
    tables: dict[str, Iterable[Any]] = {
        "integrations": state.integrations,
        "databases": state.databases,
        "credentials": state.credentials,
        "collections": state.collections,
        "columns": state.columns,
        "rotations": state.rotations,
        "revocations": state.revocations,
    }
    for table, items in tables.items():
        for position, item in enumerate(items):
            for key in _TIME_KEYS.get(table, ()):
                value = getattr(item, key)
                if isinstance(value, datetime) and value.tzinfo is None:
                    yield Breakage((table, position, key), "is a time without a zone; write 2026-01-31T12:00:00Z")
    for position, credential in enumerate(state.credentials):
        for place, entries in (("scope", credential.scope), ("versions", credential.versions)):
            for entry in entries:
                moment = getattr(entry, "added_at", None) or getattr(entry, "created_at", None)
                if moment is not None and moment.tzinfo is None:
                    yield Breakage(("credentials", position, place), "has a time without a zone")


_TIME_KEYS = {
    "integrations": ("added_at", "evidence_at", "removal_wanted_at"),
    "databases": ("observed_at", "gone_since"),
    "credentials": ("created_at", "key_set_at", "evidence_at", "removal_wanted_at"),
    "collections": ("recorded_at", "observed_at"),
    "columns": ("recorded_at", "observed_at"),
    "rotations": ("started_at", "finished_at"),
    "revocations": ("due_since", "done_at"),
}
