"""The Astra token in the secret store: put there, taken out again, and read when no other source has one.

Intent first: the version is in the state before its secret is in the store, and the state points to it only after the store
gave the same secret back. A crash leaves the token of before, the new one or none, and nothing that a purge does not find.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from vzctl.command import suggest
from vzctl.domain.state.deletion import is_deleted, with_deletions
from vzctl.domain.state.records import Version
from vzctl.domain.state.state import State
from vzctl.domain.state.token import (
    KEPT_AS,
    SHOWN_AS,
    leftover_tokens,
    token_in_force,
    with_token_begun,
    with_token_in_force,
    without_token,
)
from vzctl.errors import AuthError, ConflictError, NotFoundError, SecretStoreError, UsageError
from vzctl.secret import Secret
from vzctl.store.state_store import StateStore
from vzctl.usecases.change import Plan, propose, propose_from
from vzctl.usecases.context import Context, Question, SecretSource, item_of
from vzctl.usecases.keys.delete import delete_secrets, finish_deletions
from vzctl.usecases.keys.version import write_secret
from vzctl.usecases.outcome import Notice, Outcome
from vzctl.vault.base import SecretItem, SecretStore

PUT_TOKEN = suggest("secrets token put", comment="hand it in again")
KNOWN_BEGINNINGS = ("AstraCS:", "Cassandra:")


@dataclass(frozen=True, slots=True)
class PutToken:
    """Keep this token in the store, instead of the one that is there."""

    source: SecretSource
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class StoredToken:
    """Where the token is kept; `version` and `fingerprint` are those of the one that counts now, if there is one."""

    store: str
    version: str | None
    fingerprint: str | None


def token_item(state: State, version_id: str) -> SecretItem:
    """Return the store's address of a version of the token."""
    return item_of(state.lineage, KEPT_AS, version_id, SHOWN_AS)


def put_token(context: Context, request: PutToken) -> Outcome[StoredToken]:
    """Keep the token: begun in the state, written and read back, pointed to, and then the one before it deleted."""
    context.require_writable()
    state = context.state_store.read()
    store = _writable_store(context)
    if request.dry_run:
        data = _stored(store, token_in_force(state))
        return Outcome(data=data, summary=(f"would keep the Astra token in the {store.name} store",))
    store.probe()
    secret = request.source()
    _require_ascii(secret)
    fingerprint = secret.fingerprint(state.organization.fingerprint_salt)
    current = token_in_force(state)
    if current is not None and current.fingerprint == fingerprint and store.read(token_item(state, current.id)):
        deleted = delete_secrets(context, KEPT_AS, leftover_tokens(state))
        text = f"this Astra token is in the {store.name} store already"
        return Outcome(
            data=_stored(store, current), changed=bool(deleted.versions), summary=(text,), warnings=deleted.kept
        )
    version = Version(id=context.new_id(), created_at=context.now(), fingerprint=fingerprint)
    begun = propose_from(
        context,
        state,
        lambda current: Plan(
            state=with_token_begun(current, version),
            data=None,
            basis=current.organization.token_version,
            details=("begin to keep an Astra token in the secret store",),
        ),
    ).commit()
    write_secret(context, KEPT_AS, version.id, secret)
    now = context.now()
    try:
        used = propose_from(context, begun.after, lambda current: _using(current, version, now)).commit()
    except ConflictError:
        delete_secrets(context, KEPT_AS, [version.id])
        raise
    deleted = finish_deletions(context, _tokens_to_delete(used.after))
    return Outcome(
        data=_stored(store, version),
        changed=True,
        summary=(f"the Astra token is in the {store.name} store; it is used when no variable and no file has one",),
        warnings=(*_doubts(secret), *deleted.kept),
    )


def _using(state: State, version: Version, now: datetime) -> Plan[None]:
    """Use a token that is stored now, instead of the one that was used when it was handed in; that one is deleted."""
    if all(item.id != version.id for item in state.organization.token_versions) or is_deleted(state, version.id):
        raise ConflictError(
            "the token in the secret store was changed meanwhile; look again",
            code="CHANGED_MEANWHILE",
            next_steps=(suggest("secrets status", check=True, comment="what is held"),),
        )
    after = with_token_in_force(state, version.id)
    return Plan(
        state=with_deletions(after, KEPT_AS, leftover_tokens(after), now),
        data=None,
        basis=state.organization.token_version,
        details=("keep an Astra token in the secret store",),
    )


def _tokens_to_delete(state: State) -> frozenset[str]:
    return frozenset(item.version for item in state.open_deletions() if item.owner == KEPT_AS)


def drop_token(context: Context, *, dry_run: bool = False) -> Outcome[StoredToken]:
    """Take the token out of the store: first nothing points to it, then it is deleted."""
    context.require_writable()
    now = context.now()
    store = _writable_store(context)
    proposal = propose(context, lambda state: _dropping(state, store.name, now))
    if dry_run:
        data = _stored(store, token_in_force(proposal.before))
        return Outcome(data=data, summary=(f"would delete the Astra token from the {store.name} store",))
    store.probe()
    proposal.ask()
    deleted = finish_deletions(context, _tokens_to_delete(proposal.commit().after))
    text = f"deleted the Astra token from the {store.name} store; at Astra it is valid until you delete it there"
    if deleted.kept:
        text = "the Astra token of the secret store is used no longer"
    return Outcome(data=_stored(store, None), changed=True, summary=(text,), warnings=deleted.kept)


def _dropping(state: State, store_name: str, now: datetime) -> Plan[None]:
    if not state.organization.token_versions:
        raise NotFoundError(
            "no Astra token is in the secret store",
            code="TOKEN_NOT_STORED",
            next_steps=(suggest("help", "environment", comment="where the token is taken from"),),
        )
    after = without_token(state)
    return Plan(
        state=with_deletions(after, KEPT_AS, leftover_tokens(after), now),
        data=None,
        question=Question(f"Delete the Astra token from the {store_name} store?", KEPT_AS),
        basis=state.organization.token_version,
        details=("use the Astra token of the secret store no longer",),
    )


def read_token(state_store: StateStore, open_store: Callable[[], SecretStore]) -> tuple[Secret, str] | None:
    """Return the token in the store and the store's name, or None where none is kept. Only then the store is opened."""
    try:
        state = state_store.read()
    except NotFoundError:
        return None
    version = token_in_force(state)
    if version is None:
        return None
    store = open_store()
    secret = store.read(token_item(state, version.id))
    if secret is None:
        raise AuthError(
            f"the {store.name} store does not hold the Astra token that was put into one",
            code="TOKEN_NOT_HELD",
            next_steps=(PUT_TOKEN, suggest("help", "environment", comment="or use a variable, which comes before it")),
        )
    if token_in_store(state, version, secret) == "differs":
        raise AuthError(
            f"the {store.name} store holds another Astra token than the one that was recorded",
            code="TOKEN_DIFFERS",
            next_steps=(PUT_TOKEN,),
        )
    return secret, store.name


def token_in_store(state: State, version: Version, secret: Secret | None) -> str:
    """Return whether what a store gave out is the recorded token: `present`, `absent` or `differs`."""
    if secret is None:
        return "absent"
    same = version.fingerprint in (None, secret.fingerprint(state.organization.fingerprint_salt))
    return "present" if same else "differs"


def _writable_store(context: Context) -> SecretStore:
    store = context.store()
    if not store.writable:
        raise SecretStoreError(
            f'the secret store "{store.name}" is only read: it keeps no token',
            code="SECRET_STORE_READ_ONLY",
            next_steps=(suggest("help", "environment", comment="other sources of the token"),),
        )
    return store


def _require_ascii(secret: Secret) -> None:
    if not secret.reveal().isascii():
        raise UsageError("this is no token: it has letters no token has", code="TOKEN_INVALID")


def _doubts(secret: Secret) -> tuple[Notice, ...]:
    if secret.reveal().startswith(KNOWN_BEGINNINGS):
        return ()
    text = (
        "the token begins with neither AstraCS: nor Cassandra:; it was accepted, a gateway of your own may want another"
    )
    return (Notice("TOKEN_LOOKS_UNUSUAL", text),)


def _stored(store: SecretStore, version: Version | None) -> StoredToken:
    return StoredToken(store.name, version.id if version else None, version.fingerprint if version else None)
