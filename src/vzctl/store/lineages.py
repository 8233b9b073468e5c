"""Where this user's states are, by lineage: a copy of a state has the same secrets in the same store, and another opinion of them.

One file for each lineage, one path per line, added whenever vzctl writes a state that is not in it, or uses its secrets. A path
that no longer leads to a state of the lineage counts for nothing, so nothing is ever removed.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vzctl.domain.state.state import State
from vzctl.errors import StateError
from vzctl.store.atomic import append_line, make_private_directory, open_own_file
from vzctl.store.schema import parse_state
from vzctl.store.state_store import OtherState

LONGEST_REGISTER: Final = 1024 * 1024
"""Bytes that are read of a file: more paths than a user has states."""


@dataclass(frozen=True, slots=True)
class Lineages:
    """The register of one user; `folder` is None where there is none."""

    folder: Path | None = None

    def register(self, lineage: str, path: Path) -> None:
        """Add the path of a state. Where the register cannot be written, the change to the state goes on without it."""
        if self.folder is None:
            return
        with suppress(OSError):
            if path not in self._paths(lineage):
                make_private_directory(self.folder)
                append_line(self.folder / lineage, json.dumps(str(path)).encode())

    def others(self, lineage: str, path: Path) -> Iterator[OtherState]:
        """Yield the other states of the lineage that exist now."""
        for other in self._paths(lineage):
            try:
                if other == path or (path.exists() and os.path.samefile(other, path)):
                    continue
                state = _read(other)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError:
                state = None
            if state is None or state.lineage == lineage:
                yield OtherState(str(other), state)

    def _paths(self, lineage: str) -> list[Path]:
        if self.folder is None:
            return []
        try:
            with os.fdopen(open_own_file(self.folder / lineage, os.O_RDONLY), "rb") as file:
                lines = file.read(LONGEST_REGISTER).splitlines()
        except FileNotFoundError:
            return []
        found = []
        for line in lines:
            with suppress(ValueError):
                text = json.loads(line)
                if isinstance(text, str) and os.path.isabs(text):
                    found.append(Path(text))
        return found


def _read(path: Path) -> State | None:
    """Return the state, or None when it cannot be read; raises `FileNotFoundError`."""
    if not stat.S_ISREG(path.stat().st_mode):
        return None
    try:
        return parse_state(path.read_bytes(), str(path))
    except (PermissionError, StateError):
        return None
