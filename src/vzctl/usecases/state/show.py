"""`vzctl state show`."""

from __future__ import annotations

from dataclasses import dataclass

from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Outcome


@dataclass(frozen=True, slots=True)
class StateSummary:
    """The head of the state and how much it holds."""

    path: str
    schema: int
    lineage: str
    serial: int
    vzctl: str
    organization: str
    control_plane: str
    integrations: int
    databases: int
    credentials: int
    collections: int
    columns: int
    open_rotations: int
    open_revocations: int


def show_state(context: Context) -> Outcome[StateSummary]:
    """Return the head of the state."""
    state = context.state_store.read()
    return Outcome(
        data=StateSummary(
            path=context.state_store.location,
            schema=state.schema,
            lineage=state.lineage,
            serial=state.serial,
            vzctl=state.vzctl,
            organization=state.organization.name,
            control_plane=state.organization.control_plane.value,
            integrations=len(state.integrations),
            databases=len(state.databases),
            credentials=len(state.credentials),
            collections=len(state.collections),
            columns=len(state.columns),
            open_rotations=sum(item.is_open for item in state.rotations),
            open_revocations=len(state.open_revocations()),
        )
    )
