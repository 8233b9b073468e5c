"""What every secret store promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vzctl.secret import Secret


@dataclass(frozen=True, slots=True)
class SecretItem:
    """The address of one immutable secret version in a store.

    `path` is what stores use as the key; `credential_name` serves stores that are keyed by people (`env`) and messages.
    """

    lineage: str
    credential_id: str
    version_id: str
    credential_name: str

    @property
    def path(self) -> str:
        """`<lineage>/<credential id>/<version id>`: three file-name-safe words joined by slashes."""
        return f"{self.lineage}/{self.credential_id}/{self.version_id}"


class SecretStore(Protocol):
    """A place that holds secret versions.

    All methods raise `SecretStoreError` (exit 10) and nothing else of their own, except `UsageError` when only the
    first use can show that the configuration is wrong (a recipient that is not a public key).
    """

    @property
    def name(self) -> str:
        """`keyring`, `exec`, `file` or `env`."""
        ...

    @property
    def writable(self) -> bool:
        """False for a store that vzctl only reads."""
        ...

    @property
    def is_beside_state(self) -> bool:
        """True for a store whose items lie beside the state file: a copy of the state does not share them."""
        ...

    def describe(self) -> str:
        """Say where the bytes go, for `secrets status`; touches nothing."""
        ...

    def probe(self) -> None:
        """Prove before any other work that the store answers: a writable one writes, reads and deletes a canary."""
        ...

    def read(self, item: SecretItem) -> Secret | None:
        """Return the secret, or None when the store answers that it does not hold it."""
        ...

    def write(self, item: SecretItem, secret: Secret) -> None:
        """Store the secret and read it back; returns only when the store gave back the same bytes."""
        ...

    def delete(self, item: SecretItem) -> None:
        """Remove the item and prove that it is gone; removing what is not there is fine."""
        ...
