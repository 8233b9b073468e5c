"""The secret store: whether it works, what it holds, and what nothing needs any more."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from vzctl.command import suggest
from vzctl.domain.deletion import owner_name, with_deletions
from vzctl.domain.problems import unneeded_versions
from vzctl.domain.records import Credential, Version
from vzctl.domain.rules import counted, provider_by_id, require_credential, require_no_rotation
from vzctl.domain.state import State
from vzctl.domain.token import KEPT_AS, leftover_tokens, token_in_force
from vzctl.errors import ConflictError, InputRequiredError
from vzctl.secret import Secret
from vzctl.store.atomic import create_new_file
from vzctl.store.audit import Change
from vzctl.usecases.astra_token import PUT_TOKEN, token_in_store, token_item
from vzctl.usecases.change import Plan, changed_meanwhile, propose, propose_from
from vzctl.usecases.context import Context, Danger, Question, SecretSource
from vzctl.usecases.credential import CredentialDetail, credential_detail, version_role
from vzctl.usecases.deletion import finish_deletions
from vzctl.usecases.key_judge import require_unspoiled
from vzctl.usecases.outcome import Columns, Notice, Outcome
from vzctl.usecases.secret_version import (
    Owner,
    in_store,
    read_version,
    set_held,
    take_secret,
    write_secret,
)
from vzctl.vault.base import SecretStore
from vzctl.vault.identity import create_identity, identity_exists


@dataclass(frozen=True, slots=True)
class SecretRow:
    """One secret version that the state believes is held, and with `--check` whether the store agrees."""

    credential: str
    version: str
    role: str
    fingerprint: str | None
    held: bool
    in_store: str
    last_four: str | None = None

    columns: ClassVar[Columns] = (
        ("CREDENTIAL", "credential"),
        ("ROLE", "role"),
        ("HELD", "held"),
        ("IN STORE", "in_store"),
        ("FINGERPRINT", "fingerprint"),
        ("VERSION", "version"),
        ("KEY", "last_four"),
    )


@dataclass(frozen=True, slots=True)
class SecretsStatus:
    """Which store is used and what it is believed to hold; of a kept Astra token whether it is in the store."""

    store: str
    description: str
    writable: bool
    secrets: tuple[SecretRow, ...]
    astra_token: str | None


@dataclass(frozen=True, slots=True)
class StoreTest:
    """The store answered: a canary was written, read back and deleted (a read-only store: was readable)."""

    store: str
    description: str
    writable: bool


@dataclass(frozen=True, slots=True)
class PutSecret:
    """Adopt the key of a credential whose key nobody had here, or whose bytes were lost."""

    name: str
    source: SecretSource
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class MakeIdentity:
    """Make the private key of the `file` store. `configuration` is the file that the printed lines belong into."""

    path: str
    configuration: str
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """A new private key's file, its public key (none in a dry run), and the lines that make the `file` store use them."""

    path: str
    recipient: str | None
    configuration: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Revealed:
    """A secret for a person to paste: printed raw at a terminal, in no other form."""

    credential: str
    secret: Secret


@dataclass(frozen=True, slots=True)
class Purged:
    """Secret versions that were deleted from the store because nothing needs them, as `CREDENTIAL VERSION`."""

    versions: tuple[str, ...]


def secrets_status(context: Context, *, check: bool = False) -> Outcome[SecretsStatus]:
    """Return the store and the versions; only with `check` is the store asked for each."""
    state = context.state_file.read()
    store = context.store()
    rows = []
    for owner, version in state.versions():
        if version.held or version.id in _in_use(owner):
            role = version_role(owner, version.id) if isinstance(owner, Credential) else "removed"
            found = in_store(store, state, owner, version.id) if check else "not asked"
            rows.append(
                SecretRow(owner.name, version.id, role, version.fingerprint, version.held, found, version.last_four)
            )
    missing = [item for item in rows if item.held and item.in_store in ("absent", "differs")]
    warnings = tuple(
        Notice(
            "SECRET_NOT_HELD",
            f'the store does not give out the {item.role} key of "{item.credential}"',
            item.credential,
        )
        for item in missing
    )
    steps = tuple(suggest("secrets put", item.credential, comment="hand it in again") for item in missing[:3])
    token = _token_status(store, state, check=check)
    if token in ("absent", "differs"):
        warnings += (Notice("TOKEN_NOT_HELD", "the store does not give out the Astra token that was put into one"),)
        steps += (PUT_TOKEN,)
    data = SecretsStatus(store.name, store.describe(), store.writable, tuple(rows), token)
    return Outcome(data=data, warnings=warnings, next_steps=steps)


def _token_status(store: SecretStore, state: State, *, check: bool) -> str | None:
    version = token_in_force(state)
    if version is None:
        return None
    if not check:
        return "not asked"
    return token_in_store(state, version, store.read(token_item(state, version.id)))


def test_store(context: Context) -> Outcome[StoreTest]:
    """Probe the store; raise `SecretStoreError` when it does not do what it must."""
    store = context.store()
    store.probe()
    proof = "a test item was written, read back and deleted" if store.writable else "it can be read"
    data = StoreTest(store.name, store.describe(), store.writable)
    return Outcome(data=data, summary=(f'the secret store "{store.name}" answers: {proof}',))


def make_identity(context: Context, request: MakeIdentity) -> Outcome[Identity]:
    """Make an identity file; needs no state and never replaces a file. The configuration is the person's: lines are shown."""
    context.require_writable()
    path = Path(os.path.abspath(request.path))
    if request.dry_run:
        if os.path.lexists(path):
            raise identity_exists(path)
        data = Identity(str(path), None, request.configuration, ())
        return Outcome(data=data, summary=(f'would make the identity file "{path}"',))
    recipient = create_identity(path, create_new_file)
    lines = (
        "[secrets]",
        'store = "file"',
        "[secrets.file]",
        f'recipients = ["{recipient}"]',
        f"identity_file = {json.dumps(str(path), ensure_ascii=False)}",
    )
    summary = (
        f'made the identity file "{path}"; keep a copy of it elsewhere: without it the secrets cannot be opened',
        f"its public key, the recipient: {recipient}",
        f'to use it, put these lines into "{request.configuration}":',
        *(f"  {line}" for line in lines),
    )
    return Outcome(
        data=Identity(str(path), recipient, request.configuration, lines),
        changed=True,
        summary=summary,
        next_steps=(suggest("secrets test", comment="when the lines are there"),),
    )


def put_secret(context: Context, request: PutSecret) -> Outcome[CredentialDetail]:
    """Adopt the key. A key with another fingerprint than the recorded one is refused: that is a rotation."""
    context.require_writable()
    state = context.state_file.read()
    version = _adoptable(state, request.name)
    if request.dry_run:
        return Outcome(
            data=credential_detail(context, state, require_credential(state, request.name)),
            summary=(f'would hold the key of "{request.name}"',),
        )
    store = context.store()
    store.probe()
    credential = require_credential(state, request.name)
    provider = provider_by_id(credential.provider)
    secret, warnings = take_secret(provider, request.source) if provider is not None else (request.source(), ())
    recorded = propose_from(context, state, lambda current: _with_fingerprint(current, version, secret, request.name))
    is_recorded = recorded.commit().changed
    write_secret(context, credential.id, version.id, secret)
    written = propose_from(context, state, lambda current: _with_key(current, version, request.name)).commit()
    return Outcome(
        data=credential_detail(context, written.after, require_credential(written.after, request.name)),
        changed=written.changed or is_recorded,
        summary=(f'the key of "{request.name}" is held in the {store.name} store',),
        warnings=warnings,
    )


def _adoptable(state: State, name: str) -> Version:
    """Return the active version of a credential that nothing rotates."""
    credential = require_credential(state, name)
    require_no_rotation(state, credential)
    version = credential.current_version
    if version is None:
        raise ConflictError(
            f'"{credential.name}" has no key yet: adding it was interrupted',
            code="CREDENTIAL_INCOMPLETE",
            next_steps=(
                suggest("credentials add", credential.name, provider=credential.provider, comment="finish it"),
            ),
        )
    return version


def _with_fingerprint(state: State, version: Version, secret: Secret, name: str) -> Plan[None]:
    """Intent first: the fingerprint is on record before the secret is in the store."""
    current = _adoptable(state, name)
    if current.id != version.id:
        raise changed_meanwhile(name)
    fingerprint = secret.fingerprint(state.organization.fingerprint_salt)
    if current.fingerprint is not None and current.fingerprint != fingerprint:
        raise ConflictError(
            f'this is another key than the one recorded for "{name}"',
            code="SECRET_DIFFERS",
            next_steps=(suggest("credentials rotate", name, comment="make it the new key"),),
        )
    credential = require_credential(state, name)
    require_unspoiled(state, secret)
    known = replace(current, fingerprint=fingerprint, last_four=secret.last_four())
    if known != current:
        state = state.with_credential(credential.with_version(known))
    return Plan(
        state=state,
        data=None,
        details=(f'adopt the key of "{name}"',),
        subjects=(name,),
    )


def _with_key(state: State, version: Version, name: str) -> Plan[None]:
    if _adoptable(state, name).id != version.id:
        raise changed_meanwhile(name)
    credential = require_credential(state, name)
    return Plan(
        state=set_held(state, credential.id, [version.id], held=True),
        data=None,
        details=(f'hold the key of "{name}"',),
        subjects=(name,),
    )


def reveal_secret(context: Context, name: str, *, which: str = "current") -> Outcome[Revealed]:
    """Return a key in the clear, at a terminal, after its name was typed; the audit knows that it happened."""
    context.require_writable()
    if not context.is_interactive:
        raise InputRequiredError(
            "a secret is revealed at a terminal only; a script uses its own store",
            code="TERMINAL_REQUIRED",
            next_steps=(suggest("secrets reveal", name, comment="at a terminal"),),
        )
    state = context.state_file.read()
    credential = require_credential(state, name)
    version_id = _which(credential, which)
    secret = read_version(context, state, credential, version_id)
    lines = (f"the {which} key will be shown in clear text on this screen",)
    context.confirm(Question(f'Reveal the {which} key of "{name}"?', name, Danger.SEVERE, lines))
    change = Change("secrets reveal", (name,), (f'revealed the {which} key of "{name}" at a terminal',))
    context.state_file.note(change)
    return Outcome(data=Revealed(name, secret))


def purge_secrets(context: Context, *, dry_run: bool = False) -> Outcome[Purged]:
    """Delete from the store what no pointer and no open revocation needs, and finish the deletions that have begun."""
    context.require_writable()
    now = context.now()
    if not dry_run:
        context.store().probe()  # which also deletes the test items that a killed command left
    proposal = propose(context, lambda state: _purge(state, now))
    names = proposal.plan.data
    if dry_run or not names:
        text = f"would delete {counted(len(names), 'secret')} from the store" if names else "nothing to delete"
        return Outcome(data=Purged(names), summary=(text,))
    proposal.ask()
    written = proposal.commit()
    deleted = finish_deletions(context)
    gone = names if not deleted.kept else tuple(item for item in names if item.rpartition(" ")[2] in deleted.versions)
    return Outcome(
        data=Purged(gone),
        changed=written.changed or bool(deleted.versions),
        summary=(f"deleted {counted(len(gone), 'secret')} from the store",),
        warnings=deleted.kept,
    )


def _purge(state: State, now: datetime) -> Plan[tuple[str, ...]]:
    begun = [(item.owner, item.version) for item in state.open_deletions()]
    unneeded = set(unneeded_versions(state))
    for owner, version in state.versions():
        if (owner.name, version.id) in unneeded:
            begun.append((owner.id, version.id))
    begun += [(KEPT_AS, version_id) for version_id in leftover_tokens(state)]
    names = tuple(f"{owner_name(state, owner_id)} {version_id}" for owner_id, version_id in begun)
    after = state
    for owner_id, version_id in begun:
        after = with_deletions(after, owner_id, [version_id], now)
    question = Question(f"Delete {counted(len(names), 'secret')} from the store?", str(len(names)), lines=names)
    return Plan(
        state=after,
        data=names,
        question=question if names else None,
        details=(f"begin to delete {counted(len(names), 'secret')} from the store",),
        subjects=tuple(dict.fromkeys(owner_name(state, owner_id) for owner_id, _ in begun)),
    )


def _in_use(owner: Owner) -> tuple[str | None, ...]:
    return (owner.current, owner.pending) if isinstance(owner, Credential) else ()


def _which(credential: Credential, which: str) -> str | None:
    if which == "previous":
        return credential.previous[-1] if credential.previous else None
    return credential.pending if which == "pending" else credential.current
