"""A real password store: `pass` with a GnuPG home and a key of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.cli import PROCESS_LIMIT_SECONDS
from tests.support.tools import require_tools

KEY = "vzctl-test@example.invalid"


@dataclass(frozen=True, slots=True)
class PassStore:
    """An empty store; `get`, `set` and `delete` are what a user writes into [secrets.exec]."""

    environment: dict[str, str]
    get: tuple[str, ...] = ("pass", "show", "vzctl/{item}")
    set: tuple[str, ...] = ("pass", "insert", "-m", "-f", "vzctl/{item}")
    delete: tuple[str, ...] = ("pass", "rm", "-f", "vzctl/{item}")

    @classmethod
    def create(cls, directory: Path) -> PassStore:
        """Make a key without a passphrase and a store for it below `directory`."""
        require_tools("gpg", "gpgconf", "pass")
        # The agent's socket lies in the GnuPG home and its path may have about 100 characters.
        gnupg_home = tempfile.mkdtemp(prefix="vzctl-")
        home = directory / "home"
        home.mkdir(parents=True, exist_ok=True)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "GNUPGHOME": gnupg_home,
            "PASSWORD_STORE_DIR": str(directory / "store"),
        }
        store = cls(environment)
        try:
            store.run("gpg", "--batch", "--passphrase", "", "--quick-generate-key", KEY, "future-default", "-", "never")
            store.run("pass", "init", KEY)
        except BaseException:
            store.stop()
            raise
        return store

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Run a program on this store and return what it prints; raises when it fails."""
        return subprocess.run(
            arguments, env=self.environment, input=stdin, capture_output=True, timeout=PROCESS_LIMIT_SECONDS, check=True
        ).stdout

    def entries(self) -> list[str]:
        """List the items below `vzctl/` by looking at the disk."""
        root = Path(self.environment["PASSWORD_STORE_DIR"]) / "vzctl"
        return sorted(str(path.relative_to(root).with_suffix("")) for path in root.rglob("*.gpg"))

    def lose_private_key(self) -> None:
        """Remove the private key, so that the store exists and nothing in it can be read."""
        shutil.rmtree(Path(self.environment["GNUPGHOME"]) / "private-keys-v1.d")
        self.run("gpgconf", "--kill", "all")

    def stop(self) -> None:
        """End the agent that gpg has started, and remove the keys."""
        subprocess.run(
            ["gpgconf", "--kill", "all"],
            env=self.environment,
            capture_output=True,
            timeout=PROCESS_LIMIT_SECONDS,
            check=False,
        )
        shutil.rmtree(self.environment["GNUPGHOME"], ignore_errors=True)
