"""The permanent words by which scripts tell one failure of a secret store from another."""

from __future__ import annotations

from typing import Final

MISSING: Final = "SECRET_STORE_MISSING"
"""No usable store here: no daemon, no program, no library, or only a refused backend."""

LOCKED: Final = "SECRET_STORE_LOCKED"
"""The store is there and what would open it is not: an unlocked keyring, a private key."""

TIMEOUT: Final = "SECRET_STORE_TIMEOUT"
"""No answer in time. After a write or a delete the outcome is unknown."""

READ_BACK_DIFFERS: Final = "SECRET_STORE_READ_BACK_DIFFERS"
"""The store accepted a secret and does not give the same one back."""

DELETE_FAILED: Final = "SECRET_STORE_DELETE_FAILED"
"""The store still answers with a secret that it was told to delete."""

READ_ONLY: Final = "SECRET_STORE_READ_ONLY"
"""This store is never written by vzctl."""

VALUE_TOO_LARGE: Final = "SECRET_STORE_VALUE_TOO_LARGE"
"""The store cannot hold a value of this size."""

FAILED: Final = "SECRET_STORE_FAILED"
"""Everything else that went wrong inside the store."""
