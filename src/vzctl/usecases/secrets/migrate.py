"""Moving secrets between stores: every one is copied and read back before any is deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vzctl.command import Command, NextStep, command, suggest
from vzctl.domain.rules import counted
from vzctl.domain.state.deletion import is_deleted, owner_name
from vzctl.domain.state.records import Credential, Version
from vzctl.domain.state.state import State
from vzctl.domain.state.token import KEPT_AS, SHOWN_AS, leftover_tokens, token_in_force
from vzctl.errors import ConflictError, SecretStoreError, UsageError
from vzctl.store.state_store import Change
from vzctl.usecases.change import changed_meanwhile
from vzctl.usecases.context import Context, Question, item_of
from vzctl.usecases.keys.delete import other_states, used_elsewhere
from vzctl.usecases.keys.version import Owner, in_store, may_be_held, require_recorded, store_item, write_secret
from vzctl.usecases.outcome import Notice, Outcome
from vzctl.usecases.secrets.token import PUT_TOKEN, token_in_store, token_item
from vzctl.vault.base import SecretItem, SecretStore
from vzctl.vault.canary import Canaries
from vzctl.vault.proof import share_items


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
    What other commands store in the source meanwhile is copied too, so that nothing new stays behind.
    """
    context.require_writable()
    state = context.state_store.read()
    target, source = context.store(), open_source()
    if source.name == target.name:
        raise UsageError("source and target are the same store", code="USAGE")
    if not target.writable:
        raise SecretStoreError(f'the secret store "{target.name}" is only read', code="SECRET_STORE_READ_ONLY")
    if delete_source and not source.writable:
        raise UsageError(f"the {source.name} store is only read: nothing can be deleted there", code="USAGE")
    if dry_run:
        recorded = _names(_recorded(state))
        more = len(_in_doubt(state)) + len(_leftovers(state))
        rest = f", and {more} more if {source.name} holds {'them' if more > 1 else 'it'}" if more else ""
        text = f"would copy {counted(len(recorded), 'secret')} from {source.name} to {target.name}{rest}"
        return Outcome(data=Migration(source.name, target.name, recorded, deleted=False), summary=(text,))
    source.probe()
    target.probe()
    _require_two_stores(context, source, target)
    asked = _names(_stored(state, source, target, deletes=delete_source))
    is_seen = context.confirm(_question(source, target, len(asked), deletes=delete_source)) is not False
    state = context.state_store.read()
    stored = _stored(state, source, target, deletes=delete_source)
    if is_seen and _names(stored) != asked:
        raise changed_meanwhile()
    names: tuple[str, ...] = ()
    copied: list[str] = []
    while names != _names(stored):
        names = _names(stored)
        copied += _copy(context, state, stored.held, source, target)
        copied += _copy_tokens(context, state, stored.tokens, source, target)
        state = context.state_store.read()
        stored = _stored(state, source, target, deletes=delete_source)
    changed = bool(copied) or (delete_source and bool(names))
    if changed:
        # Before anything is deleted: the audit knows what was meant, whatever comes in between.
        what = f"copied {counted(len(copied), 'secret')} from {source.name} to {target.name}"
        deleting = "; deleting them there" if delete_source else ""
        context.state_store.note(Change("secrets migrate", (), (what + deleting,)))
    kept = _delete_in_source(context, stored, source, target) if delete_source else ()
    there = len(names) - len(copied)
    already = f"; {there} there already" if there else ""
    return Outcome(
        data=Migration(source.name, target.name, tuple(copied), deleted=delete_source and not kept),
        changed=changed,
        summary=(
            f"copied {counted(len(copied), 'secret')} from {source.name} to {target.name}, each read back{already}",
        ),
        warnings=kept,
    )


@dataclass(frozen=True, slots=True)
class _Stored:
    """What is to be moved: versions of credentials, and of the Astra token."""

    held: tuple[tuple[Owner, Version], ...]
    tokens: tuple[Version, ...]


def _recorded(state: State) -> _Stored:
    """Return what the state records as stored."""
    token = token_in_force(state)
    held = tuple((owner, version) for owner, version in state.versions() if version.held)
    return _Stored(held, () if token is None else (token,))


def _stored(state: State, source: SecretStore, target: SecretStore, *, deletes: bool) -> _Stored:
    """Return what the state records as stored, and what else the source holds of it."""
    recorded = _recorded(state)
    found = _found(state, _in_doubt(state), source, target, deletes=deletes)
    leftovers = (item for item in _leftovers(state) if source.read(token_item(state, item.id)) is not None)
    return _Stored((*recorded.held, *found), (*recorded.tokens, *leftovers))


def _question(source: SecretStore, target: SecretStore, number: int, *, deletes: bool) -> Question:
    lines = (f"  each is deleted in {source.name} once {target.name} gives it out",) if deletes else ()
    return Question(f"Copy {counted(number, 'secret')} from {source.name} to {target.name}?", target.name, lines=lines)


def _require_two_stores(context: Context, source: SecretStore, target: SecretStore) -> None:
    if share_items(source, target, Canaries(context.local_folder.canaries)):
        raise ConflictError(
            f"{source.name} and {target.name} are the same store: a secret that is written through one is read through the other; "
            "nothing was copied or deleted",
            code="SECRET_STORES_ARE_ONE",
            next_steps=(suggest("secrets status", check=True, comment="what the store gives out"),),
        )


def _delete_in_source(
    context: Context, stored: _Stored, source: SecretStore, target: SecretStore
) -> tuple[Notice, ...]:
    """Delete each secret in the source that the target gives out at that moment; return why others stay there."""
    state = context.state_store.read()
    others = tuple(other_states(context, state, source))
    items = [(owner.name, store_item(state, owner, version.id), version) for owner, version in stored.held]
    items += [(SHOWN_AS, token_item(state, version.id), version) for version in stored.tokens]
    kept = []
    for name, item, version in items:
        notice = used_elsewhere(others, version.id, name)
        if notice is not None:
            kept.append(notice)
        else:
            _move_last(context, item, version, source, target)
    for deletion in state.open_deletions():
        if used_elsewhere(others, deletion.version, "") is None:
            name = owner_name(state, deletion.owner)
            source.delete(item_of(state.lineage, deletion.owner, deletion.version, name))
    return tuple(kept)


def _move_last(context: Context, item: SecretItem, version: Version, source: SecretStore, target: SecretStore) -> None:
    """Delete a secret in the source while the target has it. Should it be gone there too, the two share it: put it back.

    A version that another process deletes meanwhile is deleted here too.
    """

    def is_given_up() -> bool:
        return is_deleted(context.state_store.read(), version.id)

    secret = target.read(item)
    if secret is None or token_in_store(context.state_store.read(), version, secret) != "present":
        if is_given_up():
            source.delete(item)
            return
        raise SecretStoreError(
            f'{target.name} does not give out the secret of "{item.credential_name}" any more; the rest was not deleted in '
            f"{source.name}",
            code="SECRET_NOT_HELD",
            next_steps=(suggest("secrets status", check=True, comment="what is held"),),
        )
    source.delete(item)
    if target.read(item) is None and not is_given_up():
        write_secret(context, item.credential_id, version.id, secret, store=target)
        raise ConflictError(
            f'{source.name} and {target.name} share the secret of "{item.credential_name}": it was put back, and the rest was not '
            "deleted",
            code="SECRET_STORES_ARE_ONE",
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


def _settling(state: State, owner: Credential, version: Version) -> Command:
    """Return the command that takes the key of a version in doubt again."""
    if version.id == owner.current:
        return command("secrets put", owner.name)
    if state.open_rotation(owner.id) is not None:
        return command("rotations resume", owner.name)
    return command("credentials add", owner.name, provider=owner.provider)


def _names(stored: _Stored) -> tuple[str, ...]:
    return (*(f"{owner.name} {version.id}" for owner, version in stored.held), *map(_token_name, stored.tokens))


def _copy(
    context: Context, state: State, held: Sequence[tuple[Owner, Version]], source: SecretStore, target: SecretStore
) -> tuple[str, ...]:
    """Copy what the target does not have; raise `SecretStoreError` for what neither of them has."""
    copied = []
    for owner, version in held:
        item = store_item(state, owner, version.id)
        if in_store(target, state, owner, version.id) == "present":
            # Also when a migration that was killed has deleted it in the source: then all of them were read back here.
            continue
        secret = source.read(item)
        if secret is None and is_deleted(context.state_store.read(), version.id):
            continue  # by another command, a moment ago
        if secret is None:
            raise SecretStoreError(
                f'{source.name} does not hold the key of "{owner.name}"; nothing was deleted',
                code="SECRET_NOT_HELD",
                next_steps=(suggest("secrets status", check=True, comment="what is held"),),
            )
        require_recorded(state, owner.name, version, secret)
        write_secret(context, owner.id, version.id, secret, store=target)
        copied.append(f"{owner.name} {version.id}")
    return tuple(copied)


def _copy_tokens(
    context: Context, state: State, versions: Sequence[Version], source: SecretStore, target: SecretStore
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
                next_steps=(PUT_TOKEN, suggest("secrets token drop", comment="or use another source")),
            )
        write_secret(context, KEPT_AS, version.id, secret, store=target)
        copied.append(_token_name(version))
    return tuple(copied)


def _token_name(version: Version) -> str:
    return f"{SHOWN_AS} {version.id}"
