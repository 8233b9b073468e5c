"""`vzctl revocations list`: keys that still have to be revoked at their provider (rule 9)."""

from __future__ import annotations

from dataclasses import dataclass

from vzctl.command import suggest
from vzctl.domain.rules import display_name
from vzctl.domain.state.revocation import REASON_LEAKED
from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.revocations.revocation import RevocationRow, old_key_text, revocation_rows


@dataclass(frozen=True, slots=True)
class RevocationList:
    """Old keys, leaked ones first."""

    revocations: tuple[RevocationRow, ...]


def list_revocations(context: Context, *, include_done: bool = False) -> Outcome[RevocationList]:
    """Return the keys to revoke."""
    state = context.state_store.read()
    chosen = [item for item in state.revocations if include_done or item.done_at is None]
    rows = sorted(revocation_rows(state, chosen), key=lambda item: (item.reason != REASON_LEAKED, item.due_since))
    steps = tuple(
        suggest(
            "revocations done",
            item.id,
            comment=f"after you revoke {old_key_text(item)} at {display_name(item.provider)}",
        )
        for item in rows
        if item.done_at is None
    )
    return Outcome(data=RevocationList(tuple(rows)), next_steps=steps[:5])
