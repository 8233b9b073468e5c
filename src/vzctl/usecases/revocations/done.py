"""`vzctl revocations done`: record that a key was revoked at its provider, and delete its secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from vzctl.command import NextStep, command, suggest
from vzctl.domain.rules import counted, display_name
from vzctl.domain.state.deletion import owner_name, with_deletions
from vzctl.domain.state.records import Revocation, Version
from vzctl.domain.state.revocation import done
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, NotFoundError, SecretStoreError, UsageError, VzctlError, quoted
from vzctl.usecases.change import Plan, apply, propose_from
from vzctl.usecases.context import Context, Question
from vzctl.usecases.dependents.check_result import DependentCheck, check_lines, check_status, check_steps
from vzctl.usecases.key_command import REVOKE, require_command, revoke_key
from vzctl.usecases.keys.delete import finish_deletions
from vzctl.usecases.keys.exposure import cache_warning, exposure_of_old_key
from vzctl.usecases.keys.version import read_version
from vzctl.usecases.outcome import Notice, Outcome
from vzctl.usecases.revocations.revocation import RevocationRow, old_key_text, revocation_rows
from vzctl.usecases.rotations.runner import VerificationPolicy

WAIT_AFTER_REVOKING_SECONDS: Final = 60.0


ASK_EVERY_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class RevocationsDone:
    """Old keys that are revoked, and what depends on their credentials, when that was looked at."""

    revocations: tuple[RevocationRow, ...]
    dependants: tuple[DependentCheck, ...] = ()


@dataclass(frozen=True, slots=True)
class FinishRevocations:
    """A person revoked these keys at their provider. Each is an id, or the name of a credential with only one.

    `check` asks the provider first whether it rejects them now, and afterwards everything that depends on their credentials
    whether it works; `revoke` lets the user's own program revoke them before. A provider that still accepts a key is asked again
    for `wait_seconds`: it may need a while. An answer that does not show whether a key is rejected ends the command, unless
    `unverified` is set.
    """

    references: Sequence[str]
    dry_run: bool = False
    check: bool = False
    revoke: bool = False
    wait_seconds: float | None = None
    unverified: bool = False

    @property
    def patience_seconds(self) -> float:
        """Return how long the provider is asked again while it still accepts a key: none for what a person did long ago."""
        if self.wait_seconds is not None:
            return self.wait_seconds
        return WAIT_AFTER_REVOKING_SECONDS if self.revoke else 0.0


def finish_revocations(context: Context, request: FinishRevocations) -> Outcome[RevocationsDone]:
    """Record that keys were revoked and drop their bytes; a rollback to them is over with that."""
    context.require_writable()
    VerificationPolicy(wait_seconds=request.patience_seconds).require_possible()
    if not request.references or any(not item.strip() for item in request.references):
        raise UsageError("name a revocation; an empty text is none: is a shell variable unset?", code="USAGE")
    if request.unverified and not request.check:
        raise UsageError("--unverified goes on without the answer that --check asks for: give both", code="USAGE")
    state = context.state_store.read()
    chosen = [_find(state, item) for item in dict.fromkeys(request.references)]
    early = _too_early(context, state, chosen)
    cached = tuple(Notice("OLD_KEY_MAY_BE_CACHED", text, name) for name, text in early.items())
    now = context.now()
    proposal = propose_from(
        context, state, lambda current: _plan(current, chosen, now, lambda rows: _question(rows, request, early))
    )
    rows = proposal.plan.data.rows
    if request.dry_run:
        summary = (f"would mark {counted(len(rows), 'key')} as revoked",)
        warned = (*cached, *_same_key_warnings(rows, "still uses this key and stops with it"))
        return Outcome(data=RevocationsDone(rows), summary=summary, warnings=warned)
    if any(item.held for item in rows):
        context.store().probe()
    seen = _looked_at(context, state, chosen, request)
    proposal.ask()
    writes = context.state_store.write_count
    kept: tuple[Notice, ...] = ()
    if request.revoke:
        seen, kept = _revoked(context, state, chosen, request)
    else:
        kept = finish_deletions(context, proposal.commit().plan.data.deletes).kept
    state = context.state_store.read()
    wanted = {item.id for item in chosen}
    after = revocation_rows(state, [item for item in state.revocations if item.id in wanted])
    still = [item for item in after if item.same_key]
    warnings = _same_key_warnings(still, "still holds the revoked key: rotate it")
    changed = context.state_store.write_count > writes
    checks = _dependents_checked(context, state, rows) if request.check else ()
    rotations = tuple(
        suggest("credentials rotate", name, comment="its key is revoked") for item in still for name in item.same_key
    )
    return Outcome(
        data=RevocationsDone(after, checks),
        changed=changed or request.revoke,
        summary=(*seen, _marked(len(after), changed=changed, kept=len(kept)), *check_lines(checks)),
        warnings=(*cached, *warnings, *kept),
        next_steps=(*check_steps(checks), *rotations),
        status=check_status(checks),
    )


@dataclass(frozen=True, slots=True)
class _Planned:
    """The keys to mark as revoked, as they are before, and the versions whose secrets are deleted with that."""

    rows: tuple[RevocationRow, ...]
    deletes: frozenset[str]


def _plan(
    state: State,
    chosen: Sequence[Revocation],
    now: datetime,
    question: Callable[[Sequence[RevocationRow]], Question] | None = None,
) -> Plan[_Planned]:
    """Mark keys as revoked and begin the deletion of their secrets; a rollback to them is over with that."""
    _require_listed(state, chosen)
    wanted = {item.id for item in chosen}
    found = [item for item in state.revocations if item.id in wanted]
    rows = revocation_rows(state, found)
    after = state
    for item, row in zip(found, rows, strict=True):
        _require_not_in_use(state, item)
        after = done(after, item.id, now)
        if row.held:
            after = with_deletions(after, item.credential, [item.version], now)
    names = tuple(dict.fromkeys(row.credential for row in rows))
    return Plan(
        state=after,
        data=_Planned(rows, frozenset(item.version for item in found)),
        question=question(rows) if question is not None else None,
        basis=[(item.id, item.version) for item in found],
        details=tuple(f'the old key of "{name}" was revoked at the provider' for name in names),
        subjects=names,
    )


def _question(rows: Sequence[RevocationRow], request: FinishRevocations, early: Mapping[str, str]) -> Question:
    lines = [f"  {item.provider}: {old_key_text(item)} ({item.reason})" for item in rows]
    lines += [f"  {item.message}" for item in _same_key_warnings(rows, "still uses this key and stops with it")]
    lines += [f"  {text}" for text in early.values()]
    if request.revoke:
        lines += [f"  [rotation.revoke] of your configuration revokes the key of {item.provider}" for item in rows]
    which = "this key" if len(rows) == 1 else f"these {len(rows)} keys"
    asked = f"Revoke {which} at the provider now?" if request.revoke else f"Did you revoke {which} at the provider?"
    return Question(f"{asked} A rollback is impossible after this.", str(len(rows)), lines=lines)


def _same_key_warnings(rows: Sequence[RevocationRow], what: str) -> tuple[Notice, ...]:
    return tuple(
        Notice("SAME_KEY_ELSEWHERE", f"{', '.join(item.same_key)} {what}", item.credential)
        for item in rows
        if item.same_key
    )


def _dependents_checked(context: Context, state: State, rows: Sequence[RevocationRow]) -> tuple[DependentCheck, ...]:
    """Look whether anything stopped with the old keys: Astra may still use one that it remembers."""
    from vzctl.usecases.dependents.check import check_dependents

    names = [item.credential for item in rows] + [name for item in rows for name in item.same_key]
    return check_dependents(context, state, names)


def _marked(keys: int, *, changed: bool, kept: int) -> str:
    if not changed:
        return "marked as revoked already: nothing to do"
    if kept:
        return f"{counted(keys, 'key')} marked as revoked; {counted(kept, 'secret')} not deleted from the store"
    return f"{counted(keys, 'key')} marked as revoked and dropped from the store"


def _looked_at(context: Context, state: State, chosen: Sequence[Revocation], request: FinishRevocations) -> list[str]:
    """Look before anybody is asked: at what `revoke` needs, or at the provider's answers to the keys."""
    if request.revoke:
        _require_revocable(context, state, chosen)
        return []
    return [_checked(context, state, item, request) for item in chosen] if request.check else []


def _require_revocable(context: Context, state: State, chosen: Sequence[Revocation]) -> None:
    """Raise before anything is revoked when a key is not held, still in use, or of a provider without a program."""
    for item in chosen:
        owner, version = _owner(state, item)
        require_command(context.key_commands, REVOKE, owner.provider)
        read_version(context, state, owner, version.id)
        used = revocation_rows(state, [item])[0].same_key
        if used:
            raise ConflictError(
                f'{", ".join(used)} still uses the old key of "{owner.name}": rotate it first',
                code="KEY_IN_USE",
                next_steps=(suggest("credentials rotate", used[0], comment="give it a new key"),),
            )


def _revoked(
    context: Context, state: State, chosen: Sequence[Revocation], request: FinishRevocations
) -> tuple[list[str], tuple[Notice, ...]]:
    """Let the user's program revoke the keys, one after the other, each recorded before the next one is begun.

    With `check` the provider is asked about each first; one that it does not reject stays on the list.
    """
    words: list[str] = []
    kept: list[Notice] = []
    for item in chosen:
        owner, version = _owner(state, item)
        try:
            now = context.state_store.read()  # a rollback may have put the key back into service meanwhile
            _require_listed(now, [item])
            _require_revocable(context, now, [item])
            secret = read_version(context, state, owner, version.id)
            revoke_key(context.key_commands, owner.provider, owner.name, secret)
            words.append(f'[rotation.revoke] revoked the old key of "{owner.name}"')
            words += [_checked(context, state, item, request)] if request.check else []
        except VzctlError as error:
            raise error.replace(evidence=(*error.evidence, *words)) from error
        planned = apply(context, partial(_plan, chosen=[item], now=context.now())).plan.data
        kept += finish_deletions(context, planned.deletes).kept
    return words, tuple(kept)


def _checked(context: Context, state: State, revocation: Revocation, request: FinishRevocations) -> str:
    """Ask the provider whether it rejects a key; raise when it accepts it, and when its answer does not show that."""
    owner, version = _owner(state, revocation)
    name = display_name(owner.provider)
    again = command("revocations done", revocation.id, check=True)
    if not version.held:
        if request.unverified:
            return f'the old key of "{owner.name}" is not held here: {name} was not asked'
        raise SecretStoreError(
            f'the old key of "{owner.name}" is not stored here, so {name} cannot be asked whether it rejects the key',
            code="SECRET_NOT_HELD",
            next_steps=(NextStep(again.with_options(unverified=True), "if you know that the key is revoked"),),
        )
    from vzctl.usecases.rotations.new_key import not_verified, still_accepted

    secret = read_version(context, state, owner, version.id)
    accepted, finding = still_accepted(context, state, owner, secret)
    waiting = f'waiting until {name} rejects the old key of "{owner.name}"'
    for number, _ in enumerate(context.ticks(request.patience_seconds, ASK_EVERY_SECONDS, waiting)):
        if number > 0:
            accepted, finding = still_accepted(context, state, owner, secret)
        if accepted is False:
            return f'{name} rejects the old key of "{owner.name}"'
    if accepted:
        raise ConflictError(
            f'{name} still accepts the old key of "{owner.name}": it is not revoked, or not yet',
            code="KEY_STILL_ACCEPTED",
            side="provider",
            retryable=True,
            next_steps=(
                NextStep(again, "ask again, once it is revoked"),
                suggest("revocations list", comment="where and how it is revoked"),
            ),
        )
    if request.unverified:
        return f'{name} was asked about the old key of "{owner.name}", and its answer does not tell'
    raise not_verified(
        finding,
        f'it is not verified that {name} rejects the old key of "{owner.name}"',
        (
            NextStep(again, "ask again"),
            NextStep(again.with_options(unverified=True), "if you know that the key is revoked"),
        ),
    )


def _require_listed(state: State, chosen: Sequence[Revocation]) -> None:
    """Raise `ConflictError` when a key is not to be revoked any more: a rollback put it back into service."""
    listed = {item.id for item in state.revocations}
    gone = next((owner_name(state, item.credential) for item in chosen if item.id not in listed), None)
    if gone is not None:
        raise ConflictError(
            f'the old key of "{gone}" came back into service meanwhile; nothing of it was deleted',
            code="CHANGED_MEANWHILE",
            next_steps=(
                suggest("credentials show", gone, comment="which key counts now"),
                suggest("credentials rotate", gone, comment="if that key is revoked at the provider already"),
            ),
        )


def _too_early(context: Context, state: State, revocations: Sequence[Revocation]) -> dict[str, str]:
    """Return, by credential, why a self-hosted Data API may still use its old key: only the leaked ones cannot wait."""
    found: dict[str, str] = {}
    for item in revocations:
        owner, version = _owner(state, item)
        exposure = exposure_of_old_key(context, state, owner, version.id, item.due_since)
        warning = cache_warning(exposure, owner.name, context.now())
        if warning is not None and item.done_at is None:
            found[owner.name] = warning
    return found


def _owner(state: State, revocation: Revocation) -> tuple[Any, Version]:
    for owner, version in state.versions():
        if owner.id == revocation.credential and version.id == revocation.version:
            return owner, version
    raise AssertionError("a revocation belongs to a credential: integrity.breakages checks it")


def _find(state: State, reference: str) -> Revocation:
    by_id = next((item for item in state.revocations if item.id == reference), None)
    if by_id is not None:
        return by_id
    owners = {owner.id for owner, _ in state.versions() if owner.name == reference}
    named = [item for item in state.open_revocations() if item.credential in owners]
    if len(named) == 1:
        return named[0]
    shown = quoted(reference)
    if named:
        ids = ", ".join(item.id for item in named)
        raise ConflictError(
            f"{len(named)} old keys of {shown} are to be revoked: {ids}",
            code="REVOCATION_AMBIGUOUS",
            next_steps=(suggest("revocations done", named[0].id, comment="say which"),),
        )
    raise NotFoundError(
        f"there is no key to revoke with the id or credential {shown}",
        code="REVOCATION_NOT_FOUND",
        next_steps=(suggest("revocations list", comment="the keys to revoke"),),
    )


def _require_not_in_use(state: State, revocation: Revocation) -> None:
    """A key that an open rotation may still go back to stays."""
    rotation = state.open_rotation(revocation.credential)
    if rotation is not None and revocation.version in (rotation.old_version, rotation.new_version):
        raise ConflictError(
            f'a rotation of "{rotation.snapshot.name}" is open and needs this key',
            code="ROTATION_OPEN",
            next_steps=(suggest("rotations resume", rotation.snapshot.name, comment="finish it first"),),
        )
