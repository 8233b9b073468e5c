"""Where the token comes from: a variable, a file, the secret store, or a profile of the Astra CLI.

Its source is shown, its value never. A place is looked at only when none of those before it has a token."""

from __future__ import annotations

import configparser
import os
import select
import time
from collections.abc import Callable, Mapping
from typing import Final

from vzctl.command import suggest
from vzctl.errors import AuthError, UsageError
from vzctl.secret import Secret
from vzctl.usecases.live import AstraToken

VARIABLE: Final = "ASTRA_DB_APPLICATION_TOKEN"
FILE_VARIABLE: Final = "ASTRA_TOKEN_FILE"
LONGEST_FILE: Final = 64 * 1024
PIPE_SECONDS: Final = 10.0
"""How long a program that writes the token into a pipe may take."""


StoredTokens = Callable[[], tuple[Secret, str] | None]
"""Returns the token of the secret store with the store's name, or None when none is kept there."""


def find_token(
    environ: Mapping[str, str],
    *,
    variable: str | None,
    profile: str,
    stored: StoredTokens = lambda: None,
    pipe_seconds: float = PIPE_SECONDS,
) -> AstraToken:
    """Return the token of the first place that has one; raise `AuthError` when none has."""
    if variable is not None:
        text = environ.get(variable, "")
        if not text.strip():
            raise AuthError(
                f"the variable {variable[:64]!a} that --token-env names is not set", code="TOKEN_VARIABLE_UNSET"
            )
        return _token(text, f"--token-env {variable}")
    if environ.get(VARIABLE, "").strip():
        return _token(environ[VARIABLE], VARIABLE)
    if environ.get(FILE_VARIABLE):
        path = environ[FILE_VARIABLE]
        return _token(_read(path, FILE_VARIABLE, pipe_seconds), f"{FILE_VARIABLE} ({path})")
    kept = stored()
    if kept is not None:
        return AstraToken(kept[0], f"secret store ({kept[1]})")
    found = _from_profile(environ, profile)
    if found is not None:
        return found
    raise AuthError(
        f"there is no Astra token: neither {VARIABLE} nor {FILE_VARIABLE} is set, and neither the secret store nor a "
        "profile of the Astra CLI has one",
        code="TOKEN_MISSING",
        next_steps=(
            suggest("secrets token put", comment="keep it in the secret store"),
            suggest("help", "environment", comment="where else the token is taken from"),
        ),
    )


def _token(text: str, source: str) -> AstraToken:
    text = text.strip().strip('"')
    if not text:
        raise UsageError(f"there is no token in {source}: it is empty", code="TOKEN_INVALID")
    if not text.isascii() or not text.isprintable() or any(character.isspace() for character in text):
        raise UsageError(
            f"the token from {source} is not one: it has spaces, or letters no token has", code="TOKEN_INVALID"
        )
    return AstraToken(Secret(text), source)


def _read(path: str, what: str, pipe_seconds: float) -> str:
    try:
        # Not blocking: a pipe to which nobody ever writes must not hold up the command for good.
        descriptor = os.open(os.path.expanduser(path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            return _until_its_end(descriptor, pipe_seconds).decode()
        finally:
            os.close(descriptor)
    except TimeoutError:
        reason = f"nothing was written into it for {pipe_seconds:g} seconds"
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
    raise AuthError(f'cannot read the token file of {what}, "{path}": {reason}', code="TOKEN_FILE_UNREADABLE") from None


def _until_its_end(descriptor: int, seconds: float) -> bytes:
    """Return what a file holds, or what comes out of a pipe; raise `TimeoutError` when that does not end in time."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    until = time.monotonic() + seconds
    found = b""
    while len(found) < LONGEST_FILE:
        if not waiting.poll(max(0.0, until - time.monotonic()) * 1000):
            raise TimeoutError
        piece = os.read(descriptor, LONGEST_FILE - len(found))
        if not piece:
            break
        found += piece
    return found


def _from_profile(environ: Mapping[str, str], profile: str) -> AstraToken | None:
    """Return the token of a profile in `.astrarc`, which is only read."""
    path = environ.get("ASTRARC") or os.path.join(environ.get("HOME", ""), ".astrarc")
    if not os.path.isfile(path):
        return None
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(_read(path, ".astrarc", PIPE_SECONDS))
    except configparser.Error:
        raise AuthError(
            f'the profiles of the Astra CLI, "{path}", cannot be read', code="TOKEN_FILE_UNREADABLE"
        ) from None
    text = parser.get(profile, VARIABLE, fallback="").strip()
    return _token(text, f"{path} [{profile}]") if text else None
