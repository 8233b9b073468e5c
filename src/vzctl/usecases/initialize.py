"""Make the first state file."""

from __future__ import annotations

from dataclasses import dataclass

from vzctl import __version__
from vzctl.domain.names import refuse_secret_in
from vzctl.domain.records import ControlPlane, Organization
from vzctl.domain.state import SCHEMA_VERSION, State
from vzctl.errors import NextStep
from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Initialize:
    """Make a state for one organization under one control plane."""

    control_plane: ControlPlane
    organization: str
    lineage: str
    salt: str
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Initialized:
    """The new state."""

    path: str
    control_plane: str
    organization: str
    lineage: str


def initialize(context: Context, request: Initialize) -> Outcome[Initialized]:
    """Create the state file; raise `ConflictError` when there is one, however broken."""
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
    if not request.dry_run:
        context.state_file.create(state)
    path = context.state_file.shown_path
    first = (
        NextStep("vzctl databases add NAME", "record a database")
        if state.is_local
        else NextStep("vzctl databases add NAME --id UUID --region REGION", "record a database")
    )
    return Outcome(
        data=Initialized(path, request.control_plane.value, request.organization, request.lineage),
        changed=not request.dry_run,
        summary=(
            f'{"would make" if request.dry_run else "made"} the state file "{path}", control plane {request.control_plane}',
        ),
        next_steps=(first, NextStep("vzctl credentials add NAME --provider openai", "add a credential")),
    )
