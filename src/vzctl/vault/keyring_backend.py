"""Which backend of the `keyring` library may hold a secret."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from vzctl.errors import SecretStoreError
from vzctl.vault import codes
from vzctl.vault.failure import store_failure

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

REFUSED: Final = {
    "keyring.backends.null.Keyring": "it forgets what it is given",
    "keyring.backends.fail.Keyring": "it stands for having no keyring",
}


def qualified_names(kind: type) -> tuple[str, ...]:
    """Return the full names of a class and of its bases: foreign classes are told by name, none has to be imported."""
    return tuple(f"{base.__module__}.{base.__qualname__}" for base in kind.__mro__)


def refusal(backend: KeyringBackend) -> str | None:
    """Return why secrets must not go to this backend, or None when they may."""
    for name in qualified_names(type(backend)):
        if name in REFUSED:
            return REFUSED[name]
        if "plaintext" in name.lower():
            return "it keeps secrets in plain text"
    return None


def choose_backend() -> KeyringBackend:
    """Return the first backend that is not refused; raises `SecretStoreError` when there is none.

    A chainer is opened up, because it reads from all of its backends but deletes in the first one only: a deleted
    secret would come back from the second.
    """
    try:
        candidates = configured_backends()
    except Exception as error:  # noqa: BLE001  (foreign plug-ins raise what they like)
        raise no_keyring(f"`{type(error).__name__}` while looking for one") from None
    faults = []
    for backend in candidates:
        fault = refusal(backend)
        if fault is None:
            return backend
        faults.append(f"`{qualified_names(type(backend))[0]}` is refused, {fault}")
    raise no_keyring("; ".join(faults) or "no backend is installed")


def configured_backends() -> Sequence[KeyringBackend]:
    """Return what the library would use, the members of a chainer one by one.

    The imports are not at the top: they look for plug-ins and ask D-Bus, which is slow and may hang.
    """
    import keyring
    from keyring.backends.chainer import ChainerBackend

    selected = keyring.get_keyring()
    return selected.backends if isinstance(selected, ChainerBackend) else [selected]


def no_keyring(fault: str) -> SecretStoreError:
    """Return the error that says that nothing here can hold a secret."""
    return store_failure("keyring", codes.MISSING, f"no usable keyring here: {fault}")
