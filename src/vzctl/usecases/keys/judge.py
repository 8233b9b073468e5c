"""Whether a key may be taken: one judge for every command that is handed one, by the fingerprints in the state."""

from __future__ import annotations

from vzctl.command import suggest
from vzctl.domain.rules import listed
from vzctl.domain.state.records import Credential
from vzctl.domain.state.revocation import REASON_LEAKED
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError
from vzctl.secret import Secret
from vzctl.usecases.outcome import Notice


def require_new_key(state: State, credential: Credential | None, secret: Secret) -> tuple[Notice, ...]:
    """Raise `ConflictError` for a key that must not come into use: one that was revoked, is compromised, or was used before.

    `credential` is the one that shall have it, None for one that is being added; its staged key may be handed in again. Return the
    warnings: other credentials have the key too, or it is to be revoked.
    """
    fingerprint = secret.fingerprint(state.organization.fingerprint_salt)
    if credential is not None:
        _require_not_current(credential, fingerprint)
    require_unspoiled(state, secret, credential)
    if credential is not None:
        _require_not_used_before(credential, fingerprint)
    return _elsewhere(state, credential, fingerprint)


def require_unspoiled(state: State, secret: Secret, credential: Credential | None = None) -> None:
    """Raise `ConflictError` for a key that was revoked at its provider or is compromised, whoever had it."""
    fingerprint = secret.fingerprint(state.organization.fingerprint_salt)
    for owner, version in state.versions():
        if version.fingerprint != fingerprint or (credential is not None and version.id == credential.pending):
            continue
        entries = [item for item in state.revocations if item.version == version.id]
        if any(item.done_at is not None for item in entries):
            raise ConflictError(
                f'this key of "{owner.name}" was revoked at its provider; {_needs_new(credential)}',
                code="SECRET_REVOKED",
                next_steps=(suggest("revocations list", all=True, comment="the keys that were revoked"),),
            )
        if any(item.reason == REASON_LEAKED for item in entries):
            raise ConflictError(
                f'this key of "{owner.name}" is compromised; {_needs_new(credential)}',
                code="SECRET_COMPROMISED",
                next_steps=(suggest("revocations list", comment="revoke the compromised key at its provider"),),
            )


def _needs_new(credential: Credential | None) -> str:
    return "create a new key at the provider" if credential is None else "a rotation needs a new one"


def _require_not_current(credential: Credential, fingerprint: str) -> None:
    current = credential.current_version
    if current is not None and current.fingerprint == fingerprint:
        raise ConflictError(
            f'this is the key that "{credential.name}" has already; a rotation needs a new one',
            code="SECRET_IS_CURRENT",
            next_steps=(suggest("rotations show", credential.name, comment="where the rotation stands"),),
        )


def _require_not_used_before(credential: Credential, fingerprint: str) -> None:
    used = [item for item in credential.versions if item.fingerprint == fingerprint]
    if any(item.id in credential.previous for item in used):
        last = credential.version(credential.previous[-1])
        steps = (suggest("rotations rollback", credential.name, comment="go back to the key before this one"),)
        raise ConflictError(
            f'this key was the key of "{credential.name}" before; a rotation needs a new one',
            code="SECRET_USED_BEFORE",
            next_steps=steps if last is not None and last in used and last.held else (),
        )


def _elsewhere(state: State, credential: Credential | None, fingerprint: str) -> tuple[Notice, ...]:
    own = credential.id if credential is not None else None
    notices = []
    sharing = [
        item.name
        for item in state.credentials
        if item.id != own
        and any(
            version.fingerprint == fingerprint and version.id in (item.current, item.pending)
            for version in item.versions
        )
    ]
    if sharing:
        names = listed([f'"{name}"' for name in sharing])
        text = f"{names} has the same key: revoking the key at its provider stops all of them"
        notices.append(Notice("SAME_KEY_ELSEWHERE", text, sharing[0]))
    due = {item.version for item in state.open_revocations()}
    for owner, version in state.versions():
        if version.fingerprint == fingerprint and version.id in due and owner.id != own:
            text = f'this key is on the revocations list as a key of "{owner.name}": it stops when you revoke it'
            notices.append(Notice("KEY_TO_BE_REVOKED", text, owner.name))
    return tuple(notices)
