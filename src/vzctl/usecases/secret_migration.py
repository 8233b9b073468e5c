"""Moving secrets between stores: every one is copied and read back before any is deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vzctl.domain.records import Version
from vzctl.domain.rules import counted
from vzctl.domain.state import State
from vzctl.domain.token import SHOWN_AS, token_in_force
from vzctl.errors import NextStep, SecretStoreError, UsageError
from vzctl.store.audit import Change
from vzctl.usecases.astra_token import PUT_TOKEN, token_in_store, token_item
from vzctl.usecases.context import Context, Question
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.secret_version import Owner, in_store, require_recorded, store_item
from vzctl.vault.base import SecretStore


@dataclass(frozen=True, slots=True)
class Migration:
    """Secrets that were copied from one store to another; with `delete_source` they are gone from the first."""

    source: str
    target: str
    copied: tuple[str, ...]
    deleted: bool


def migrate_secrets(
    context: Context, open_source: Callable[[], SecretStore], *, delete_source: bool = False, dry_run: bool = False
) -> Outcome[Migration]:
    """Copy every held secret from another store into the configured one; delete there only after all were read back."""
    context.require_writable()
    state = context.state_file.read()
    target, source = context.store(), open_source()
    if source.describe() == target.describe():
        raise UsageError("source and target are the same store", code="USAGE")
    if not target.writable:
        raise SecretStoreError(f'the secret store "{target.name}" is only read', code="SECRET_STORE_READ_ONLY")
    if delete_source and not source.writable:
        raise UsageError(f"the {source.name} store is only read: nothing can be deleted there", code="USAGE")
    held = [(owner, version) for owner, version in state.versions() if version.held]
    token = token_in_force(state)
    tokens = () if token is None else (token,)
    names = (*(f"{owner.name} {version.id}" for owner, version in held), *map(_token_name, tokens))
    if dry_run:
        data = Migration(source.name, target.name, names, deleted=False)
        text = f"would copy {counted(len(names), 'secret')} from {source.name} to {target.name}"
        return Outcome(data=data, summary=(text,))
    source.probe()
    target.probe()
    context.confirm(Question(f"Copy {counted(len(names), 'secret')} from {source.name} to {target.name}?", target.name))
    copied = (*_copy(state, held, source, target), *_copy_token(state, token, source, target))
    changed = bool(copied) or (delete_source and bool(names))
    if changed:
        # Before anything is deleted: the audit knows what was meant, whatever comes in between.
        what = f"copied {counted(len(copied), 'secret')} from {source.name} to {target.name}"
        deleting = "; deleting them there" if delete_source else ""
        context.state_file.note(Change("secrets migrate", (), (what + deleting,)))
    if delete_source:
        for owner, version in held:
            source.delete(store_item(state, owner, version.id))
        for version in tokens:
            source.delete(token_item(state, version.id))
    there = len(names) - len(copied)
    already = f"; {there} there already" if there else ""
    return Outcome(
        data=Migration(source.name, target.name, copied, deleted=delete_source),
        changed=changed,
        summary=(
            f"copied {counted(len(copied), 'secret')} from {source.name} to {target.name}, each read back{already}",
        ),
    )


def _copy(
    state: State, held: Sequence[tuple[Owner, Version]], source: SecretStore, target: SecretStore
) -> tuple[str, ...]:
    """Copy what the target does not have; raise `SecretStoreError` for what neither of them has."""
    copied = []
    for owner, version in held:
        item = store_item(state, owner, version.id)
        if in_store(target, state, owner, version.id) == "present":
            # Also when a migration that was killed has deleted it in the source: then all of them were read back here.
            continue
        secret = source.read(item)
        if secret is None:
            raise SecretStoreError(
                f'{source.name} does not hold the key of "{owner.name}"; nothing was deleted',
                code="SECRET_NOT_HELD",
                next_steps=(NextStep("vzctl secrets status --check", "what is held"),),
            )
        require_recorded(state, owner.name, version, secret)
        target.write(item, secret)
        copied.append(f"{owner.name} {version.id}")
    return tuple(copied)


def _copy_token(state: State, version: Version | None, source: SecretStore, target: SecretStore) -> tuple[str, ...]:
    """Copy the Astra token, if one is kept and the target does not have it."""
    if version is None:
        return ()
    item = token_item(state, version.id)
    if token_in_store(state, version, target.read(item)) == "present":
        return ()
    secret = source.read(item)
    if secret is None or token_in_store(state, version, secret) != "present":
        raise SecretStoreError(
            f"{source.name} does not hold the Astra token that was put into a store; nothing was deleted",
            code="TOKEN_NOT_HELD",
            next_steps=(PUT_TOKEN, NextStep("vzctl secrets token drop", "or use another source")),
        )
    target.write(item, secret)
    return (_token_name(version),)


def _token_name(version: Version) -> str:
    return f"{SHOWN_AS} {version.id}"
