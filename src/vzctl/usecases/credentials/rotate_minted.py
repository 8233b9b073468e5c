"""A rotation whose new key is made by a program of the user's own, so that it can run unattended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from vzctl.domain.rules import require_credential
from vzctl.errors import VzctlError
from vzctl.secret import Secret
from vzctl.usecases.context import Context
from vzctl.usecases.credentials.rotate import BatchResult, RotateCredential, rotate_batch, rotate_credential
from vzctl.usecases.key_command import MINT, mint_key, require_command, revoke_key
from vzctl.usecases.keys.version import store_item
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.rotations.view import RotationResult


def rotate_minted(context: Context, request: RotateCredential) -> Outcome[RotationResult]:
    """Rotate with a key that is made when the preflight has passed. One that does not come into use is revoked again."""
    mints = _Mints(context)
    with mints:
        return rotate_credential(context, mints.prepared(request))


def rotate_batch_minted(context: Context, requests: Sequence[RotateCredential]) -> Outcome[BatchResult]:
    """Rotate several with keys that are made after every preflight. Those that do not come into use are revoked again."""
    mints = _Mints(context)
    with mints:
        return rotate_batch(context, [mints.prepared(request) for request in requests])


@dataclass(frozen=True, slots=True)
class _Made:
    """A key that was made, and for what."""

    provider: str
    credential: str
    secret: Secret


@dataclass(frozen=True, slots=True)
class _Mints:
    """Has keys made, and at the end those revoked that the state does not know."""

    context: Context
    made: list[_Made] = field(default_factory=list)

    def prepared(self, request: RotateCredential) -> RotateCredential:
        """Return the request with a key that is made when it is asked for; raise when no program makes one."""
        self.context.require_writable()
        credential = require_credential(self.context.state_store.read(), request.name)
        require_command(self.context.key_commands, MINT, credential.provider)

        def mint() -> Secret:
            if self.context.stop_requested():
                raise KeyboardInterrupt
            try:
                secret = mint_key(self.context.key_commands, credential.provider, credential.name)
            except KeyboardInterrupt:
                self.context.tell(
                    f'the program that makes a key for "{credential.name}" was ended: it is not known whether there is one at '
                    "the provider"
                )
                raise
            self.made.append(_Made(credential.provider, credential.name, secret))
            return secret

        return replace(request, source=mint)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        words = [text for text in (_words_on_unused(self.context, item) for item in self.made) if text is not None]
        if words and isinstance(error, VzctlError):
            raise error.replace(evidence=(*error.evidence, *words)) from error
        for text in words:
            self.context.tell(text)


def _words_on_unused(context: Context, item: _Made) -> str | None:
    """Revoke a key that was made and that nobody can use; say what became of it, None when it is in use or held.

    A key that may be in the store is left alone: a rotation that goes on with it must not put a dead key into service.
    """
    key = f'the key that was made for "{item.credential}"'
    try:
        if _is_held(context, item.secret):
            return None
    except VzctlError as error:
        return f"{key} is left at the provider, since it is not known whether it is held here: {error.message}"
    left = _attempt(lambda: revoke_key(context.key_commands, item.provider, item.credential, item.secret))
    return f"{key} was revoked again" if left is None else f"{key} is left at the provider: {left.message}"


def _is_held(context: Context, secret: Secret) -> bool:
    """Whether the state knows this key and its bytes are in the store; raise when that cannot be told."""
    state = context.state_store.read()
    fingerprint = secret.fingerprint(state.organization.fingerprint_salt)
    for owner, version in state.versions():
        if version.fingerprint == fingerprint:
            return version.held or context.store().read(store_item(state, owner, version.id)) is not None
    return False


def _attempt(work: Callable[[], None]) -> VzctlError | None:
    try:
        work()
    except VzctlError as error:
        return error
    return None
