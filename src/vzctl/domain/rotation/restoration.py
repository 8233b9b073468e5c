"""What a restored state must not forget: what happened to keys after it was saved.

A backup is older than the world. Since it was written keys were rotated, deleted from the store and revoked at their
providers, and none of that is undone by putting a file back. So a restore brings back what the file is the authority for,
and carries over what it is not:

- every secret version that is known now, and whether its bytes are held, so that nothing in the store becomes unknown;
- every deletion of a secret that has begun: the key of a deleted version comes back as one that is not stored;
- every key that is to be revoked, or was;
- the key in force and the rotations of a credential, where the older key is gone, revoked or known to others;
- what was removed for safety (`REMOVED_FOR_SAFETY`): the tokens of the credential service, the Astra token in the secret store,
  and the names in client certificates are as they are now;
- on the `astra` plane all that the Portal holds: integrations, credentials, scopes, and rotations.

`DECISIONS` says for every kind of record what a restore does with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from vzctl.domain.state.deletion import is_deleted, new_id_of, renewed, united
from vzctl.domain.state.records import (
    Collection,
    Column,
    Credential,
    Database,
    Deletion,
    Integration,
    KeyTest,
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
from vzctl.domain.state.revocation import (
    REASON_RESTORED,
    in_force_again,
    is_leaked,
    is_marked_revoked,
    is_spoiled,
    revoked_versions,
    to_revoke,
)
from vzctl.domain.state.state import State
from vzctl.domain.state.token import with_tokens_of


@dataclass(frozen=True, slots=True)
class Restoration:
    """A backup as it was saved, and the state that was made of it."""

    saved: State
    state: State

    def kept_keys(self) -> tuple[str, ...]:
        """Return the names of the credentials that did not go back to the key they had in the backup."""
        saved = {item.id: item for item in self.saved.credentials}
        return tuple(
            item.name
            for item in self.state.credentials
            if item.id in saved and item.current not in (saved[item.id].current, self._renewed_id(saved[item.id]))
        )

    def _renewed_id(self, saved: Credential) -> str | None:
        """Return the new version of the same key, where the saved one was deleted from the store."""
        if saved.current is None or not is_deleted(self.state, saved.current):
            return saved.current
        return new_id_of(self.state, saved.current)

    def lost_keys(self) -> tuple[str, ...]:
        """Return the names of the credentials whose key is in force again, but was deleted from the store since.

        Not those whose key was revoked too: handing that in again would help nobody.
        """
        saved = {
            (item.id, item.current_version.fingerprint)
            for item in self.saved.credentials
            if item.current_version is not None and item.current_version.held
        }
        revoked = revoked_versions(self.state)
        return tuple(
            item.name
            for item in self.state.credentials
            if (version := item.current_version) is not None
            and not version.held
            and version.id not in revoked
            and (item.id, version.fingerprint) in saved
        )

    def revoked_keys(self) -> tuple[str, ...]:
        """Return the names of the credentials whose key is in force again, but was revoked at its provider since."""
        revoked = revoked_versions(self.state)
        return tuple(item.name for item in self.state.credentials if item.current in revoked)

    def keyless(self) -> tuple[str, ...]:
        """Return the names of the credentials that come back without an active key, because it is compromised."""
        saved = {item.id: item.current for item in self.saved.credentials}
        return tuple(
            item.name
            for item in self.state.credentials
            if item.current is None and saved.get(item.id) is not None and is_leaked(self.state, saved[item.id])
        )

    def without_certificate(self) -> tuple[str, ...]:
        """Return the names of the databases that do not get back the client certificate's name they had in the backup."""
        now = {item.id: item.certificate_name for item in self.state.databases}
        return tuple(
            item.name
            for item in self.saved.databases
            if item.certificate_name is not None and now.get(item.id, item.certificate_name) != item.certificate_name
        )

    def gone(self) -> tuple[str, ...]:
        """Return the names of the credentials of the backup that are not there again: at Astra they were removed since."""
        there = {item.id for item in self.state.credentials}
        return tuple(item.name for item in self.saved.credentials if item.id not in there)


def carry_over(saved: State, known: State, now: datetime, new_id: Callable[[], str]) -> State:
    """Return the saved state with what is known of keys now; a state of another lineage knows nothing of them."""
    if saved.lineage != known.lineage:
        return saved
    state = _on_local(saved, known, now) if known.is_local else _on_astra(saved, known)
    for as_known in REMOVED_FOR_SAFETY:
        state = as_known(state, known)
    # Last, since a deletion gives the active key a new version, and its revocation with it.
    return _with_active_keys_unlisted(state, known, now, new_id) if known.is_local else state


def _with_service_tokens(state: State, known: State) -> State:
    """A token that was revoked must not open anything again, and one that was made since is in use somewhere."""
    there = {item.id for item in state.databases}
    return replace(state, service_tokens=tuple(item for item in known.service_tokens if item.database in there))


def _with_certificate_names(state: State, known: State) -> State:
    """A client certificate whose name was removed, or given to another database, must not get any key again."""
    names = {item.id: item.certificate_name for item in known.databases}
    return replace(
        state, databases=tuple(replace(item, certificate_name=names.get(item.id)) for item in state.databases)
    )


def _with_deletions(state: State, known: State) -> State:
    """A secret whose deletion has begun is not relied on again: its key continues under a version that is not stored."""
    return renewed(replace(state, deletions=united(state.deletions, known.deletions)))


REMOVED_FOR_SAFETY: Final[tuple[Callable[[State, State], State], ...]] = (
    _with_service_tokens,
    _with_certificate_names,
    with_tokens_of,
    _with_deletions,
)
"""Each takes the restored state and the state as it is known now, and returns the restored one with these facts as they are now.

Revoked and compromised versions are the subject of `_on_local` and `_on_astra`.
"""

DECISIONS: Final[Mapping[type, str]] = {
    Organization: "restored; which Astra token is stored stays as it is now",
    Integration: "local: restored. astra: as it is now",
    Database: "restored; the name in its client certificate stays as it is now",
    ServiceToken: "as it is now, for the databases that are restored",
    Credential: "local: restored, but for an active key that is deleted, revoked, or compromised. astra: as it is now",
    ScopeEntry: "local: restored, and shown before the restore. astra: as it is now",
    Version: "every version of both; what is known now of one counts",
    RetiredCredential: "of both, for credentials that are not restored",
    Collection: "restored",
    Column: "restored",
    Rotation: "that of the side whose active key counts; an open one to a revoked or compromised key is dropped",
    Deletion: "of both",
    Snapshot: "with its rotation",
    StepTime: "with its rotation",
    KeyTest: "with its rotation",
    Revocation: "of both; only a key that is active again and not compromised leaves the list",
}
"""What a restore does with each kind of record in the state, and with each kind inside another one."""


def _on_astra(saved: State, known: State) -> State:
    """No file changes what the Portal holds; a database that a scope names stays known."""
    there = {item.id for item in saved.databases}
    named = {entry.database for credential in known.credentials for entry in credential.scope}
    return replace(
        saved,
        databases=(*saved.databases, *(item for item in known.databases if item.id in named - there)),
        integrations=known.integrations,
        credentials=known.credentials,
        retired=known.retired,
        rotations=known.rotations,
        revocations=known.revocations,
    )


def _on_local(saved: State, known: State, now: datetime) -> State:
    """This file is the authority: it goes back to what it was, but never to a key that cannot or must not serve."""
    staying = {
        item.id
        for item in saved.credentials
        if (now_known := known.credential_by_id(item.id)) is not None and _stays(known, item, now_known)
    }
    return replace(
        saved,
        credentials=tuple(_credential(item, saved, known, stays=item.id in staying) for item in saved.credentials),
        retired=_retired(saved, known, now),
        rotations=_rotations(saved, known, staying),
        revocations=_revocations(saved, known),
    )


def _stays(known: State, saved: Credential, credential: Credential) -> bool:
    """Whether the key in force stays, because there was none then, or the one of then is gone, revoked or leaked."""
    if credential.current is None or saved.current == credential.current:
        return False
    if saved.current is None:
        return True
    now_in_force, then = credential.current_version, credential.version(saved.current)
    # One that is pending now, or no longer pointed to, may be being deleted at this moment: whether it is there is in doubt.
    is_gone = then is None or not then.held or then.id not in credential.previous
    is_held_now = now_in_force is not None and now_in_force.held
    return is_spoiled(known, saved.current) or (is_gone and is_held_now)


def _credential(saved: Credential, before: State, known: State, *, stays: bool) -> Credential:
    credential = known.credential_by_id(saved.id)
    versions = _merged(saved.versions, _versions_known(known, saved.id, in_use=(saved.current, saved.pending)))
    saved = replace(saved, pending=None if is_spoiled(known, saved.pending) else saved.pending)
    if credential is None:
        # It was removed since. Should its key be compromised, the credential comes back, and the key does not.
        return replace(saved, versions=versions, current=None if is_leaked(known, saved.current) else saved.current)
    if stays:
        there = {item.id for item in before.databases}
        scope = saved.scope if saved.current is not None else credential.scope
        return replace(
            saved,
            versions=_merged(saved.versions, credential.versions),
            current=credential.current,
            pending=credential.pending,
            previous=credential.previous,
            key_set_at=credential.key_set_at,
            slot=credential.slot,
            scope=tuple(entry for entry in scope if entry.database in there),
        )
    in_force = (*credential.previous, *((credential.current,) if credential.current is not None else ()))
    later = tuple(item for item in in_force if item not in (saved.current, saved.pending, *saved.previous))
    return replace(saved, versions=versions, previous=(*saved.previous, *later))


def _can_reopen(rotation: Rotation, known: State) -> bool:
    """Whether a rotation of the backup may be there again: an open one must not lead to a key that must not be used."""
    if not rotation.is_open:
        return True
    is_removed = known.credential_by_id(rotation.credential) is None
    return not is_spoiled(known, rotation.new_version) and not (is_removed and is_leaked(known, rotation.old_version))


def _retired(saved: State, known: State, now: datetime) -> tuple[RetiredCredential, ...]:
    """Return the tombstones: those of the backup, those made since, and one for each credential that was added since."""
    live = {item.id for item in saved.credentials}
    tombstones = {item.id: item for item in saved.retired}
    for item in known.retired:
        if item.id not in live:
            tombstones.setdefault(item.id, item)
    for credential in known.credentials:
        if credential.id not in live:
            tombstones.setdefault(
                credential.id,
                RetiredCredential(id=credential.id, name=credential.name, provider=credential.provider, removed_at=now),
            )
    return tuple(
        replace(item, versions=_merged(item.versions, _versions_known(known, item.id))) for item in tombstones.values()
    )


def _rotations(saved: State, known: State, staying: set[str]) -> tuple[Rotation, ...]:
    """Return the rotations of whichever side the key in force was taken from.

    A rotation that is open again may have put its new key into service since: then that key cannot just be dropped.
    """
    served = {item.version for item in known.revocations}
    for credential in known.credentials:
        served |= {item for item in (credential.current, *credential.previous) if item is not None}
    return (
        *(
            replace(item, new_key_used=item.new_key_used or item.new_version in served)
            for item in saved.rotations
            if item.credential not in staying and _can_reopen(item, known)
        ),
        *(item for item in known.rotations if item.credential in staying),
    )


def _revocations(saved: State, known: State) -> tuple[Revocation, ...]:
    """Return the entries of both; what is known now of one counts. Its id stays when its key gets another version."""
    by_id = {item.id: item for item in (*saved.revocations, *known.revocations)}
    by_version = {(item.credential, item.version): item for item in by_id.values()}
    return tuple(by_version.values())


def _with_active_keys_unlisted(state: State, known: State, now: datetime, new_id: Callable[[], str]) -> State:
    """Return the state in which a key that is active again need not be revoked, and one that was replaced must be."""
    active = {item.current for item in state.credentials}
    state = in_force_again(state, *active)
    for item in known.credentials:
        if item.current is not None and item.current not in active:
            state, _ = to_revoke(state, item.id, item.current, REASON_RESTORED, now, new_id)
    return state


def _versions_known(known: State, owner_id: str, *, in_use: tuple[str | None, ...] = ()) -> tuple[Version, ...]:
    """Return what is known now of an owner's versions.

    Of one that was being written nobody knows whether its bytes are there. When it is in use no longer it counts as held, so
    that a purge looks.
    """
    credential = known.credential_by_id(owner_id)
    if credential is not None:
        return tuple(
            replace(item, held=True)
            if item.id == credential.pending and item.id not in in_use and not is_marked_revoked(known, item.id)
            else item
            for item in credential.versions
        )
    return next((item.versions for item in known.retired if item.id == owner_id), ())


def _merged(saved: tuple[Version, ...], known: tuple[Version, ...]) -> tuple[Version, ...]:
    """Return every version of both; what is known now of one is newer than what was saved of it."""
    by_id = {item.id: item for item in saved} | {item.id: item for item in known}
    return tuple(by_id.values())
