"""Where the state file's companions live: a folder beside it, with its own `.gitignore`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vzctl.command import suggest
from vzctl.errors import StateError
from vzctl.store.local_folder import LocalFolder

GITIGNORE: Final = (
    b"# made by vzctl: only encrypted secrets belong into version control\n*\n!.gitignore\n!secrets/\n!secrets/**\n"
)


@dataclass(frozen=True, slots=True)
class StatePaths:
    """The real state file (symbolic links followed) and what lies beside it."""

    state: Path

    @classmethod
    def of(cls, path: Path) -> StatePaths:
        """Follow symbolic links, so that a link is never replaced by a file."""
        return cls(Path(os.path.realpath(path)))

    def require_own_folders(self) -> None:
        """Raise `StateError` when a write beside the state would follow a link, which may have come with a cloned folder."""
        for folder in (
            self.folder,
            self.backups,
            self.names_cache.parent,
            self.local.secrets,
            self.local.canaries,
            self.local.secret_writes,
        ):
            if os.path.islink(folder):
                raise StateError(
                    f'"{folder}" is a symbolic link; the folder beside the state must be a folder of its own',
                    code="STATE_NOT_WRITABLE",
                    next_steps=(suggest("state path", comment="where it is"),),
                )

    @property
    def folder(self) -> Path:
        """`state.toml.d`."""
        return self.state.with_name(self.state.name + ".d")

    @property
    def gitignore(self) -> Path:
        """Keeps lock, backups, audit and caches out of version control."""
        return self.folder / ".gitignore"

    @property
    def lock(self) -> Path:
        """The lock file; never the state file itself, whose inode changes with every write."""
        return self.folder / "lock"

    @property
    def backups(self) -> Path:
        """The last states, one file a serial."""
        return self.folder / "backups"

    @property
    def newest(self) -> Path:
        """The newest state that vzctl wrote."""
        return self.folder / "newest.toml"

    @property
    def newer(self) -> Path:
        """A newer state than the one in the file, while that has not caught up with it."""
        return self.folder / "newer.toml"

    @property
    def audit(self) -> Path:
        """Who changed what, when: JSON lines."""
        return self.folder / "audit.jsonl"

    @property
    def names_cache(self) -> Path:
        """Names for shell completion."""
        return self.folder / "cache" / "names.json"

    @property
    def local(self) -> LocalFolder:
        """What this machine keeps beside the state, in the same folder."""
        return LocalFolder(self.folder)
