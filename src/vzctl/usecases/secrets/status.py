"""`vzctl secrets status`: what the secret store holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from vzctl.command import suggest
from vzctl.domain.state.records import Credential
from vzctl.domain.state.state import State
from vzctl.domain.state.token import token_in_force
from vzctl.usecases.context import Context
from vzctl.usecases.credential_detail import version_role
from vzctl.usecases.keys.version import Owner, in_store
from vzctl.usecases.outcome import Columns, Notice, Outcome
from vzctl.usecases.secrets.token import PUT_TOKEN, token_in_store, token_item
from vzctl.vault.base import SecretStore


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


def secrets_status(context: Context, *, check: bool = False) -> Outcome[SecretsStatus]:
    """Return the store and the versions; only with `check` is the store asked for each."""
    state = context.state_store.read()
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


def _in_use(owner: Owner) -> tuple[str | None, ...]:
    return (owner.current, owner.pending) if isinstance(owner, Credential) else ()
