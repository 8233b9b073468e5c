"""Make the first state file."""

from __future__ import annotations

from dataclasses import dataclass

from vzctl import __version__
from vzctl.command import suggest
from vzctl.domain.state.names import refuse_secret_in
from vzctl.domain.state.records import ControlPlane, Organization
from vzctl.domain.state.state import SCHEMA_VERSION, State
from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Initialize:
    """Make a state for one organization under one control plane."""

    control_plane: ControlPlane
    organization: str
    lineage: str
    salt: str
    start_over: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Initialized:
    """The new state."""

    path: str
    control_plane: str
    organization: str
    lineage: str
    moved_to: str | None = None


def initialize(context: Context, request: Initialize) -> Outcome[Initialized]:
    """Create the state file; raise `ConflictError` when there is one, however broken, `StateLostError` when one was lost."""
    context.require_writable()
    refuse_secret_in(request.organization, "an organization's name")
    state = State(
        schema=SCHEMA_VERSION,
        lineage=request.lineage,
        serial=0,
        vzctl=__version__,
        organization=Organization(
            name=request.organization, control_plane=request.control_plane, fingerprint_salt=request.salt
        ),
    )
    store, moved = context.state_store, None
    if request.dry_run:
        store.require_creatable(start_over=request.start_over)
    else:
        moved = store.create(state, start_over=request.start_over).moved_to
    path = store.location
    first = (
        suggest("databases add", "NAME", comment="record a database")
        if state.is_local
        else suggest("databases add", "NAME", id="UUID", region="REGION", comment="record a database")
    )
    return Outcome(
        data=Initialized(path, request.control_plane.value, request.organization, request.lineage, moved),
        changed=not request.dry_run,
        summary=(
            f'{"would make" if request.dry_run else "made"} the state file "{path}", control plane {request.control_plane}',
            *(() if moved is None else (f'moved the folder of the lost state to "{moved}"',)),
        ),
        next_steps=(first, suggest("credentials add", "NAME", provider="openai", comment="add a credential")),
    )
