"""Everything that a person types while a command runs. Prompts go to the terminal, never to data, never from a pipe."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from vzctl.cli.flags import Flags
from vzctl.command import shell_word, suggest_again
from vzctl.errors import CancelledError, InputRequiredError, UsageError

if TYPE_CHECKING:
    from vzctl.cli.interrupts import Interrupts
    from vzctl.usecases.context import Question


class Prompter:
    """Asks at the terminal, or says which flag would have answered.

    While a person types, a signal ends the command at once, also inside a rotation that otherwise finishes its step.
    """

    def __init__(
        self,
        flags: Flags,
        interrupts: Interrupts,
        *,
        no_input: bool,
        no_input_source: str,
        subject: Callable[[], str] | None = None,
    ) -> None:
        self._subject = subject
        self._flags = flags
        self._interrupts = interrupts
        self._no_input = no_input
        self._no_input_source = no_input_source

    @property
    def is_interactive(self) -> bool:
        """Whether a person can be asked: a terminal on stderr, prompts allowed, and a terminal to read from."""
        if self._no_input or not _is_terminal(sys.stderr):
            return False
        return _is_terminal(sys.stdin) or _has_terminal()

    def confirm(self, question: Question) -> bool:
        """Return when the answer is yes; raise `CancelledError` or, when nobody can be asked, `InputRequiredError`.

        Return False when `--yes` answered a routine question that the user has not seen.
        """
        severe = question.danger.value == "severe"
        if self._flags.confirm is not None:
            if self._flags.confirm != question.name:
                raise UsageError(f'--confirm does not match: this asks for "{question.name}"', code="CONFIRM_MISMATCH")
            return True
        if self._flags.yes and not severe:
            return False
        if not self.is_interactive:
            flag = f"--confirm {shell_word(question.name)}" if severe else "--yes"
            raise InputRequiredError(
                f"{question.text[:1].lower()}{question.text[1:]} nobody can be asked{self._why()}; give {flag}",
                code="CONFIRMATION_REQUIRED",
                evidence=question.lines,
                next_steps=(
                    suggest_again(
                        "when this is what you want", confirm=question.name if severe else None, yes=not severe
                    ),
                ),
            )
        self.present(question.lines)
        if severe:
            answer = self._ask(f"{question.text} Type {question.name} to go on: ")
            if answer != question.name:
                raise CancelledError("cancelled: the name was not typed; nothing was changed", code="CANCELLED")
        elif not _is_yes(self._ask(f"{question.text} [y/N] ")):
            raise CancelledError("cancelled: nothing was changed", code="CANCELLED")
        return True

    def ask_done(self, title: str, lines: Sequence[str]) -> bool:
        """Show a person's step and ask whether it is done; no answer is no."""
        self.name_subject()
        self.say(title)
        for line in lines:
            self.say(f"  {line}")
        return _is_yes(self._ask("Done? [y/N] "))

    def ask_choice(self, text: str, choices: Sequence[str]) -> str:
        """Ask for one of the choices; raise `CancelledError` for anything else."""
        answer = self._ask(f"{text} [{'/'.join(choices)}] ").lower()
        if answer not in choices:
            raise CancelledError("cancelled: nothing was changed", code="CANCELLED")
        return answer

    def trust(self, origin: str, what: str) -> bool:
        """Ask whether a secret may be sent to a host that no configuration names; `--yes` is no answer to that."""
        clear = " over plain HTTP, which others can read" if origin.startswith("http:") else ""
        self.say(f"{origin} is no host of Astra or of a provider, and your configuration does not name it")
        return _is_yes(self._ask(f"Send {what} to {origin}{clear}, now and from now on? [y/N] "))

    def ask_secret(self, prompt: str) -> str:
        """Read a secret without echo."""
        import getpass

        self.name_subject()
        with self._interrupts.waiting():
            try:
                return getpass.getpass(prompt)
            except EOFError:
                raise CancelledError("cancelled: nothing was changed", code="CANCELLED") from None

    def name_subject(self) -> None:
        """Say once, before the first plan or question at a terminal, which organization and state it is about."""
        subject, self._subject = self._subject, None
        if subject is not None and self.is_interactive:
            self.say(subject())

    def present(self, lines: Sequence[str]) -> None:
        """Show lines that a person must have read before an answer is asked for, `--quiet` or not."""
        self.name_subject()
        for line in lines:
            self.say(line)

    def say(self, line: str) -> None:
        """Show a line to the person."""
        from vzctl.render.cells import escape
        from vzctl.render.show import write_talk

        write_talk([escape(line)])

    def _ask(self, prompt: str) -> str:
        from vzctl.render.cells import escape

        self.name_subject()
        sys.stderr.write(escape(prompt))
        sys.stderr.flush()
        with self._interrupts.waiting(), _terminal() as terminal:
            answer = terminal.readline()
        if not answer.endswith("\n"):
            sys.stderr.write("\n")
        return answer.strip()

    def _why(self) -> str:
        return f" ({self._no_input_source} is set)" if self._no_input else " (no terminal)"


@contextlib.contextmanager
def _terminal() -> Iterator[TextIO]:
    """Standard input when it is the terminal; the terminal itself when standard input carries something else."""
    if _is_terminal(sys.stdin):
        yield sys.stdin
        return
    with open("/dev/tty", encoding="utf-8", errors="replace") as terminal:
        yield terminal


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def _has_terminal() -> bool:
    try:
        with open("/dev/tty", encoding="utf-8"):
            return True
    except OSError:
        return False


def _is_yes(answer: str) -> bool:
    return answer.lower() in ("y", "yes")
