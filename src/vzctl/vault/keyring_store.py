"""The keyring of the operating system, through a library that may hang, forget, or answer for another backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from vzctl.bounded_call import Raised, Returned, TimedOut, run_bounded
from vzctl.errors import SecretStoreError
from vzctl.secret import Secret
from vzctl.vault import codes
from vzctl.vault.base import SecretItem
from vzctl.vault.canary import Canaries
from vzctl.vault.failure import store_failure
from vzctl.vault.item_path import safe_path
from vzctl.vault.keyring_backend import choose_backend, qualified_names
from vzctl.vault.keyring_failure import is_delete_error, keyring_failure
from vzctl.vault.proof import prove_deleted, prove_with_canary, prove_written

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")

SERVICE: Final = "vzctl"
TIME_LIMIT_SECONDS: Final = 3.0
TIME_LIMIT_AT_TERMINAL_SECONDS: Final = 60.0
"""Long enough for a person to find the unlock dialog and type a password."""
PATIENCE_SECONDS: Final = 1.0
WAITING: Final = "waiting for the keyring; an unlock dialog may be open"

WINDOWS_BACKEND: Final = "keyring.backends.Windows.WinVaultKeyring"
WINDOWS_LIMIT_BYTES: Final = 2560
"""CRED_MAX_CREDENTIAL_BLOB_SIZE; beyond it Windows says only "the stub received bad data"."""


class KeyringStore:
    """Secrets in the keyring under the service `vzctl`, the item's path as the user name.

    Every call has a time limit of its own. What was written is read back; what was deleted is looked for.
    """

    name: Final = "keyring"
    writable: Final = True
    is_beside_state: Final = False

    def __init__(
        self,
        *,
        interactive: bool,
        notice: Callable[[str], None],
        time_limit_seconds: float | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
        canaries: Canaries | None = None,
    ) -> None:
        default_limit = TIME_LIMIT_AT_TERMINAL_SECONDS if interactive else TIME_LIMIT_SECONDS
        self._interactive = interactive
        self._notice = notice
        self._time_limit_seconds = default_limit if time_limit_seconds is None else time_limit_seconds
        self._patience_seconds = patience_seconds
        self._canaries = canaries or Canaries()
        self._backend: KeyringBackend | None = None

    def describe(self) -> str:
        """Name the service; which backend answers is not asked, because asking may hang."""
        return f"the keyring of the operating system, service `{SERVICE}`"

    def probe(self) -> None:
        """Write, read and delete a canary."""
        prove_with_canary(self, self._canaries)

    def read(self, item: SecretItem) -> Secret | None:
        """Return the secret, or None when the keyring answers that it has none."""
        path = safe_path(item)
        held = self._require(self._run(lambda backend: backend.get_password(SERVICE, path)), "reading")
        return None if held is None else Secret(held)

    def write(self, item: SecretItem, secret: Secret) -> None:
        """Store and read back; after a time limit one read decides whether the write was done."""
        path = safe_path(item)
        outcome = self._run(lambda backend: set_password(backend, path, secret))
        if isinstance(outcome, TimedOut):
            self._settle(path, secret.reveal(), "writing")
        else:
            self._require(outcome, "writing")
            prove_written(self, item, secret)

    def delete(self, item: SecretItem) -> None:
        """Delete and look that it is gone; after a time limit one read decides."""
        path = safe_path(item)
        outcome = self._run(lambda backend: backend.delete_password(SERVICE, path))
        if isinstance(outcome, TimedOut):
            self._settle(path, None, "deleting")
        else:
            if not (isinstance(outcome, Raised) and is_delete_error(outcome.error)):
                self._require(outcome, "deleting")
            prove_deleted(self, item)

    def _settle(self, path: str, expected: str | None, doing: str) -> None:
        """Raise unless the keyring is as the timed-out call should have made it: the call may also be done later."""
        if self._run(lambda backend: backend.get_password(SERVICE, path)) != Returned(expected):
            raise self._too_slow(doing, "; whether it was done is unknown")

    def _require(self, outcome: Returned[T] | Raised | TimedOut, doing: str) -> T:
        if isinstance(outcome, Returned):
            return outcome.value
        if isinstance(outcome, Raised):
            raise keyring_failure(outcome.error, doing)
        raise self._too_slow(doing)

    def _too_slow(self, doing: str, consequence: str = "") -> SecretStoreError:
        limit = f"{self._time_limit_seconds:g} seconds"
        advice = "" if self._interactive else "; at a terminal there is time to answer an unlock dialog"
        message = f"the keyring did not answer within {limit} while {doing}{consequence}{advice}"
        return store_failure(self.name, codes.TIMEOUT, message)

    def _run(self, action: Callable[[KeyringBackend], T]) -> Returned[T] | Raised | TimedOut:
        return run_bounded(
            lambda: action(self._chosen_backend()),
            time_limit_seconds=self._time_limit_seconds,
            patience_seconds=self._patience_seconds,
            on_wait=self._say_waiting,
        )

    def _chosen_backend(self) -> KeyringBackend:
        """Choose once, so that what one backend got is looked for and deleted in the same one."""
        if self._backend is None:
            self._backend = choose_backend()
        return self._backend

    def _say_waiting(self) -> None:
        if self._interactive:
            self._notice(WAITING)


def set_password(backend: KeyringBackend, path: str, secret: Secret) -> None:
    """Write to `backend`, unless it is known that the value does not fit."""
    size = len(secret.reveal().encode("utf-16-le"))
    if WINDOWS_BACKEND in qualified_names(type(backend)) and size > WINDOWS_LIMIT_BYTES:
        raise store_failure(
            "keyring",
            codes.VALUE_TOO_LARGE,
            f"the Windows Credential Manager holds at most {WINDOWS_LIMIT_BYTES} bytes, this secret takes {size}",
        )
    backend.set_password(SERVICE, path, secret.reveal())
