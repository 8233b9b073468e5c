"""The four ways a secret comes in: hidden prompt, standard input, a file, a named variable. None of them is argv."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vzctl.command import suggest_again
from vzctl.errors import InputRequiredError, UsageError

if TYPE_CHECKING:
    from vzctl.secret import Secret

_READ_AT_MOST = 64 * 1024 + 2
"""Bytes: enough for the longest secret in four-byte characters, so that a longer one is seen to be longer."""


@dataclass(frozen=True, slots=True)
class SecretFlags:
    """Which way was chosen; none means a hidden prompt."""

    stdin: bool = False
    file: str | None = None
    variable: str | None = None

    @property
    def chosen(self) -> int:
        """How many ways were named."""
        return self.stdin + (self.file is not None) + (self.variable is not None)

    def require_one_at_most(self) -> None:
        """Raise `UsageError` when two ways were named."""
        if self.chosen > 1:
            raise UsageError("give one of --secret-stdin, --secret-file and --secret-env", code="USAGE")


def read_flags(flags: SecretFlags, environ: dict[str, str]) -> Secret:
    """Read the secret the chosen way; raise `UsageError` when it is missing, unreadable or no key."""
    from vzctl.domain.catalog.secret_text import parse_secret

    if flags.stdin or flags.file == "-":
        return parse_secret(_decode(_standard_input()))
    if flags.file is not None:
        return parse_secret(_decode(_file(flags.file)))
    return parse_secret(_variable(flags.variable or "", environ))


def no_way_given() -> InputRequiredError:
    """Return the error for a script that named no way."""
    return InputRequiredError(
        "a key is needed and nobody can be asked; give --secret-stdin, --secret-file FILE or --secret-env VARIABLE",
        code="SECRET_REQUIRED",
        next_steps=(suggest_again("hand it in on standard input", secret_stdin=True),),
    )


def _standard_input() -> bytes:
    if sys.stdin is None or sys.stdin.closed:
        raise UsageError("standard input is closed: no key can be read from it", code="SECRET_INVALID")
    if sys.stdin.isatty():
        from vzctl.render.show import write_talk

        write_talk(["reading the key from standard input; it shows while you type; end with ^D"])
    try:
        return sys.stdin.buffer.read(_READ_AT_MOST)
    except OSError as error:
        raise UsageError(f"cannot read standard input: {error.strerror}", code="SECRET_INVALID") from error


def _file(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_READ_AT_MOST)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        raise UsageError(f'cannot read the secret file "{path}": {reason}', code="SECRET_FILE_UNREADABLE") from None


def _variable(name: str, environ: dict[str, str]) -> str:
    if name not in environ:
        # What cannot be the name of a variable may be the key itself, and is not repeated.
        is_name = name.isidentifier() and len(name) <= 64
        raise UsageError(
            f'the environment variable "{name}" is not set or not exported; --secret-env takes its name, never the key'
            if is_name
            else "--secret-env takes the name of an environment variable, never the key",
            code="SECRET_VARIABLE_UNSET",
        )
    return environ[name]


def _decode(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise UsageError("the secret was refused: it is not valid UTF-8", code="SECRET_INVALID") from None
