"""`vzctl credentials edit`: the note, the maximum age, and other metadata of a credential."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from vzctl.command import suggest
from vzctl.domain.rules import provider_by_id, require_credential, require_no_rotation
from vzctl.domain.state.age import require_maximum_age, require_past
from vzctl.domain.state.names import refuse_secret_in
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, UsageError
from vzctl.usecases.change import Plan, propose
from vzctl.usecases.context import Context
from vzctl.usecases.credential_detail import CredentialDetail, credential_detail
from vzctl.usecases.outcome import Outcome


@dataclass(frozen=True, slots=True)
class EditCredential:
    """New metadata; None leaves a field as it is."""

    name: str
    note: str | None = None
    max_age_days: int | None = None
    slot: int | None = None
    set_at: datetime | None = None
    dry_run: bool = False


def edit_credential(context: Context, request: EditCredential) -> Outcome[CredentialDetail]:
    """Change metadata only; never the name, the provider or the secret."""
    context.require_writable()
    require_past(request.set_at, context.now())
    proposal = propose(
        context,
        lambda state: Plan(
            state=_edited(state, request), data=None, details=(f'edit "{request.name}"',), subjects=(request.name,)
        ),
    )
    if request.dry_run:
        after = proposal.plan.state
        credential = require_credential(after, request.name)
        return Outcome(data=credential_detail(context, after, credential), summary=(f'would edit "{request.name}"',))
    written = proposal.commit()
    after = written.after
    text = f'edited "{request.name}"' if written.changed else f'"{request.name}" is like that already'
    return Outcome(
        data=credential_detail(context, after, require_credential(after, request.name)),
        changed=written.changed,
        summary=(text,),
    )


def _edited(state: State, request: EditCredential) -> State:
    credential = require_credential(state, request.name)
    require_no_rotation(state, credential)
    changes: dict[str, object] = {}
    if request.note is not None:
        refuse_secret_in(request.note, "a note")
        changes["note"] = request.note or None
    if request.max_age_days is not None:
        require_maximum_age(request.max_age_days)
        changes["max_age_days"] = request.max_age_days
    if request.slot is not None:
        require_slot(credential.provider, request.slot)
        changes["slot"] = request.slot
    if request.set_at is not None:
        changes["key_set_at"] = request.set_at
    if not changes:
        raise UsageError(
            "nothing to edit: give --note, --max-age-days, --slot or --set-at",
            code="USAGE",
            next_steps=(suggest("credentials edit", help=True, comment="what can be edited"),),
        )
    edited = replace(credential, **changes)  # type: ignore[arg-type]
    return state if edited == credential else state.with_credential(edited)


def require_slot(provider_id: str, slot: int) -> None:
    """Only a provider with a fixed number of keys (Azure OpenAI: 2) has slots."""
    provider = provider_by_id(provider_id)
    slots = provider.maximum_live_keys if provider is not None else None
    if slots is None:
        name = provider.display_name if provider is not None else provider_id
        raise ConflictError(
            f"{name} keys have no slot; only Azure OpenAI resources have KEY 1 and KEY 2", code="SLOT_INVALID"
        )
    if not 1 <= slot <= slots:
        raise UsageError(f"a slot is 1 to {slots}", code="SLOT_INVALID")
