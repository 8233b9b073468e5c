"""Secrets of versions on their way into the store and out of it. Intent first, and nothing orphaned unseen.

The id of a version is in the state before its secret is in a store. `Version.held` is set only after the store gave the same
secret back, and cleared before the secret is deleted (`vzctl.usecases.keys.delete`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from vzctl.command import suggest
from vzctl.domain.catalog.provider import Provider
from vzctl.domain.catalog.secret_text import looks_unusual, require_usable
from vzctl.domain.state.deletion import is_deleted, needed_versions, owner_name, with_deletions
from vzctl.domain.state.records import Credential, RetiredCredential, Version
from vzctl.domain.state.state import State
from vzctl.domain.state.token import KEPT_AS
from vzctl.errors import SecretStoreError
from vzctl.secret import Secret
from vzctl.store.secret_writes import writing
from vzctl.usecases.change import Plan, apply, changed_meanwhile
from vzctl.usecases.context import Context, SecretSource, item_of
from vzctl.usecases.keys.delete import finish_and_tell
from vzctl.usecases.outcome import Notice
from vzctl.vault.base import SecretItem, SecretStore

Owner = Credential | RetiredCredential
NOT_HELD: Final = "SECRET_NOT_HELD"
"""The store answered, and has no such key."""


def store_item(state: State, owner: Owner, version_id: str) -> SecretItem:
    """Return the store's address of a version."""
    return item_of(state.lineage, owner.id, version_id, owner.name)


def take_secret(provider: Provider, source: SecretSource) -> tuple[Secret, tuple[Notice, ...]]:
    """Read the secret and judge it: refused when it cannot work, a warning when it looks unusual."""
    secret = source()
    require_usable(provider, secret)
    if not looks_unusual(provider, secret):
        return secret, ()
    text = f"the key does not look like a key of {provider.display_name}; it was accepted, formats change"
    return secret, (Notice("SECRET_LOOKS_UNUSUAL", text, provider.id),)


def read_version(context: Context, state: State, owner: Owner, version_id: str | None) -> Secret:
    """Return the bytes of a version; raise `SecretStoreError` when they are not held or not those that were recorded."""
    version = next((item for item in owner.versions if item.id == version_id), None)
    if version is None:
        raise _not_held(owner.name)
    secret = context.store().read(store_item(state, owner, version.id))
    if secret is None:
        raise _not_held(owner.name)
    require_recorded(state, owner.name, version, secret)
    return secret


def read_served(context: Context, state: State, owner: Owner, version_id: str | None) -> Secret:
    """Like `read_version`, for a service that may outlive its store: a whole folder that is gone is not a key that is gone.

    Where a file system is not mounted any more, every file is missing. To say of each credential that it has no key would be
    untrue, and whoever asks would not ask again.
    """
    try:
        return read_version(context, state, owner, version_id)
    except SecretStoreError as error:
        folder = context.local_folder.secrets
        is_stored = any(item.id == version_id and item.held for item in owner.versions)
        if error.code != NOT_HELD or not is_stored or not context.store().is_beside_state or _has_entries(folder):
            raise
        raise SecretStoreError(
            f'the folder "{folder}" is missing or empty, although the state says that it holds keys',
            code="SECRET_STORE_MISSING",
            next_steps=(suggest("secrets status", check=True, comment="which keys are there"),),
        ) from error


def _has_entries(folder: Path) -> bool:
    try:
        return next(folder.iterdir(), None) is not None
    except FileNotFoundError:
        return False
    except OSError:
        return True  # what was read from it said more than its list could


def require_recorded(state: State, name: str, version: Version, secret: Secret) -> None:
    """Raise `SecretStoreError` when a store gave out another key than the one recorded."""
    if (
        version.fingerprint is not None
        and secret.fingerprint(state.organization.fingerprint_salt) != version.fingerprint
    ):
        raise SecretStoreError(
            f'the secret store holds another key for "{name}" than the one that was recorded',
            code="SECRET_DIFFERS",
            next_steps=(suggest("credentials rotate", name, comment="make a new key the current one"),),
        )


def in_store(store: SecretStore, state: State, owner: Owner, version_id: str) -> str:
    """Return whether a store gives out the recorded key of a version: `present`, `absent` or `differs`."""
    secret = store.read(store_item(state, owner, version_id))
    if secret is None:
        return "absent"
    version = next(item for item in owner.versions if item.id == version_id)
    same = version.fingerprint in (None, secret.fingerprint(state.organization.fingerprint_salt))
    return "present" if same else "differs"


def set_held(state: State, owner_id: str, version_ids: Sequence[str], *, held: bool) -> State:
    """Return the state in which these versions of a live or retired credential are held, or not."""
    owners: tuple[Owner, ...] = (*state.credentials, *state.retired)
    owner = next((item for item in owners if item.id == owner_id), None)
    if owner is None:
        return state
    wanted = set(version_ids)
    versions = tuple(replace(item, held=held) if item.id in wanted else item for item in owner.versions)
    return state.with_owner(replace(owner, versions=versions))


def write_secret(
    context: Context, owner_id: str, version_id: str, secret: Secret, *, store: SecretStore | None = None
) -> None:
    """Store the secret of a version that the state knows and does not delete; a store that is only read is not written.

    Raises `ConflictError` for another version, and for one that was put out of use while the store was writing: its secret is
    deleted again. The deletion of a version leaves that to a process that writes it.
    """
    store = store or context.store()
    if not store.writable:
        return
    with writing(context.local_folder.secret_writes, version_id):
        state = context.state_store.read()
        name = owner_name(state, owner_id)
        if not _may_be_stored(state, owner_id, version_id):
            raise changed_meanwhile(name)
        store.write(item_of(state.lineage, owner_id, version_id, name), secret)
    if not _may_be_stored(context.state_store.read(), owner_id, version_id):
        delete_written(context, owner_id, version_id, store)
        raise changed_meanwhile(name)


def delete_written(context: Context, owner_id: str, version_id: str, store: SecretStore | None = None) -> None:
    """Delete a secret that was just stored and whose version is not in use, or no longer."""
    now = context.now()
    apply(context, lambda state: Plan(state=with_deletions(state, owner_id, [version_id], now), data=None))
    finish_and_tell(context, [version_id], store=store)


def _may_be_stored(state: State, owner_id: str, version_id: str) -> bool:
    """Whether the state knows that this secret may be in a store, so that it is found again, and does not delete it."""
    if is_deleted(state, version_id):
        return False
    if owner_id == KEPT_AS:
        return any(item.id == version_id for item in state.organization.token_versions)
    is_held = any(owner.id == owner_id and item.id == version_id and item.held for owner, item in state.versions())
    return is_held or version_id in needed_versions(state)


def may_be_held(credential: Credential) -> frozenset[str]:
    """Return the versions whose bytes may be in the store: held ones, and those that a crash kept from being recorded."""
    in_doubt = {
        item.id
        for item in credential.versions
        if item.fingerprint is not None and item.id in (credential.current, credential.pending)
    }
    return frozenset(in_doubt | {item.id for item in credential.versions if item.held})


def _not_held(name: str) -> SecretStoreError:
    return SecretStoreError(
        f'the secret of "{name}" is not held here',
        code=NOT_HELD,
        next_steps=(
            suggest("secrets put", name, comment="hand it in, if you have the key"),
            suggest("credentials rotate", name, comment="or give it a new one"),
        ),
    )
