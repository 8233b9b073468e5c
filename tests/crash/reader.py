"""What a machine gives to a reader that later serves keys, looked at without vzctl's own stores and use cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.crash.machine import Machine
from vzctl.domain.state.records import Credential
from vzctl.domain.state.state import State
from vzctl.secret import Secret


@dataclass(frozen=True, slots=True)
class Served:
    """One credential as it is served: in each database of `scope` with this one key (None: not held here)."""

    provider: str
    scope: tuple[str, ...]
    key: str | None


Service = Mapping[str, Served]


TOKEN: Final = "Astra token"
"""Under this name the token that counts is served, beside the credentials."""


def served(machine: Machine) -> Service:
    """Return every credential that can be asked for. Fails when a current key is not the one that was recorded."""
    state = machine.state()
    names = {database.id: database.name for database in state.databases}
    found = {}
    for credential in state.credentials:
        if credential.current is None:
            # It is being added: nothing may be allowed to ask for it yet.
            assert credential.scope == (), credential
            continue
        scope = tuple(names[entry.database] for entry in credential.scope)
        found[credential.name] = Served(credential.provider, scope, current_key(machine, state, credential))
    version_id = state.organization.token_version
    if version_id is not None:
        token = next(item for item in state.organization.token_versions if item.id == version_id)
        text = stored_key(machine, f"{state.lineage}/astra-token/{version_id}")
        assert Secret(text).fingerprint(state.organization.fingerprint_salt) == token.fingerprint
        found[TOKEN] = Served("astra", (), text)
    return found


def current_key(machine: Machine, state: State, credential: Credential) -> str | None:
    """Return the key that `current` points to, proven by its fingerprint."""
    version = credential.current_version
    assert version is not None, credential
    if not version.held:
        return None
    key = stored_key(machine, f"{state.lineage}/{credential.id}/{version.id}")
    assert Secret(key).fingerprint(state.organization.fingerprint_salt) == version.fingerprint, (credential, key)
    return key


def stored_key(machine: Machine, item: str) -> str:
    """Return what the store's own files hold for an item."""
    if machine.store == "exec":
        return (machine.items / item.replace("/", ",")).read_text()
    key = machine.decrypt(machine.items / f"{item}.age")
    assert key is not None, item
    return key


def known_items(state: State) -> set[str]:
    """Return the items that the state knows, whether it believes that they are held or not."""
    tokens = {f"{state.lineage}/astra-token/{version.id}" for version in state.organization.token_versions}
    deletions = {f"{state.lineage}/{item.owner}/{item.version}" for item in state.open_deletions()}
    return tokens | deletions | {f"{state.lineage}/{owner.id}/{version.id}" for owner, version in state.versions()}


def needed_items(state: State) -> set[str]:
    """Return the items of current keys, of keys on their way in, and of old keys that a rollback would need."""
    to_revoke = {item.version for item in state.open_revocations()}
    return {
        f"{state.lineage}/{credential.id}/{version.id}"
        for credential in state.credentials
        for version in credential.versions
        if version.held and version.id in {credential.current, credential.pending, *to_revoke}
    }


def held_items(state: State) -> set[str]:
    """Return the items that the state believes to be held."""
    tokens = {item.id for item in state.organization.token_versions if item.held}
    keys = {f"{state.lineage}/{owner.id}/{version.id}" for owner, version in state.versions() if version.held}
    return keys | {f"{state.lineage}/astra-token/{version_id}" for version_id in tokens}


def recorded_canaries(machine: Machine) -> set[str]:
    """Return the items of canaries that are on record: the next test of the store deletes them."""
    folder = machine.folder / "canaries"
    return {f"{path.name}/{path.name}/{path.name}" for path in folder.iterdir()} if folder.is_dir() else set()


def stored_items(machine: Machine) -> set[str]:
    """Return the items that are really in the store, canaries included."""
    names = machine.store_files()
    if machine.store == "file":
        return {name.removesuffix(".age") for name in names if name.endswith(".age")}
    return {name.replace(",", "/") for name in names}
