"""`vzctl state path`."""

from __future__ import annotations

from dataclasses import dataclass

from vzctl.store.state_file import StateFile
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


def locate(file: StateFile, source: str) -> Outcome[StateLocation]:
    """Return the paths; reads nothing."""
    paths = file.paths
    return Outcome(
        data=StateLocation(file.location, str(paths.state), str(paths.folder), str(paths.audit), file.exists(), source)
    )
