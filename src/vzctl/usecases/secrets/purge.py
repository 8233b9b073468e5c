"""`vzctl secrets purge`: delete the secrets that nothing needs any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from vzctl.domain.checks.problems import unneeded_versions
from vzctl.domain.rules import counted
from vzctl.domain.state.deletion import owner_name, with_deletions
from vzctl.domain.state.state import State
from vzctl.domain.state.token import KEPT_AS, leftover_tokens
from vzctl.usecases.change import Plan, propose
from vzctl.usecases.context import Context, Question
from vzctl.usecases.keys.delete import finish_deletions
from vzctl.usecases.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Purged:
    """Secret versions that were deleted from the store because nothing needs them, as `CREDENTIAL VERSION`."""

    versions: tuple[str, ...]


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
