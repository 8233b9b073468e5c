"""A password manager of the user's, driven by three commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from vzctl.errors import SecretStoreError, UsageError
from vzctl.secret import Secret
from vzctl.vault import codes
from vzctl.vault.base import SecretItem
from vzctl.vault.canary import Canaries
from vzctl.vault.exec_command import (
    Answer,
    CommandNotStartedError,
    CommandTimedOutError,
    environ_without,
    run_command,
)
from vzctl.vault.failure import store_failure
from vzctl.vault.foreign_text import showable
from vzctl.vault.item_path import safe_path
from vzctl.vault.proof import prove_deleted

PLACEHOLDER: Final = "{item}"
TIME_LIMIT_SECONDS: Final = 30.0


class ExecStore:
    """Secrets behind the commands `get`, `set` and `delete`; values go through stdin and stdout only.

    No convention tells "not held" from "broken": both are a status other than zero. So the store asks: a canary is
    written and read, which proves that the commands work, then deleted and read again, which shows how this program
    answers for an item that it does not hold. Only the same status with nothing on stdout means "not held" from then
    on; anything else is an error. The answer is learned once in a process, by `probe` or when it is first needed, and
    learned again after a `delete` that failed, so that a store which just broke does not pass for an empty one.
    """

    name: Final = "exec"
    writable: Final = True

    def __init__(
        self,
        get: Sequence[str],
        set: Sequence[str],  # noqa: A002  (as in [secrets.exec])
        delete: Sequence[str],
        *,
        environ: Mapping[str, str],
        timeout_seconds: float = TIME_LIMIT_SECONDS,
        canaries: Canaries | None = None,
    ) -> None:
        self._commands = {"get": tuple(get), "set": tuple(set), "delete": tuple(delete)}
        for verb, arguments in self._commands.items():
            require_usable(verb, arguments)
        self._environ = environ
        self._timeout_seconds = timeout_seconds
        self._canaries = canaries or Canaries()
        self._absent_status: int | None = None

    def describe(self) -> str:
        """Name the programs; their arguments stay unsaid, people put tokens there."""
        programs = ", ".join(f"{verb} `{arguments[0]}`" for verb, arguments in self._commands.items())
        return f"commands of [secrets.exec]: {programs}"

    def probe(self) -> None:
        """Write, read and delete a canary, and learn how an absent item answers."""
        self._absent_status = self._learn_status_of_absent()
        self._canaries.clear(self)

    def read(self, item: SecretItem) -> Secret | None:
        """Return the secret, or None when the command answers as it does for an item that was never written."""
        answer = self._run("get", item)
        value = value_of(answer)
        if value and answer.status == 0:
            return self._secret(item, value)
        if not value and answer.status == self._status_of_absent(item, answer):
            return None
        raise self._failure("get", item, answer)

    def write(self, item: SecretItem, secret: Secret) -> None:
        """Give the exact bytes to `set`, without a newline, and read them back."""
        answer = self._run("set", item, secret)
        if answer.status != 0:
            raise self._failure("set", item, answer, secret)
        answer = self._run("get", item)
        if answer.status != 0:
            raise self._failure("get", item, answer, secret)
        if value_of(answer) != secret.reveal().encode():
            raise store_failure(
                self.name,
                codes.READ_BACK_DIFFERS,
                f"{self._command('get')} does not give back what `set` was given for `{item.credential_name}`",
            )

    def delete(self, item: SecretItem) -> None:
        """Delete, and look that it is gone; a `delete` that fails on an item that is not there is fine."""
        answer = self._run("delete", item)
        if answer.status == 0:
            prove_deleted(self, item)
            return
        self._absent_status = None
        if self.read(item) is not None:
            raise self._failure("delete", item, answer, code=codes.DELETE_FAILED)

    def _run(self, verb: str, item: SecretItem, secret: Secret | None = None) -> Answer:
        path = safe_path(item)
        value = "" if secret is None else secret.reveal()
        try:
            return run_command(
                [argument.replace(PLACEHOLDER, path) for argument in self._commands[verb]],
                stdin=value.encode(),
                environ=environ_without(self._environ, (value,)),
                time_limit_seconds=self._timeout_seconds,
            )
        except CommandNotStartedError as error:
            message = f"{self._command(verb)} cannot be started: {error}"
            raise store_failure(self.name, codes.MISSING, message) from None
        except CommandTimedOutError:
            unknown = "" if verb == "get" else "; whether it was done is unknown"
            limit = f"{self._timeout_seconds:g} seconds"
            message = f"{self._command(verb)} did not end within {limit} and was killed{unknown}"
            raise store_failure(self.name, codes.TIMEOUT, message) from None

    def _learn_status_of_absent(self) -> int:
        with self._canaries.drawn(self.name) as (item, canary):
            return self._status_after_deleting(item, canary)

    def _status_after_deleting(self, item: SecretItem, canary: Secret) -> int:
        try:
            self.write(item, canary)
        except SecretStoreError as error:
            if error.code != codes.TIMEOUT:
                with suppress(SecretStoreError):
                    self._run("delete", item)
            raise
        answer = self._run("delete", item)
        if answer.status != 0:
            raise self._failure("delete", item, answer)
        answer = self._run("get", item)
        if value_of(answer):
            raise store_failure(
                self.name, codes.DELETE_FAILED, f"{self._command('get')} still answers for an item after its deletion"
            )
        return answer.status

    def _status_of_absent(self, item: SecretItem, answer: Answer) -> int:
        """Return the status that means "not held"; `answer` is the one in doubt."""
        if self._absent_status is None:
            try:
                self._absent_status = self._learn_status_of_absent()
            except SecretStoreError as error:
                doubt = self._failure("get", item, answer).message
                raise store_failure(
                    self.name,
                    error.code,
                    f"{doubt}; this may mean that it is not held, but the test of the store failed: {error.message}",
                ) from None
        return self._absent_status

    def _failure(
        self, verb: str, item: SecretItem, answer: Answer, secret: Secret | None = None, *, code: str = codes.FAILED
    ) -> SecretStoreError:
        # What a failed `get` printed may be the secret, or a part of it; the other commands have none to print.
        secrets = lines_of(answer.stdout) if verb == "get" else []
        if secret is not None:
            secrets.append(secret.reveal())
        words = showable(answer.stderr, secrets=secrets, harmless=item.path)
        ending = f"exit status {answer.status}" if answer.status >= 0 else f"signal {-answer.status}"
        message = f"{self._command(verb)} ended with {ending} for `{item.credential_name}`"
        return store_failure(self.name, code, f"{message}: {words}" if words else message)

    def _command(self, verb: str) -> str:
        return f"the `{verb}` command of the exec store (`{self._commands[verb][0]}`)"

    def _secret(self, item: SecretItem, value: bytes) -> Secret:
        # Not raised inside `except`: the decoding error has the whole secret as an attribute.
        with suppress(UnicodeDecodeError):
            return Secret(value.decode())
        message = f"{self._command('get')} gave something that is not text for `{item.credential_name}`"
        raise store_failure(self.name, codes.FAILED, message)


def require_usable(verb: str, arguments: Sequence[str]) -> None:
    """Raise `UsageError` for a command that cannot work for more than one item."""
    has_item = any(PLACEHOLDER in argument for argument in arguments)
    if has_item and arguments[0] and not any("\0" in argument for argument in arguments):
        return
    raise UsageError(
        f"[secrets.exec] {verb} must be a list of arguments, the program first, one of them with `{PLACEHOLDER}` in it",
        code="CONFIG_INVALID",
    )


def value_of(answer: Answer) -> bytes:
    """Return stdout less one trailing newline: most programs end a line that they print."""
    return answer.stdout.removesuffix(b"\n")


def lines_of(stdout: bytes) -> list[str]:
    """Return what stdout held, line by line."""
    return [line for line in stdout.decode(errors="replace").splitlines() if line]
