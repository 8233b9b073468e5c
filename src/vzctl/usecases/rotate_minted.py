"""A rotation whose new key is made by a program of the user's own, so that it can run unattended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from vzctl.domain.rules import require_credential
from vzctl.errors import VzctlError
from vzctl.secret import Secret
from vzctl.usecases.context import Context
from vzctl.usecases.key_command import MINT, mint_key, require_command, revoke_key
from vzctl.usecases.outcome import Outcome
from vzctl.usecases.rotate import RotateCredential, rotate_credential
from vzctl.usecases.rotation_view import RotationResult


def rotate_minted(context: Context, request: RotateCredential) -> Outcome[RotationResult]:
    """Rotate with a key that is made when the preflight has passed. One that does not come into use is revoked again."""
    context.require_writable()
    credential = require_credential(context.state_file.read(), request.name)
    require_command(context.key_commands, MINT, credential.provider)
    made: list[Secret] = []

    def mint() -> Secret:
        made.append(mint_key(context.key_commands, credential.provider, credential.name))
        return made[0]

    try:
        return rotate_credential(context, replace(request, source=mint))
    except (VzctlError, KeyboardInterrupt) as error:
        if made and not _is_recorded(context, made[0]):
            _give_up(context, credential.provider, credential.name, made[0], error)
        raise


def _is_recorded(context: Context, secret: Secret) -> bool:
    state = context.state_file.read()
    fingerprint = secret.fingerprint(state.organization.fingerprint_salt)
    return any(version.fingerprint == fingerprint for _, version in state.versions())


def _give_up(context: Context, provider: str, name: str, secret: Secret, error: BaseException) -> None:
    """Revoke a key that was made and is not used, or say that it is left at the provider."""
    left = _attempt(lambda: revoke_key(context.key_commands, provider, name, secret))
    words = "the key that was made for it was revoked again"
    if left is not None:
        words = f"the key that was made for it is left at the provider: {left.message}"
    if isinstance(error, VzctlError):
        error.evidence = (*error.evidence, words)
    else:
        context.tell(words)


def _attempt(work: Callable[[], None]) -> VzctlError | None:
    try:
        work()
    except VzctlError as error:
        return error
    return None
