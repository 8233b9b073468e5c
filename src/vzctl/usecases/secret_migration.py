"""Moving secrets between stores: every one is copied and read back before any is deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vzctl.domain.records import Credential, Version
from vzctl.domain.rules import counted
from vzctl.domain.state import State
from vzctl.domain.token import SHOWN_AS, leftover_tokens, token_in_force
from vzctl.errors import NextStep, SecretStoreError, UsageError
from vzctl.store.audit import Change
from vzctl.usecases.astra_token import PUT_TOKEN, token_in_store, token_item
from vzctl.usecases.context import Context, Question
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.secret_version import Owner, in_store, may_be_held, require_recorded, store_item
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
    """Copy every secret from another store into the configured one; delete there only after all were read back.

    Also what a crash or a store that failed has kept from being recorded as held: left behind, nothing would find it again.
    """
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
    tokens: tuple[Version, ...] = () if token is None else (token,)
    doubtful, leftovers = _in_doubt(state), _leftovers(state)
    if dry_run:
        names = _names(held, tokens)
        more = len(doubtful) + len(leftovers)
        rest = f", and {more} more if {source.name} holds {'them' if more > 1 else 'it'}" if more else ""
        text = f"would copy {counted(len(names), 'secret')} from {source.name} to {target.name}{rest}"
        return Outcome(data=Migration(source.name, target.name, names, deleted=False), summary=(text,))
    source.probe()
    target.probe()
    held += _found(state, doubtful, source, target, deletes=delete_source)
    tokens += tuple(item for item in leftovers if source.read(token_item(state, item.id)) is not None)
    names = _names(held, tokens)
    context.confirm(Question(f"Copy {counted(len(names), 'secret')} from {source.name} to {target.name}?", target.name))
    copied = (*_copy(state, held, source, target), *_copy_tokens(state, tokens, source, target))
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


def _in_doubt(state: State) -> list[tuple[Credential, Version]]:
    """Return the versions that are not recorded as held, and may be."""
    return [
        (owner, version)
        for owner in state.credentials
        for version in owner.versions
        if not version.held and version.id in may_be_held(owner)
    ]


def _leftovers(state: State) -> tuple[Version, ...]:
    """Return the versions of the token that were begun, or are not yet deleted."""
    ids = leftover_tokens(state)
    return tuple(item for item in state.organization.token_versions if item.id in ids)


def _found(
    state: State,
    doubtful: Sequence[tuple[Credential, Version]],
    source: SecretStore,
    target: SecretStore,
    *,
    deletes: bool,
) -> list[tuple[Owner, Version]]:
    """Return those that the source holds; raise `SecretStoreError` rather than delete what nobody can tell."""
    found: list[tuple[Owner, Version]] = []
    for owner, version in doubtful:
        there = in_store(source, state, owner, version.id)
        if there == "present" or (there == "differs" and in_store(target, state, owner, version.id) == "present"):
            found.append((owner, version))
        elif there == "differs" and deletes:
            raise SecretStoreError(
                f'{source.name} holds another key of "{owner.name}" than the one that was begun; nothing was deleted',
                code="SECRET_DIFFERS",
                next_steps=(NextStep(_settling(state, owner, version), "hand in the right one, then move the rest"),),
            )
    return found


def _settling(state: State, owner: Credential, version: Version) -> str:
    """Return the command that takes the key of a version in doubt again."""
    if version.id == owner.current:
        return f"vzctl secrets put {owner.name}"
    if state.open_rotation(owner.id) is not None:
        return f"vzctl rotations resume {owner.name}"
    return f"vzctl credentials add {owner.name} --provider {owner.provider}"


def _names(held: Sequence[tuple[Owner, Version]], tokens: Sequence[Version]) -> tuple[str, ...]:
    return (*(f"{owner.name} {version.id}" for owner, version in held), *map(_token_name, tokens))


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


def _copy_tokens(
    state: State, versions: Sequence[Version], source: SecretStore, target: SecretStore
) -> tuple[str, ...]:
    """Copy the Astra tokens that the target does not have; one that counts must be the one that was recorded."""
    counts = token_in_force(state)
    copied = []
    for version in versions:
        item = token_item(state, version.id)
        if token_in_store(state, version, target.read(item)) == "present":
            continue
        secret = source.read(item)
        if version == counts and token_in_store(state, version, secret) != "present":
            secret = None
        if secret is None:
            raise SecretStoreError(
                f"{source.name} does not hold the Astra token that was put into a store; nothing was deleted",
                code="TOKEN_NOT_HELD",
                next_steps=(PUT_TOKEN, NextStep("vzctl secrets token drop", "or use another source")),
            )
        target.write(item, secret)
        copied.append(_token_name(version))
    return tuple(copied)


def _token_name(version: Version) -> str:
    return f"{SHOWN_AS} {version.id}"
