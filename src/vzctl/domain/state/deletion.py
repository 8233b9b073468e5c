"""Deletions of stored secrets, in three steps: begun in the state, deleted in the store, recorded as done.

From the first step on the version is out of use for good: no pointer may name it (`vzctl.domain.checks.integrity` refuses to
write such a state), whatever a restore, a rollback, or another machine makes of the state. Where an older state that names
it is put back, the same key continues under a new version that is not stored (`renewed`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime

from vzctl.command import suggest
from vzctl.domain.state.records import Credential, Deletion, RetiredCredential, Rotation, Version
from vzctl.domain.state.state import State
from vzctl.domain.state.token import KEPT_AS, SHOWN_AS
from vzctl.errors import ConflictError


def needed_versions(state: State) -> frozenset[str]:
    """Return the versions that a deletion must not touch: active, pending, of an open rotation, the Astra token in use."""
    return frozenset(version_id for place, version_id in state.pointers() if place[-1] != "previous")


def is_deleted(state: State, version_id: str | None) -> bool:
    """Whether the deletion of this version's secret has begun."""
    return any(item.version == version_id for item in state.deletions)


def with_deletions(state: State, owner_id: str, version_ids: Iterable[str], now: datetime) -> State:
    """Return the state in which the deletion of these versions of one owner has begun.

    They count as stored no longer, and are no previous versions. Raises `ConflictError` when one of them is in use.
    """
    under_way = {item.version for item in state.open_deletions()}
    begun = [item for item in dict.fromkeys(version_ids) if item not in under_way]
    if not begun:
        return state
    if not needed_versions(state).isdisjoint(begun):
        name = owner_name(state, owner_id)
        raise ConflictError(
            f'a key of "{name}" that was to be deleted is in service again; nothing was deleted',
            code="CHANGED_MEANWHILE",
            next_steps=(suggest("credentials show", name, comment="which key counts now"),) if name != SHOWN_AS else (),
        )
    # One that was done already has come back into the store: another machine wrote it, for example.
    kept = tuple(item for item in state.deletions if item.version not in begun)
    made = tuple(Deletion(version=item, owner=owner_id, begun_at=now) for item in begun)
    return _without_stored(replace(state, deletions=(*kept, *made)), frozenset(begun))


def with_deletions_done(state: State, deleted: Collection[Deletion], now: datetime) -> State:
    """Return the state in which these secrets are gone from the store.

    A version that no revocation names was never in service, and nothing is remembered of it. Should a state have been put in
    place meanwhile that does not know of the deletion, it learns of it, and relies on these versions no longer.
    """
    known = {item.version for item in state.deletions}
    gone = {item.version: replace(item, done_at=now) for item in deleted}
    unknown = tuple(item for version, item in gone.items() if version not in known)
    kept = tuple(
        replace(item, done_at=item.done_at or now) if item.version in gone else item for item in state.deletions
    )
    state = _without_stored(renewed(replace(state, deletions=(*kept, *unknown))), frozenset(gone))
    return _forgotten(state, frozenset(gone) - {item.version for item in state.revocations})


def united(*deletions: Iterable[Deletion]) -> tuple[Deletion, ...]:
    """Return the deletions of several states of one lineage: what one of them knows as done is done."""
    found: dict[str, Deletion] = {}
    for item in (item for of_one in deletions for item in of_one):
        other = found.get(item.version)
        found[item.version] = item if other is None or other.done_at is None else other
    return tuple(found.values())


def renewed(state: State) -> State:
    """Return the state in which no pointer names a deleted version, for a state that was put together from several.

    A credential or an open rotation that relies on one goes on with the same key under a new version, which is not stored: it can
    be handed in again. The new id is made of the old one, so that two machines make the same. A previous version is dropped, and
    so is the Astra token.
    """
    deleted = frozenset(item.version for item in state.deletions)
    if state.organization.token_version in deleted:
        state = replace(state, organization=replace(state.organization, token_version=None))
    names = {item: new_id_of(state, item) for item in needed_versions(state) & deleted}
    if names:
        state = replace(
            state,
            credentials=tuple(_credential_renewed(item, names) for item in state.credentials),
            rotations=tuple(_rotation_renewed(item, names) for item in state.rotations),
            revocations=tuple(
                replace(item, version=names[item.version]) if item.version in names else item
                for item in state.revocations
            ),
        )
    return _without_stored(state, deleted)


def new_id_of(state: State, version_id: str) -> str:
    """Return the id under which the key of a deleted version goes on."""
    deleted = {item.version for item in state.deletions}
    numbers = itertools.count(2)
    return next(name for number in numbers if (name := f"{version_id}-{number}") not in deleted)


def owner_name(state: State, owner_id: str) -> str:
    """Return the name of a credential, live or removed, or the Astra token's; its id when the state does not know it."""
    if owner_id == KEPT_AS:
        return SHOWN_AS
    owners: tuple[Credential | RetiredCredential, ...] = (*state.credentials, *state.retired)
    return next((item.name for item in owners if item.id == owner_id), owner_id)


def _credential_renewed(credential: Credential, names: dict[str, str]) -> Credential:
    there = {item.id for item in credential.versions}
    if names.keys().isdisjoint(there):
        return credential
    current, pending = (names.get(item or "", item) for item in (credential.current, credential.pending))
    return replace(
        credential,
        current=current,
        pending=pending,
        previous=tuple(item for item in credential.previous if item not in (current, pending)),
        # The new version may be known already: the same key was renewed before, and its state was replaced by an older one.
        versions=tuple(
            replace(item, id=names[item.id], held=False) if item.id in names else item
            for item in credential.versions
            if names.get(item.id) not in there
        ),
    )


def _rotation_renewed(rotation: Rotation, names: dict[str, str]) -> Rotation:
    new, old = rotation.new_version, rotation.old_version
    if new not in names and old not in names:
        return rotation
    return replace(rotation, new_version=names.get(new, new), old_version=names.get(old or "", old))


def _without_stored(state: State, version_ids: frozenset[str]) -> State:
    """Return the state in which these versions do not count as stored, and are no previous versions."""
    state = _with_versions(
        state,
        version_ids,
        lambda versions: tuple(replace(item, held=False) if item.id in version_ids else item for item in versions),
    )
    return replace(
        state,
        credentials=tuple(
            replace(item, previous=tuple(version for version in item.previous if version not in version_ids))
            if not version_ids.isdisjoint(item.previous)
            else item
            for item in state.credentials
        ),
    )


def _forgotten(state: State, version_ids: frozenset[str]) -> State:
    return _with_versions(
        state, version_ids, lambda versions: tuple(item for item in versions if item.id not in version_ids)
    )


def _with_versions(
    state: State, version_ids: frozenset[str], change: Callable[[tuple[Version, ...]], tuple[Version, ...]]
) -> State:
    """Return the state with the versions changed of whoever has one of these; every other record stays the same object."""

    def concerns(versions: tuple[Version, ...]) -> bool:
        return any(item.id in version_ids for item in versions)

    organization = state.organization
    if concerns(organization.token_versions):
        organization = replace(organization, token_versions=change(organization.token_versions))
    return replace(
        state,
        organization=organization,
        credentials=tuple(
            replace(item, versions=change(item.versions)) if concerns(item.versions) else item
            for item in state.credentials
        ),
        retired=tuple(
            replace(item, versions=change(item.versions)) if concerns(item.versions) else item for item in state.retired
        ),
    )
