"""The file with the private key that opens age files: made once, read only when needed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from vzctl.command import suggest
from vzctl.errors import ConflictError, SecretStoreError, UsageError, VzctlError
from vzctl.vault import age_format, codes
from vzctl.vault.directory import ensure_directory
from vzctl.vault.failure import store_failure

OPEN_TO_OTHERS: Final = 0o077


def load_identities(path: Path, notice: Callable[[str], None]) -> list[age_format.Identity]:
    """Return the private keys in `path`, age or SSH; says through `notice` when other users can use the file."""
    try:
        mode = path.stat().st_mode
        content = path.read_bytes()
    except FileNotFoundError:
        raise locked(f"the identity file `{path}` is not there; only it opens the secrets of the file store") from None
    except OSError as error:
        raise locked(f"the identity file `{path}` cannot be read: {error.strerror or type(error).__name__}") from error
    if os.name == "posix" and mode & OPEN_TO_OTHERS:
        notice(f"the identity file `{path}` is open to other users; close it with: chmod 600 '{path}'")
    try:
        return age_format.parse_identities(content)
    except age_format.UnusableIdentityError as error:
        raise locked(
            f"the identity file `{path}` cannot be used, {error};"
            f" expected lines `{age_format.PRIVATE_PREFIX}…` or one SSH key without a passphrase"
        ) from None


def create_identity(path: Path, create_new_file: Callable[[Path, bytes], None]) -> str:
    """Create a new identity file for its owner only and return its public key, the recipient.

    Refuses to replace a file: secrets encrypted to a lost private key are lost. `create_new_file` creates a file as a whole
    or not at all; it is handed in, because the layer that owns it lies beside this one.
    """
    private, public = age_format.generate()
    try:
        ensure_directory(path.parent)
        create_new_file(path, f"# public key: {public}\n{private}\n".encode())
    except FileExistsError:
        raise identity_exists(path) from None
    except OSError as error:
        raise not_written(path, error) from error
    return public


def identity_exists(path: Path) -> VzctlError:
    """Return the error for a new identity where something lies already."""
    if path.is_dir():
        return UsageError(f"`{path}` is a folder; name a file in it", code="IDENTITY_IS_FOLDER")
    return ConflictError(
        f"the identity file `{path}` exists already, and a new one would lock out the secrets of the old one",
        code="IDENTITY_EXISTS",
        next_steps=(suggest("secrets test", comment="use the one that is there"),),
    )


def locked(message: str) -> SecretStoreError:
    """Return the error for a file store without a usable private key."""
    return store_failure("file", codes.LOCKED, message)


def not_written(path: Path, error: OSError) -> SecretStoreError:
    """Return the error for a file that the system did not take."""
    return store_failure("file", codes.FAILED, f"`{path}` cannot be written: {error.strerror or type(error).__name__}")
