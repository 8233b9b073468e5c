"""`vzctl state path`."""

from __future__ import annotations

from dataclasses import dataclass

from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Outcome


@dataclass(frozen=True, slots=True)
class StateLocation:
    """Where the state and its companions are; `path` as given, `real_path` with links followed."""

    path: str
    real_path: str
    folder: str
    audit: str
    exists: bool
    source: str


def locate(context: Context, source: str) -> Outcome[StateLocation]:
    """Return the paths; reads nothing."""
    paths = context.state_file.paths
    shown = context.state_file.shown_path
    return Outcome(
        data=StateLocation(
            shown, str(paths.state), str(paths.folder), str(paths.audit), context.state_file.exists(), source
        )
    )
