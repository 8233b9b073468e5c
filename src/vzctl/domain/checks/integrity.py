"""What makes a state file *broken*: it is then refused whole, and never read as "no credentials".

`Breakage.place` is a path into the file, such as `("credentials", 3, "name")`; the store turns it into a line number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Final

from vzctl.domain.masking.redaction import looks_like_secret
from vzctl.domain.rotation.machine import route
from vzctl.domain.state.names import is_path_word, name_fault
from vzctl.domain.state.records import (
    LONGEST_FRESHNESS,
    Authentication,
    Collection,
    Column,
    Credential,
    Database,
    Deletion,
    Integration,
    Organization,
    RetiredCredential,
    Revocation,
    Rotation,
    ScopeEntry,
    ServiceToken,
    Snapshot,
    Step,
    StepTime,
    Version,
)
from vzctl.domain.state.state import SCHEMA_VERSION, State
from vzctl.secret import LAST_FOUR

Place = tuple[str | int, ...]


HIGHEST_SERIAL: Final = 2**53
"""The whole numbers up to here are the same in every JSON reader; no state gets anywhere near."""


LARGEST_GROUP: Final = 1000
"""Databases of one manual step; no dialog takes more."""


_HEXADECIMAL: Final = frozenset("0123456789abcdef")


_SHOWN_AT_MOST: Final = 60


_TIME_SUFFIXES: Final = ("_at", "_since")


@dataclass(frozen=True, slots=True)
class Breakage:
    """One reason to refuse a file, and where it is."""

    place: Place
    reason: str


def breakages(state: State) -> Iterator[Breakage]:
    """Yield everything that makes the state unreadable: illegal or duplicate names, and references to nothing."""
    if state.schema != SCHEMA_VERSION:
        yield Breakage(("schema",), f"is {state.schema}, this vzctl reads {SCHEMA_VERSION}")
    if not 0 <= state.serial < HIGHEST_SERIAL:
        yield Breakage(("serial",), "is no number of changes")
    if not is_path_word(state.lineage):
        yield Breakage(("lineage",), "must be a UUID: letters, digits and '-'")
    if not state.organization.fingerprint_salt:
        yield Breakage(("organization", "fingerprint_salt"), "is empty")
    yield from _token(state.organization)
    yield from _duplicates("integrations", "provider", [item.provider for item in state.integrations])
    yield from _duplicates("databases", "id", [item.id for item in state.databases])
    yield from _duplicates("collections", "name", [item.key for item in state.collections])
    yield from _duplicates("columns", "column", [item.key for item in state.columns])
    yield from _duplicates("rotations", "id", [item.id for item in state.rotations])
    yield from _duplicates("revocations", "id", [item.id for item in state.revocations])
    yield from _credentials(state)
    yield from _service(state)
    yield from _dependants(state)
    yield from _references(state)
    yield from _deletions(state)
    yield from _times(state)


def _token(organization: Organization) -> Iterator[Breakage]:
    known = [version.id for version in organization.token_versions]
    for number, version_id in enumerate(known):
        place: Place = ("organization", "token_versions", number, "id")
        if not is_path_word(version_id):
            yield Breakage(place, "must be letters, digits, '-' and '_'")
        elif version_id in known[:number]:
            yield Breakage(place, f"{_shown(version_id)} is there twice")
    if organization.token_version is not None and organization.token_version not in known:
        yield Breakage(
            ("organization", "token_version"), f"{_shown(organization.token_version)} is no version of the token"
        )


def _duplicates(table: str, key: str, values: Iterable[object]) -> Iterator[Breakage]:
    seen: set[object] = set()
    for position, value in enumerate(values):
        if value in seen:
            shown = "/".join(value[1:]) if isinstance(value, tuple) else str(value)
            yield Breakage((table, position, key), f"{_shown(shown)} is there twice")
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
                ("credentials", position, "name"), f"{_shown(credential.name)} cannot be a credential name: {fault}"
            )
        if credential.provider not in providers:
            yield Breakage(("credentials", position, "provider"), f"{_shown(credential.provider)} has no integration")
        if not is_path_word(credential.id):
            yield Breakage(("credentials", position, "id"), "must be letters, digits, '-' and '_'")
        yield from _scope(position, credential, databases)
        yield from _versions(position, credential)


def _scope(position: int, credential: Credential, databases: set[str]) -> Iterator[Breakage]:
    if len(credential.database_ids) != len(credential.scope):
        yield Breakage(("credentials", position, "scope"), f"{_shown(credential.name)} has a database twice")
    if not credential.database_ids <= databases:
        for number, entry in enumerate(credential.scope):
            if entry.database not in databases:
                yield Breakage(
                    ("credentials", position, "scope", number, "database"),
                    f"the scope of {_shown(credential.name)} names {_shown(entry.database)}, which is no database here",
                )


def _versions(position: int, credential: Credential) -> Iterator[Breakage]:
    known = [version.id for version in credential.versions]
    if len(set(known)) != len(known):
        yield Breakage(("credentials", position, "versions"), f"{_shown(credential.name)} has a version id twice")
    for number, version_id in enumerate(known):
        if not is_path_word(version_id):
            yield Breakage(("credentials", position, "versions", number, "id"), "must be letters, digits, '-' and '_'")
    for number, version in enumerate(credential.versions):
        if version.last_four is not None and not (
            len(version.last_four) == LAST_FOUR and version.last_four.isprintable()
        ):
            yield Breakage(
                ("credentials", position, "versions", number, "last_four"), "must be four printable characters"
            )
    pointers = [("current", credential.current), ("pending", credential.pending)]
    pointers += [("previous", item) for item in credential.previous]
    for pointer, target in pointers:
        if target is not None and target not in known:
            yield Breakage(
                ("credentials", position, pointer),
                f"{_shown(credential.name)} points to the version {_shown(target)}, which is not there",
            )


def _service(state: State) -> Iterator[Breakage]:
    """Two databases that look the same to the credential service would be given each other's keys."""
    databases = {item.id for item in state.databases}
    named = [(number, item.certificate_name) for number, item in enumerate(state.databases) if item.certificate_name]
    seen: set[str] = set()
    for position, name in named:
        if name.casefold() in seen:
            yield Breakage(("databases", position, "certificate_name"), f"{_shown(name)} is there twice")
        seen.add(name.casefold())
    for position, database in enumerate(state.databases):
        if database.freshness_seconds is not None and not 0 <= database.freshness_seconds <= LONGEST_FRESHNESS:
            yield Breakage(("databases", position, "freshness_seconds"), f"must be 0 to {LONGEST_FRESHNESS}")
    yield from _duplicates("service_tokens", "id", [item.id for item in state.service_tokens])
    for position, token in enumerate(state.service_tokens):
        if token.database not in databases:
            yield Breakage(("service_tokens", position, "database"), f"{_shown(token.database)} is no database here")
        if not is_path_word(token.id):
            yield Breakage(("service_tokens", position, "id"), "must be letters, digits, '-' and '_'")
        if len(token.sha256) != 64 or not set(token.sha256) <= _HEXADECIMAL:
            yield Breakage(("service_tokens", position, "sha256"), "must be 64 digits of 0-9 a-f")


def _dependants(state: State) -> Iterator[Breakage]:
    databases = {item.id for item in state.databases}
    for table, items in (("collections", state.collections), ("columns", state.columns)):
        for position, item in enumerate(items):
            if item.database not in databases:
                yield Breakage((table, position, "database"), f"{_shown(item.database)} is no database of this file")
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
                ("rotations", position, "credential"), f"{_shown(rotation.credential)} is no credential of this file"
            )
        elif rotation.is_open:
            yield from _open_rotation(state, position, rotation, owner)
            if rotation.credential in open_credentials or not isinstance(owner, Credential):
                yield Breakage(("rotations", position, "credential"), "has two open rotations, or was removed")
            open_credentials.add(rotation.credential)
    for position, revocation in enumerate(state.revocations):
        owner = owners.get(revocation.credential)
        if owner is None or all(version.id != revocation.version for version in owner.versions):
            yield Breakage(("revocations", position, "version"), "belongs to no credential of this file")


def _open_rotation(
    state: State, position: int, rotation: Rotation, owner: Credential | RetiredCredential
) -> Iterator[Breakage]:
    known = {version.id for version in owner.versions}
    for key, version_id in (("old_version", rotation.old_version), ("new_version", rotation.new_version)):
        if version_id is not None and version_id not in known:
            yield Breakage(("rotations", position, key), f"{_shown(version_id)} is no version of its credential")
    if rotation.group_size is not None and not 1 <= rotation.group_size <= LARGEST_GROUP:
        yield Breakage(("rotations", position, "group_size"), f"must be 1 to {LARGEST_GROUP}")
    if rotation.step is not Step.DROPPING and rotation.step not in route(rotation, is_local=state.is_local):
        yield Breakage(("rotations", position, "step"), f"{rotation.step} is no step that this rotation goes through")


def _deletions(state: State) -> Iterator[Breakage]:
    """A version whose secret is being deleted, or was, is never pointed to: whoever relies on a pointer finds the secret."""
    deleted = {item.version for item in state.deletions}
    yield from _duplicates("deletions", "version", [item.version for item in state.deletions])
    for number, deletion in enumerate(state.deletions):
        for key, word in (("version", deletion.version), ("owner", deletion.owner)):
            if not is_path_word(word):
                yield Breakage(("deletions", number, key), "must be letters, digits, '-' and '_'")
    for place, version_id in state.pointers():
        if version_id in deleted:
            yield Breakage(place, f"points to the version {_shown(version_id)}, whose secret is deleted")


def _times(state: State) -> Iterator[Breakage]:
    for number, version in enumerate(state.organization.token_versions):
        yield from _times_of(("organization", "token_versions", number), version)
    for table in ("integrations", "databases", "credentials", "retired", *_DEPENDANTS, *_EVENTS):
        for position, item in enumerate(getattr(state, table)):
            yield from _times_of((table, position), item)
            for inner in _INNER.get(table, ()):
                for number, entry in enumerate(getattr(item, inner)):
                    yield from _times_of((table, position, inner, number), entry)
            if isinstance(item, Rotation):
                yield from _times_of((table, position, "snapshot"), item.snapshot)


def _times_of(place: Place, item: object) -> Iterator[Breakage]:
    for key in _TIME_KEYS[type(item)]:
        value = getattr(item, key)
        if value is not None and value.tzinfo is None:
            yield Breakage((*place, key), "is a time without a zone; write 2026-01-31T12:00:00Z")
        elif value is not None and not _FIRST_TIME <= value <= _LAST_TIME:
            yield Breakage((*place, key), "is a time at the end of the calendar")


def _shown(text: str) -> str:
    """Show a word of the file as far as it may be shown: a person may have pasted a key into the wrong place."""
    if looks_like_secret(text):
        return '"****"'
    cut = text[:_SHOWN_AT_MOST]
    return f'"{cut}"' if cut.isprintable() and cut.isascii() else ascii(cut)


_DEPENDANTS: Final = ("collections", "columns")


_EVENTS: Final = ("rotations", "revocations", "service_tokens", "deletions")


_INNER: Final = {"credentials": ("scope", "versions"), "retired": ("versions",), "rotations": ("times",)}


_FIRST_TIME: Final = datetime(1, 1, 2, tzinfo=UTC)


_LAST_TIME: Final = datetime(9999, 12, 30, tzinfo=UTC)
"""Within these a time can be written in UTC, whatever zone it was given in."""


_TIME_KEYS: Final[dict[type, tuple[str, ...]]] = {
    kind: tuple(field.name for field in fields(kind) if field.name.endswith(_TIME_SUFFIXES))
    for kind in (
        Integration,
        Database,
        Credential,
        ScopeEntry,
        Version,
        RetiredCredential,
        Collection,
        Column,
        Rotation,
        Snapshot,
        StepTime,
        Revocation,
        ServiceToken,
        Deletion,
    )
}
