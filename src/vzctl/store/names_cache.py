"""Names for shell completion, written at every change so that a TAB need not parse the state."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from vzctl.domain.rotation.manual_steps import pending_steps
from vzctl.domain.state.index import Index
from vzctl.domain.state.state import State
from vzctl.store.atomic import make_private_directory, write_atomic

FORMAT = 1


def write_names_cache(path: Path, state: State, status: os.stat_result) -> None:
    """Write the names of `state`, stamped with the state file's size and time. Best effort: a cache may be missing."""
    try:
        make_private_directory(path.parent)
        write_atomic(path, json.dumps(names_document(state, status), separators=(",", ":")).encode())
    except OSError:
        # Completion falls back to the state itself; a full disk must not fail a change that is already done.
        return


def names_document(state: State, status: os.stat_result) -> dict[str, Any]:
    """Return what the completion engine reads: see `vzctl.completion.engine`."""
    index = Index(state)
    names = {item.id: item.name for item in state.credentials}
    return {
        "format": FORMAT,
        "state": {"size": status.st_size, "mtime_ns": status.st_mtime_ns},
        "credentials": [[item.name, item.provider] for item in state.credentials],
        "databases": [[item.id, item.name, item.region, item.status] for item in state.databases],
        "integrations": [item.provider for item in state.integrations],
        "collections": [index.address(item) for item in state.collections],
        "columns": [index.address(item) for item in state.columns],
        "rotations": [names[item.credential] for item in state.rotations if item.is_open and item.credential in names],
        "revocations": [item.id for item in state.open_revocations()],
        "pending": [] if state.is_local else [step.id for step in pending_steps(state)],
    }
