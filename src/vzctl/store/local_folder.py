"""What vzctl keeps on this machine beside a state, wherever the state itself is stored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """A folder of records, locks and encrypted secrets."""

    path: Path

    @property
    def fetches(self) -> Path:
        """Which database fetched which version of a key from the credential service."""
        return self.path / "fetches.json"

    @property
    def uses(self) -> Path:
        """When a probe last saw each credential in use."""
        return self.path / "uses.json"

    @property
    def canaries(self) -> Path:
        """Test items that may be in a secret store right now, one file each."""
        return self.path / "canaries"

    @property
    def secret_writes(self) -> Path:
        """Versions whose secrets are being written right now, one locked file each."""
        return self.path / "writes"

    @property
    def secrets(self) -> Path:
        """Encrypted secrets of the `file` store."""
        return self.path / "secrets"
