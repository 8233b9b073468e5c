"""The one way in which a stored secret is deleted: the deletion recorded, the secret deleted, the end recorded.

A use case records the deletion together with its own change (`vzctl.domain.state.deletion.with_deletions`), or alone
(`delete_secrets`); `finish_deletions` does the rest. A crash in between leaves a deletion that has begun: `state check`
shows it, `secrets purge` finishes it. From the beginning on, no command can bring the version back into use, so nothing is
deleted that anything relies on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from vzctl.command import suggest
from vzctl.domain.rules import counted
from vzctl.domain.state.deletion import owner_name, with_deletions, with_deletions_done
from vzctl.domain.state.records import Deletion
from vzctl.domain.state.state import State
from vzctl.domain.state.token import KEPT_AS
from vzctl.errors import SecretStoreError
from vzctl.store.secret_writes import is_being_written
from vzctl.store.state_store import OtherState
from vzctl.usecases.change import Plan, apply
from vzctl.usecases.context import Context, item_of
from vzctl.usecases.outcome import Notice
from vzctl.vault.base import SecretStore


@dataclass(frozen=True, slots=True)
class Deleted:
    """What became of deletions: the versions whose secrets are gone, and why others are still stored."""

    versions: tuple[str, ...] = ()
    kept: tuple[Notice, ...] = ()


def delete_secrets(context: Context, owner_id: str, version_ids: Collection[str]) -> Deleted:
    """Delete the stored secrets among these versions of one owner; raise `ConflictError` when one of them is in use."""
    now = context.now()

    def plan(state: State) -> Plan[None]:
        stored = [item for item in _stored(state, owner_id) if item in version_ids]
        name = owner_name(state, owner_id)
        return Plan(
            state=with_deletions(state, owner_id, stored, now),
            data=None,
            details=(f'delete {counted(len(stored), "secret")} of "{name}" from the store',),
            subjects=(name,),
        )

    apply(context, plan)
    return finish_deletions(context, version_ids)


def finish_deletions(
    context: Context, version_ids: Collection[str] | None = None, *, store: SecretStore | None = None
) -> Deleted:
    """Delete from the store what is recorded to be deleted (all of it, or these versions), and record that it is gone.

    A secret that another state of the same lineage uses stays, and so does one that another process writes at this moment: that
    process deletes it. A store that is only read keeps everything: its contents are not vzctl's.
    """
    state = context.state_store.read()
    wanted = [item for item in state.open_deletions() if version_ids is None or item.version in version_ids]
    if not wanted:
        return Deleted()
    store = store or context.store()
    others = tuple(other_states(context, state, store))
    done: list[Deletion] = []
    kept: list[Notice] = []
    try:
        for item in wanted:
            reason = _reason_to_keep(context, state, item, others)
            if reason is not None:
                kept.append(reason)
            elif _delete(context, item, store):
                done.append(item)
    except SecretStoreError as error:
        _record(context, done)
        names = dict.fromkeys(owner_name(state, item.owner) for item in wanted if item not in done)
        if KEPT_AS in {item.owner for item in wanted}:
            left = "bytes of an Astra token may still be in the store"
        else:
            shown = ", ".join(f'"{name}"' for name in names)
            left = f"everything else is recorded, and bytes of {shown} may still be in the store"
        steps = (suggest("secrets purge", comment="delete them when the store works"), *error.next_steps)
        raise error.replace(message=f"{error.message}; {left}", next_steps=steps) from error
    _record(context, done)
    return Deleted(tuple(item.version for item in done), tuple(kept))


def finish_and_tell(context: Context, version_ids: Collection[str], *, store: SecretStore | None = None) -> None:
    """Delete the secrets of deletions that are recorded, and say at once which of them are kept, and why."""
    for notice in finish_deletions(context, version_ids, store=store).kept:
        context.tell(notice.message)


def _stored(state: State, owner_id: str) -> Sequence[str]:
    if owner_id == KEPT_AS:
        return [item.id for item in state.organization.token_versions]
    return [version.id for owner, version in state.versions() if owner.id == owner_id and version.held]


def other_states(context: Context, state: State, store: SecretStore) -> Iterator[OtherState]:
    """Yield the states that share the secrets of this one: copies of this user, and newer ones that may return to the file."""
    yield from context.state_store.states_to_return(state)
    if not store.is_beside_state:
        yield from context.state_store.copies(state.lineage)


def used_elsewhere(others: Sequence[OtherState], version_id: str, name: str) -> Notice | None:
    """Return why a secret must stay in a store that is shared with other states of the lineage, or None."""
    for other in others:
        if other.may_need(version_id):
            why = "uses it" if other.state is not None else "cannot be read and may use it"
            text = f'a secret of "{name}" was not deleted: "{other.location}", a copy of this state, {why}'
            return Notice("SECRET_IN_USE_ELSEWHERE", text, name)
    return None


def _reason_to_keep(context: Context, state: State, deletion: Deletion, others: Sequence[OtherState]) -> Notice | None:
    name = owner_name(state, deletion.owner)
    notice = used_elsewhere(others, deletion.version, name)
    if notice is not None:
        return notice
    if is_being_written(context.local_folder.secret_writes, deletion.version):
        text = f'a secret of "{name}" was not deleted yet: another process is writing it'
        return Notice("SECRET_BEING_WRITTEN", text, name)
    return None


def _delete(context: Context, deletion: Deletion, store: SecretStore) -> bool:
    """Delete one secret; nothing is done when the deletion is no longer recorded, or when another process finished it."""
    state = context.state_store.read()
    if deletion not in state.open_deletions():
        return False
    if store.writable:
        store.delete(item_of(state.lineage, deletion.owner, deletion.version, owner_name(state, deletion.owner)))
    return True


def _record(context: Context, done: Sequence[Deletion]) -> None:
    if not done:
        return
    now = context.now()

    def plan(state: State) -> Plan[None]:
        names = tuple(dict.fromkeys(owner_name(state, item.owner) for item in done))
        shown = ", ".join(f'"{name}"' for name in names)
        return Plan(
            state=with_deletions_done(state, done, now),
            data=None,
            details=(f"deleted {counted(len(done), 'secret')} of {shown} from the store",),
            subjects=names,
        )

    apply(context, plan)
