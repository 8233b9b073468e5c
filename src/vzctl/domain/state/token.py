"""The Astra token that is in the secret store: which version counts, and which ones are left over.

A version is in the state before its bytes are in a store, and stays there until the store was asked to delete them. The one
that `token_version` points to counts; every other one was begun and not finished, or is not yet deleted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from vzctl.domain.state.records import Version
from vzctl.domain.state.state import State

KEPT_AS: Final = "astra-token"
"""Stands in a store item's path where a credential's id stands otherwise."""
SHOWN_AS: Final = "Astra token"
"""Names the item for people; a space keeps it apart from the name of any credential."""


def token_in_force(state: State) -> Version | None:
    """Return the version of the token that is used, or None."""
    organization = state.organization
    return next((item for item in organization.token_versions if item.id == organization.token_version), None)


def leftover_tokens(state: State) -> tuple[str, ...]:
    """Return the ids of the versions whose bytes may be in the store although nothing needs them, and nobody deletes them."""
    organization = state.organization
    in_use_or_deleted = {organization.token_version, *(item.version for item in state.deletions)}
    return tuple(item.id for item in organization.token_versions if item.id not in in_use_or_deleted)


def with_token_begun(state: State, version: Version) -> State:
    """Return the state that knows the version, before its bytes are anywhere."""
    return replace(
        state, organization=replace(state.organization, token_versions=(*state.organization.token_versions, version))
    )


def with_token_in_force(state: State, version_id: str) -> State:
    """Return the state that points to the version, whose bytes the store has given back."""
    versions = tuple(
        replace(item, held=True) if item.id == version_id else item for item in state.organization.token_versions
    )
    return replace(state, organization=replace(state.organization, token_version=version_id, token_versions=versions))


def without_token(state: State) -> State:
    """Return the state that points to no token; its versions stay until their bytes are deleted."""
    return replace(state, organization=replace(state.organization, token_version=None))


def with_tokens_of(state: State, known: State) -> State:
    """Return the state with the token as another one knows it: a file that is put back brings back no bytes."""
    there = known.organization
    return replace(
        state,
        organization=replace(
            state.organization, token_version=there.token_version, token_versions=there.token_versions
        ),
    )
