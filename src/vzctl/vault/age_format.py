"""The age format, through the optional library pyrage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from vzctl.command import suggest_program
from vzctl.errors import UsageError
from vzctl.memory import is_out_of_memory
from vzctl.vault import codes
from vzctl.vault.failure import store_failure

if TYPE_CHECKING:
    from types import ModuleType

PRIVATE_PREFIX: Final = "AGE-SECRET-KEY-1"
SSH_PRIVATE_PREFIX: Final = b"-----BEGIN "
SSH_PUBLIC_PREFIX: Final = "ssh-"
NO_IDENTITY_FITS: Final = "No matching keys found"
"""The one text of pyrage's `DecryptError` that does not mean a damaged file."""

Recipient = Any
"""A public key as pyrage has it; the library has no types."""
Identity = Any
"""A private key as pyrage has it."""


class UnusableIdentityError(Exception):
    """The identity file gives no private key; the text is the reason."""


class WrongIdentityError(Exception):
    """The file is sound, and none of the identities opens it."""


class DamagedFileError(Exception):
    """Not an age file, or a part of one."""


def load_pyrage() -> ModuleType:
    """Import the library now, not with this module: most commands never decrypt anything."""
    try:
        import pyrage
    except ImportError as error:
        if is_out_of_memory(error):
            raise
        raise store_failure(
            "file",
            codes.MISSING,
            "the file store needs the library pyrage, which is not installed",
            suggest_program("pip", "install", "vzctl[age]", comment="install it"),
        ) from None
    library: ModuleType = pyrage
    return library


def parse_recipients(texts: Sequence[str]) -> list[Recipient]:
    """Return the public keys; a bad one is named by its place, because it may be a private key."""
    pyrage = load_pyrage()
    recipients = []
    for place, text in enumerate(texts, start=1):
        kind = pyrage.ssh if text.startswith(SSH_PUBLIC_PREFIX) else pyrage.x25519
        try:
            recipients.append(kind.Recipient.from_str(text))
        except pyrage.RecipientError:
            fault = "a private key" if text.startswith(PRIVATE_PREFIX) else "not a usable public key"
            raise UsageError(
                f"[secrets.file] recipient {place} of {len(texts)} is {fault}; expected `age1…`, `ssh-ed25519 …`"
                " or `ssh-rsa …`",
                code="CONFIG_INVALID",
            ) from None
    return recipients


def parse_identities(content: bytes) -> list[Identity]:
    """Return the private keys of an identity file; raises `UnusableIdentityError`, which quotes nothing of it."""
    pyrage = load_pyrage()
    try:
        if content.startswith(SSH_PRIVATE_PREFIX):
            return [pyrage.ssh.Identity.from_buffer(content)]
        lines = [line.strip() for line in content.decode().splitlines()]
        identities = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
        reason = "it has no key in it"
    except UnicodeDecodeError:
        # Raised below, not here: this exception has the whole content as an attribute.
        identities, reason = [], "it is not text"
    except pyrage.IdentityError:
        identities, reason = [], "it has something in it that is no key, or a key with a passphrase"
    if identities:
        return identities
    raise UnusableIdentityError(reason)


def encrypt(data: bytes, recipients: Sequence[Recipient]) -> bytes:
    """Return an age file that any one of `recipients` can open."""
    box: bytes = load_pyrage().encrypt(data, list(recipients))
    return box


def decrypt(box: bytes, identities: Sequence[Identity]) -> bytes:
    """Open an age file; raises `WrongIdentityError` or `DamagedFileError`."""
    pyrage = load_pyrage()
    try:
        data: bytes = pyrage.decrypt(box, list(identities))
    except pyrage.DecryptError as error:
        raise (WrongIdentityError if str(error) == NO_IDENTITY_FITS else DamagedFileError) from None
    return data


def generate() -> tuple[str, str]:
    """Return a new private key and its public key, as text."""
    identity = load_pyrage().x25519.Identity.generate()
    return str(identity), str(identity.to_public())
