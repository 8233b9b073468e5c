"""One age file for each secret version: fit for git, CI and machines without a keyring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from vzctl.errors import SecretStoreError, UsageError
from vzctl.secret import Secret
from vzctl.vault import age_format, codes
from vzctl.vault.base import SecretItem
from vzctl.vault.canary import Canaries
from vzctl.vault.directory import ensure_directory, remove_empty, sync_directory
from vzctl.vault.failure import store_failure
from vzctl.vault.identity import load_identities, not_written
from vzctl.vault.item_path import safe_words
from vzctl.vault.proof import prove_deleted, prove_with_canary, prove_written

WRITE_ATTEMPTS: Final = 100
"""Many, because each one fails only when another process deletes a directory in the very moment between two calls."""


class FileStore:
    """Secrets in `directory/<lineage>/<credential id>/<version id>.age`, encrypted to `recipients`.

    Writing needs the private key too, because what was written is read back. `write_atomic` replaces a file as a whole
    or not at all, mode 0600 from the first byte; `before_write` raises where nothing may be written or deleted. Both are
    handed in, because the layer that owns them lies beside this one.
    """

    name: Final = "file"
    writable: Final = True
    is_beside_state: Final = True

    def __init__(  # noqa: PLR0913  (two of them stand for the layer beside this one)
        self,
        directory: Path,
        recipients: Sequence[str],
        identity_file: Path | None,
        *,
        write_atomic: Callable[[Path, bytes], None],
        notice: Callable[[str], None],
        before_write: Callable[[], None] = lambda: None,
        canaries: Canaries | None = None,
    ) -> None:
        if not recipients:
            raise UsageError("[secrets.file] recipients is empty: nobody could read the secrets", code="CONFIG_INVALID")
        self._directory = directory
        self._recipients = tuple(recipients)
        self._identity_file = identity_file
        self._write_atomic = write_atomic
        self._notice = notice
        self._before_write = before_write
        self._canaries = canaries or Canaries()
        self._identities: list[age_format.Identity] = []

    def describe(self) -> str:
        """Name the directory and count the recipients."""
        count = len(self._recipients)
        return f"age files in `{self._directory}`, for {count} recipient{'' if count == 1 else 's'}"

    def probe(self) -> None:
        """Write, read and delete a canary."""
        prove_with_canary(self, self._canaries)

    def read(self, item: SecretItem) -> Secret | None:
        """Decrypt the item's file; without a file there is no secret, and no private key is asked for."""
        path = self._path(item)
        try:
            box = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failed(f"`{path}` cannot be read: {error.strerror or type(error).__name__}") from error
        data = self._decrypt(box, f"`{path}`")
        # Not raised inside `except`: the decoding error has the whole secret as an attribute.
        with suppress(UnicodeDecodeError):
            return Secret(data.decode())
        raise self._failed(f"`{path}` holds something that is not text")

    def write(self, item: SecretItem, secret: Secret) -> None:
        """Encrypt, prove that the private key opens it, and only then touch the disk; read back from there."""
        self._before_write()
        data = secret.reveal().encode()
        self._require_identities()
        box = age_format.encrypt(data, age_format.parse_recipients(self._recipients))
        self._decrypt(box, "what is encrypted to [secrets.file] recipients")
        path = self._path(item)
        try:
            self._save(path, box)
        except OSError as error:
            remove_empty(path.parent, below=self._directory)
            raise not_written(path, error) from error
        prove_written(self, item, secret)

    def delete(self, item: SecretItem) -> None:
        """Remove the item's file, and the directories that it leaves empty."""
        self._before_write()
        path = self._path(item)
        try:
            remove_unfinished(path)
            path.unlink()
            sync_directory(path.parent)
        except FileNotFoundError:
            # Either it was not there, or another process has just found the directory empty and removed it.
            pass
        except OSError as error:
            fault = error.strerror or type(error).__name__
            raise store_failure(self.name, codes.DELETE_FAILED, f"`{path}` cannot be deleted: {fault}") from error
        remove_empty(path.parent, below=self._directory)
        prove_deleted(self, item)

    def _save(self, path: Path, box: bytes) -> None:
        for attempt in range(1, WRITE_ATTEMPTS + 1):
            try:
                ensure_directory(path.parent)
                remove_unfinished(path)
                self._write_atomic(path, box)
                return
            except FileNotFoundError:
                # Another process has just deleted the last secret beside this one, and the directory with it.
                if attempt == WRITE_ATTEMPTS:
                    raise

    def _path(self, item: SecretItem) -> Path:
        lineage, credential_id, version_id = safe_words(item)
        path = self._directory / lineage / credential_id / f"{version_id}.age"
        # The directory may come with a cloned repository: a symbolic link in it may lead anywhere, and a pipe hangs.
        try:
            link = next((part for part in (path.parent.parent, path.parent, path) if part.is_symlink()), None)
            is_regular = not path.exists() or path.is_file()
        except OSError as error:
            # Such as a directory of somebody else: whether the file is there cannot be said.
            raise self._failed(f"`{path}` cannot be read: {error.strerror or type(error).__name__}") from error
        if link is not None:
            raise self._failed(f"`{link}` is a symbolic link")
        if not is_regular:
            raise self._failed(f"`{path}` is not a regular file")
        return path

    def _decrypt(self, box: bytes, what: str) -> bytes:
        identities = self._require_identities()
        try:
            return age_format.decrypt(box, identities)
        except age_format.WrongIdentityError:
            raise store_failure(
                self.name, codes.LOCKED, f"{what} cannot be opened with the identity file `{self._identity_file}`"
            ) from None
        except age_format.DamagedFileError:
            raise self._failed(f"{what} is damaged or not an age file") from None

    def _require_identities(self) -> list[age_format.Identity]:
        if self._identity_file is None:
            raise store_failure(
                self.name,
                codes.LOCKED,
                "[secrets.file] identity_file is not set; without the private key no secret can be read,"
                " and none is written, because it could not be read back",
            )
        if not self._identities:
            self._identities = load_identities(self._identity_file, self._notice)
        return self._identities

    def _failed(self, message: str) -> SecretStoreError:
        return store_failure(self.name, codes.FAILED, message)


def remove_unfinished(path: Path) -> None:
    """Remove what a write of `path` that was killed has left beside it: it holds the same secret. Raises `OSError`."""
    for left in path.parent.glob(f".{path.name}.*"):
        left.unlink(missing_ok=True)
