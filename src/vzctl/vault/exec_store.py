"""A password manager of the user's, driven by three commands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from vzctl.errors import SecretStoreError, UsageError
from vzctl.secret import Secret
from vzctl.vault import codes
from vzctl.vault.base import SecretItem
from vzctl.vault.canary import Canaries
from vzctl.vault.exec_command import Answer, CommandNotStartedError, CommandTimedOutError, environ_without, run_command
from vzctl.vault.failure import store_failure
from vzctl.vault.foreign_text import showable
from vzctl.vault.item_path import safe_path
from vzctl.vault.proof import prove_deleted

PLACEHOLDER: Final = "{item}"
TIME_LIMIT_SECONDS: Final = 30.0


class ExecStore:
    """Secrets behind the commands `get`, `set` and `delete`; values go through stdin and stdout only.

    No convention tells "not stored" from "out of service": with most password managers both are the same status and
    nothing on stdout. So an item counts as absent only when that is proven at that moment: a canary can be written and
    read before and after the item was asked for, and once deleted it is answered for in the same way as the item.
    Nothing is learned for later, because a store may break at any time; every other outcome is an error.
    """

    name: Final = "exec"
    writable: Final = True
    is_beside_state: Final = False

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

    def describe(self) -> str:
        """Name the programs; their arguments stay unsaid, people put tokens there."""
        programs = ", ".join(f"{verb} `{arguments[0]}`" for verb, arguments in self._commands.items())
        return f"commands of [secrets.exec]: {programs}"

    def probe(self) -> None:
        """Write, read and delete a canary."""
        with self._canaries.drawn(self.name) as (canary, value):
            self._write_canary(canary, value)
            self._delete_canary(canary)
        self._canaries.clear(self)

    def read(self, item: SecretItem) -> Secret | None:
        """Return the secret, or None when it is proven that the store does not have the item."""
        answer = self._run("get", item)
        if value_of(answer):
            return self._found(item, answer)
        try:
            answer, is_absent = self._answer_of_working_store(item)
        except SecretStoreError as error:
            doubt = self._failure("get", item, answer).message
            raise store_failure(
                self.name,
                error.code,
                f"{doubt}; this may mean that it is not held, but the test of the store failed: {error.message}",
            ) from error
        return None if is_absent else self._found(item, answer)

    def write(self, item: SecretItem, secret: Secret) -> None:
        """Give the exact bytes to `set`, without a newline, and read them back."""
        answer = self._run("set", item, secret)
        if answer.status != 0:
            raise self._failure("set", item, answer, secret)
        self._require_written(item, secret)

    def delete(self, item: SecretItem) -> None:
        """Delete, and look that it is gone; a `delete` that fails on an item that is not there is fine."""
        answer = self._run("delete", item)
        if answer.status == 0:
            prove_deleted(self, item)
        elif self.read(item) is not None:
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

    def _answer_of_working_store(self, item: SecretItem) -> tuple[Answer, bool]:
        """Return the answer for `item` from a store that worked before and after, and whether it means "absent"."""
        with self._canaries.drawn(self.name) as (canary, value):
            self._write_canary(canary, value)
            answer = self._run("get", item)
            self._require_written(canary, value)
            absent = self._delete_canary(canary)
        return answer, meaning_of(answer, item) == meaning_of(absent, canary)

    def _write_canary(self, canary: SecretItem, value: Secret) -> None:
        try:
            self.write(canary, value)
        except SecretStoreError as error:
            if error.code != codes.TIMEOUT:
                with suppress(SecretStoreError):
                    self._run("delete", canary)
            raise

    def _delete_canary(self, canary: SecretItem) -> Answer:
        """Delete a canary; return how `get` answers for what is absent."""
        answer = self._run("delete", canary)
        if answer.status != 0:
            raise self._failure("delete", canary, answer)
        answer = self._run("get", canary)
        if value_of(answer):
            raise store_failure(
                self.name, codes.DELETE_FAILED, f"{self._command('get')} still answers for an item after its deletion"
            )
        return answer

    def _require_written(self, item: SecretItem, secret: Secret) -> None:
        """Raise unless `get` gives back exactly `secret`."""
        answer = self._run("get", item)
        if answer.status != 0:
            raise self._failure("get", item, answer, secret)
        if value_of(answer) != secret.reveal().encode():
            raise store_failure(
                self.name,
                codes.READ_BACK_DIFFERS,
                f"{self._command('get')} does not give back what `set` was given for `{item.credential_name}`",
            )

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

    def _found(self, item: SecretItem, answer: Answer) -> Secret:
        if answer.status != 0 or not value_of(answer):
            raise self._failure("get", item, answer)
        # Not raised inside `except`: the decoding error has the whole secret as an attribute.
        with suppress(UnicodeDecodeError):
            return Secret(value_of(answer).decode())
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


def meaning_of(answer: Answer, item: SecretItem) -> tuple[int, bytes, tuple[str, ...]]:
    """Return what two answers of one meaning have in common: status, value, and the words on stderr.

    Words that differ between two items or two moments do not count: parts of the address, and whatever has a digit in it.
    """
    text = answer.stderr.decode(errors="replace")
    for part in (item.lineage, item.credential_id, item.version_id):
        text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(part)}(?![A-Za-z0-9])", "0", text)
    words = tuple(word for word in text.split() if not any(character.isdigit() for character in word))
    return answer.status, value_of(answer), words


def lines_of(stdout: bytes) -> list[str]:
    """Return what stdout held, line by line."""
    return [line for line in stdout.decode(errors="replace").splitlines() if line]
