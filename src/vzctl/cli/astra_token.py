"""Where the token comes from: a variable, a file, the secret store, or a profile of the Astra CLI.

Its source is shown, its value never. A place is looked at only when none of those before it has a token."""

from __future__ import annotations

import configparser
import os
from collections.abc import Callable, Mapping
from typing import Final

from vzctl.errors import AuthError, NextStep, UsageError
from vzctl.secret import Secret
from vzctl.usecases.live import AstraToken

VARIABLE: Final = "ASTRA_DB_APPLICATION_TOKEN"
FILE_VARIABLE: Final = "ASTRA_TOKEN_FILE"
LONGEST_FILE: Final = 64 * 1024


StoredTokens = Callable[[], tuple[Secret, str] | None]
"""Returns the token of the secret store with the store's name, or None when none is kept there."""


def find_token(
    environ: Mapping[str, str], *, variable: str | None, profile: str, stored: StoredTokens = lambda: None
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
        return _token(_read(path, FILE_VARIABLE), f"{FILE_VARIABLE} ({path})")
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
        next_steps=(NextStep("vzctl help environment", "where the token is taken from"),),
    )


def _token(text: str, source: str) -> AstraToken:
    text = text.strip().strip('"')
    if not text.isascii() or not text.isprintable() or any(character.isspace() for character in text):
        raise UsageError(
            f"the token from {source} is not one: it has spaces, or letters no token has", code="TOKEN_INVALID"
        )
    return AstraToken(Secret(text), source)


def _read(path: str, what: str) -> str:
    try:
        with open(
            os.path.expanduser(path), "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)
        ) as file:
            return file.read(LONGEST_FILE).decode()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise AuthError(
            f'cannot read the token file of {what}, "{path}": {reason}', code="TOKEN_FILE_UNREADABLE"
        ) from None


def _from_profile(environ: Mapping[str, str], profile: str) -> AstraToken | None:
    """Return the token of a profile in `.astrarc`, which is only read."""
    path = environ.get("ASTRARC") or os.path.join(environ.get("HOME", ""), ".astrarc")
    if not os.path.isfile(path):
        return None
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(_read(path, ".astrarc"))
    except configparser.Error:
        raise AuthError(
            f'the profiles of the Astra CLI, "{path}", cannot be read', code="TOKEN_FILE_UNREADABLE"
        ) from None
    text = parser.get(profile, VARIABLE, fallback="").strip()
    return _token(text, f"{path} [{profile}]") if text else None
