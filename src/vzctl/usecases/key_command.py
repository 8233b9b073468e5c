"""Programs of the user's own that make a new key at a provider, and revoke an old one there. No shell; keys go through pipes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from vzctl.command import suggest
from vzctl.domain.catalog.secret_text import parse_secret
from vzctl.errors import ProviderError, UsageError, VzctlError
from vzctl.secret import Secret

if TYPE_CHECKING:
    from vzctl.vault.exec_command import Answer

TIME_LIMIT_SECONDS: Final = 120.0
MINT: Final = "mint"
REVOKE: Final = "revoke"
LONGEST_PRINTED: Final = 64 * 1024
"""Bytes. A program that failed after it printed more than this is not quoted: a key may be anywhere in it."""


@dataclass(frozen=True, slots=True)
class KeyCommands:
    """Argument lists by provider id; `{credential}` and `{provider}` in them stand for names.

    `environ` returns the variables for them, without those that carry a secret to vzctl. Inside of `waiting` the first ^C or
    SIGTERM ends the program that is waited for.
    """

    mint: Mapping[str, Sequence[str]] = field(default_factory=dict)
    revoke: Mapping[str, Sequence[str]] = field(default_factory=dict)
    environ: Callable[[], Mapping[str, str]] = dict
    waiting: Callable[[], AbstractContextManager[None]] = nullcontext


def mint_key(commands: KeyCommands, provider: str, credential: str) -> Secret:
    """Return the key that the user's program made: what it printed. Nothing is under way meanwhile, so a signal ends it."""
    with commands.waiting():
        printed = _run(commands, MINT, commands.mint, provider, credential, b"")
    try:
        return parse_secret(printed.decode())
    except (UnicodeDecodeError, UsageError):
        raise _failed(MINT, provider, "it printed something else than one key on one line", ()) from None


def revoke_key(commands: KeyCommands, provider: str, credential: str, secret: Secret) -> None:
    """Hand the old key to the user's program, on its standard input; it ends with 0 when the key is revoked."""
    _run(commands, REVOKE, commands.revoke, provider, credential, secret.reveal().encode())


def require_command(commands: KeyCommands, verb: str, provider: str) -> None:
    """Raise `UsageError` when no program is configured for this provider."""
    table = commands.mint if verb == MINT else commands.revoke
    if provider not in table:
        raise UsageError(
            f"[rotation.{verb}] of your configuration names no program for {provider}",
            code="KEY_COMMAND_MISSING",
            next_steps=(suggest("help", "environment", comment="every setting"),),
        )


def _run(
    commands: KeyCommands, verb: str, table: Mapping[str, Sequence[str]], provider: str, credential: str, stdin: bytes
) -> bytes:
    from vzctl.vault.exec_command import CommandNotStartedError, CommandTimedOutError, environ_without, run_command

    require_command(commands, verb, provider)
    names = {"{credential}": credential, "{provider}": provider}
    arguments = [_filled(word, names) for word in table[provider]]
    environ = environ_without(commands.environ(), (stdin.decode(),))
    try:
        answer = run_command(arguments, stdin=stdin, environ=environ, time_limit_seconds=TIME_LIMIT_SECONDS)
    except CommandNotStartedError as error:
        raise _failed(verb, provider, f"it could not be started: {error}", ()) from None
    except CommandTimedOutError:
        raise _failed(verb, provider, f"it did not end within {TIME_LIMIT_SECONDS:g} seconds", ()) from None
    if answer.status != 0:
        raise _failed(verb, provider, f"it ended with status {answer.status}", _words(answer, stdin))
    return answer.stdout


def _filled(word: str, names: Mapping[str, str]) -> str:
    for placeholder, name in names.items():
        word = word.replace(placeholder, name)
    return word


def _words(answer: Answer, stdin: bytes) -> Sequence[str]:
    """Return what a program said, without any part of the key that it was given, or of what it printed before it failed."""
    from vzctl.clients.message import shown_text

    if len(answer.stdout) > LONGEST_PRINTED:
        return ()
    secrets = [Secret(item.decode("utf-8", "replace")) for item in (stdin, answer.stdout.strip()) if item]
    text = shown_text(answer.stderr.decode("utf-8", "replace"), secrets)
    return (f"it said: {text}",) if text else ()


def _failed(verb: str, provider: str, reason: str, evidence: Sequence[str]) -> VzctlError:
    return ProviderError(
        f"the program of [rotation.{verb}] for {provider} failed: {reason}",
        code=f"{verb.upper()}_FAILED",
        evidence=evidence,
    )
