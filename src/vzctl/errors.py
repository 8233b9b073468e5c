"""Every deliberate failure, with its exit status.

VzctlError
├─ UsageError            2   bad flag, argument, format or configuration
├─ NotFoundError         3   the named thing does not exist
├─ ConflictError         4   exists already, ambiguous, or a rule forbids it
├─ AuthError             5   Astra token missing, rejected or lacking rights
├─ AstraError            6   Astra-side failure
├─ ProviderError         7   provider-side failure
├─ UnknownSideError     21   no answer came, and why it did not come may lie on this machine or between here and there
├─ InputRequiredError    8   a prompt would be needed and is impossible
├─ StateError            9   state broken, newer, not writable, or locked
│  ├─ StateLockedError   9   the lock was not obtained in time
│  ├─ StateLostError     9   missing or empty, and backups exist
│  └─ StateReplacedError 9   another program replaced the file during a change
├─ SecretStoreError     10   no store, locked, timed out, lied, or secret not held
├─ RotationOpenError    12   blocked by, or leaving, a rotation past its point of no return
└─ CancelledError       13   the user said no
"""

from __future__ import annotations

import signal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import IntEnum
from typing import Any, ClassVar, Final, Self

from vzctl.command import NextStep


class ExitStatus(IntEnum):
    """The documented exit codes; `meaning` is the one sentence that every table shows."""

    meaning: str

    def __new__(cls, value: int, meaning: str) -> Self:
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    OK = 0, "done, or nothing to do; a verdict was given"
    INTERNAL = 1, "a bug; the path of a debug log is printed, never a traceback"
    USAGE = 2, "bad flag, argument, format or configuration"
    NOT_FOUND = 3, "the named thing does not exist, or there is no state file yet"
    CONFLICT = 4, "exists already, is ambiguous, or a rule forbids it"
    AUTH = 5, "Astra token missing, rejected or lacking rights"
    ASTRA = 6, "Astra-side failure"
    PROVIDER = 7, "provider-side failure"
    INPUT_REQUIRED = 8, "a prompt would be needed and is impossible; the message names the flag"
    STATE = 9, "state broken, newer schema, not writable, or lock not obtained"
    SECRET_STORE = 10, "no secret store, locked, timed out, read-back differs, or secret not held"
    PARTIAL = 11, "batch: some items failed"
    ROTATION_OPEN = 12, "leaves, or is blocked by, a rotation past its point of no return"
    CANCELLED = 13, "the user said no"
    MANUAL = 14, "recorded as wanted; a person's step at the Portal is next"
    CHANGES = 20, "a check found a problem; with --exit-code: keys due, drift or problems"
    UNKNOWN_SIDE = (
        21,
        "undetermined: Astra, the provider, or the network may be at fault; diagnose: only with --exit-code",
    )
    HANGUP = 129, "ended by SIGHUP, such as a closed terminal"
    INTERRUPTED = 130, "interrupted by ^C"
    QUIT = 131, "ended by SIGQUIT"
    TERMINATED = 143, "ended by SIGTERM"


def status_of_sides(sides: Iterable[str | None]) -> ExitStatus:
    """Return the exit status of failures, one side each: 7 when a provider is at fault for any, else 6, else 21.

    None stands for what is nobody's fault. This is the one place where a side becomes an exit status, so they cannot disagree.
    """
    found = set(sides)
    for side, status in STATUS_OF_SIDE.items():
        if side in found:
            return status
    return ExitStatus.OK


STATUS_OF_SIDE: Final = {"provider": ExitStatus.PROVIDER, "astra": ExitStatus.ASTRA, "unknown": ExitStatus.UNKNOWN_SIDE}


ENDING_SIGNALS: Final[Mapping[int, ExitStatus]] = {
    signal.SIGINT: ExitStatus.INTERRUPTED,
    signal.SIGTERM: ExitStatus.TERMINATED,
    signal.SIGHUP: ExitStatus.HANGUP,
    signal.SIGQUIT: ExitStatus.QUIT,
}
"""What ends a command in order, with nothing left behind, and the status that then says so."""


def quoted(name: str) -> str:
    """Return a name for a message: in quotes, and what cannot be printed as an escape."""
    return f'"{name}"' if name.isprintable() else ascii(name)


class VzctlError(Exception):
    """A failure that vzctl foresaw.

    `code` is a permanent upper-case word for scripts, `message` a sentence for people (no secret, no foreign text
    unredacted), `next_steps` the ways on, `evidence` short facts that led to the error. `http_status` and `upstream_code` are
    what the other side answered. `changed` says that the command which failed had changed the state before. An error never
    changes: to add context, raise another one from it (`raise error.replace(…) from error`).
    """

    exit_status: ClassVar[ExitStatus] = ExitStatus.INTERNAL
    own_side: ClassVar[str | None] = None
    """The side that the class stands for, so that the exit status and the side cannot disagree."""

    def __init__(  # noqa: PLR0913  (all keywords)
        self,
        message: str,
        *,
        code: str,
        next_steps: Sequence[NextStep] = (),
        evidence: Sequence[str] = (),
        side: str | None = None,
        retryable: bool = False,
        http_status: int | None = None,
        upstream_code: str | None = None,
        changed: bool = False,
    ) -> None:
        super().__init__(message)
        self.message: Final = message
        self.code: Final = code
        self.next_steps: Final = tuple(next_steps)
        self.evidence: Final = tuple(evidence)
        self.side: Final = self.own_side or side
        self.retryable: Final = retryable
        self.http_status: Final = http_status
        self.upstream_code: Final = upstream_code
        self.changed: Final = changed

    @property
    def own_words(self) -> str:
        """The failure without a word that somebody else said: so it may stand in the state and in the audit."""
        words = self.code.lower().replace("_", " ")
        return words if self.http_status is None else f"{words}, HTTP {self.http_status}"

    def replace(self, **changes: Any) -> Self:
        """Return the same error with other facts, named as in the constructor."""
        return type(self)(**{**vars(self), **changes})

    def answered(self, http_status: int | None, upstream_code: str | None = None) -> Self:
        """Return the error with what the other side answered."""
        return self.replace(http_status=http_status, upstream_code=upstream_code)

    def on_state(self, location: str) -> Self:
        """Return the error with next steps that act on the state that it is about, not on the selected one."""
        return self.replace(
            next_steps=[replace(item, command=item.command.on_state(location)) for item in self.next_steps]
        )


class UsageError(VzctlError):
    """Bad flag, argument, format or configuration."""

    exit_status = ExitStatus.USAGE


class NotFoundError(VzctlError):
    """The named thing does not exist."""

    exit_status = ExitStatus.NOT_FOUND


class ConflictError(VzctlError):
    """It exists already, is ambiguous, or a rule forbids it."""

    exit_status = ExitStatus.CONFLICT


class AuthError(VzctlError):
    """The Astra token is missing, rejected, or lacks rights."""

    exit_status = ExitStatus.AUTH


class AstraError(VzctlError):
    """Astra, or a self-hosted Data API, did not do what was asked."""

    exit_status = ExitStatus.ASTRA
    own_side = "astra"


class ProviderError(VzctlError):
    """An embedding provider did not do what was asked."""

    exit_status = ExitStatus.PROVIDER
    own_side = "provider"


class UnknownSideError(VzctlError):
    """No answer came, and it cannot be decided whether Astra, the provider, or this machine's network is at fault."""

    exit_status = ExitStatus.UNKNOWN_SIDE
    own_side = "unknown"


ERROR_OF_SIDE: Final[dict[str, type[VzctlError]]] = {
    "astra": AstraError,
    "provider": ProviderError,
    "unknown": UnknownSideError,
}


class InputRequiredError(VzctlError):
    """A prompt would be needed and is impossible; the message names the flag."""

    exit_status = ExitStatus.INPUT_REQUIRED


class StateError(VzctlError):
    """The state file is broken, newer than this program, or cannot be written."""

    exit_status = ExitStatus.STATE


class StateLockedError(StateError):
    """Another process holds the lock and did not let go in time."""


class StateLostError(StateError):
    """The state file is missing or empty, and backups of it exist."""


class StateReplacedError(StateError):
    """Another program replaced or edited the state file during a change; nothing was written."""


class SecretStoreError(VzctlError):
    """The secret store is missing, locked, too slow, untrue, or does not hold the secret."""

    exit_status = ExitStatus.SECRET_STORE


class RotationOpenError(VzctlError):
    """Blocked by a rotation that is past its point of no return."""

    exit_status = ExitStatus.ROTATION_OPEN


class CancelledError(VzctlError):
    """The user said no."""

    exit_status = ExitStatus.CANCELLED
