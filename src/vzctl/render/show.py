"""Outcomes and failures to the two streams: data on stdout, talk on stderr."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Mapping
from typing import TextIO

from vzctl.command import NextStep
from vzctl.errors import VzctlError
from vzctl.render import envelope, plain
from vzctl.render.cells import escape, needs_ascii
from vzctl.render.folding import folded
from vzctl.setting_table import is_true
from vzctl.settings import Settings
from vzctl.usecases.outcome import AnyOutcome


def show_outcome(outcome: AnyOutcome, *, command: str, settings: Settings, quiet: bool, reads: bool) -> None:
    """Show an outcome in the chosen format. `reads`: a person asked for data, not for a change."""
    output = settings.output.value
    if output == "json":
        write_data("".join(envelope.dump(item) + "\n" for item in envelope.documents(outcome, command)))
        return
    if output == "plain":
        write_data("".join(f"{line}\n" for line in plain.lines(outcome.data)))
    elif reads:
        _show_human(outcome, settings)
    if not quiet:
        talk(outcome)


def show_plan(data: object, settings: Settings) -> None:
    """Show to a person, on stderr, what is about to be asked; nobody there to read it is no failure."""
    from vzctl.render import human

    if sys.stderr is None or sys.stderr.closed:
        return
    color = wants_color(settings.color.value, settings.environ, sys.stderr)
    with contextlib.suppress(OSError):
        human.show(human.make_console(sys.stderr, color=color), data)
        sys.stderr.flush()


def show_failure(error: VzctlError, *, command: str, output: str) -> None:
    """Show a failure: the envelope on stdout in JSON mode, and always one error for people on stderr."""
    if output == "json":
        with contextlib.suppress(VzctlError):  # that stdout takes nothing is not worse than what went wrong before
            write_data(envelope.dump(envelope.failure(error, command)) + "\n")
        write_talk([f"error: {escape(error.message)}"])
        return
    lines = [f"error: {escape(error.message)}"]
    if error.side is not None:
        lines.append(f"  side: {error.side}")
    lines += [f"  {escape(item)}" for item in error.evidence]
    lines += [f"  {line}" for step in error.next_steps for line in _next(step)]
    write_talk(lines)


def show_text(text: str, *, command: str, output: str) -> None:
    """Show text that is no answer about the state, such as a help topic or a completion script."""
    if output == "json":
        document = {
            "schema": envelope.SCHEMA,
            "ok": True,
            "code": "OK",
            "command": command,
            "changed": False,
            "data": {"text": text},
            "warnings": [],
            "nextSteps": [],
        }
        write_data(envelope.dump(document) + "\n")
        return
    write_data(text)


def write_data(text: str) -> None:
    """Write to stdout as UTF-8; a reader that went away ends it quietly, and one that was never there is a failure."""
    if not text:
        return
    require_stdout()
    try:
        buffer = getattr(sys.stdout, "buffer", None)
        if buffer is None:
            sys.stdout.write(text)
        else:
            sys.stdout.flush()
            buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.flush()
    except OSError as error:
        _give_up(error)


def write_talk(lines: Iterable[str]) -> None:
    """Write lines to stderr, at a terminal broken between words; nobody there to read them is no failure."""
    if sys.stderr is None or sys.stderr.closed:
        return
    try:
        for line in folded(lines, sys.stderr):
            encoding = sys.stderr.encoding or "utf-8"
            sys.stderr.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        sys.stderr.flush()
    except OSError:
        return


def wants_color(choice: str, environ: Mapping[str, str], stream: TextIO) -> bool:
    """Decide color for one stream: the flag, then `NO_COLOR`, `FORCE_COLOR`, `TERM=dumb`, then whether it is a terminal."""
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if is_true(environ.get("FORCE_COLOR", "")):
        return True
    return environ.get("TERM") != "dumb" and stream.isatty()


def _show_human(outcome: AnyOutcome, settings: Settings) -> None:
    from vzctl.render import human  # rich costs as much as everything else together

    require_stdout()
    drawing = getattr(getattr(outcome.data, "plain_data", None), "raw_text", None)
    if drawing is not None:
        write_data(drawing)  # what a file would hold, whoever reads it
        return
    color = wants_color(settings.color.value, settings.environ, sys.stdout)
    try:
        ascii_only = needs_ascii(settings.environ)
        human.show(human.make_console(sys.stdout, color=color, ascii_only=ascii_only), outcome.data)
        sys.stdout.flush()
    except OSError as error:
        _give_up(error)


def talk(outcome: AnyOutcome) -> None:
    """Write what is said beside the data: what happened, warnings, and what to run next."""
    write_talk(escape(line) for line in outcome.summary)
    # A batch may warn of the same thing about several subjects: the sentence says it once.
    write_talk(dict.fromkeys(f"warning: {escape(item.message)}" for item in outcome.warnings))
    write_talk(line for step in outcome.next_steps for line in _next(step))


def _next(step: NextStep) -> tuple[str, str]:
    """Return a command and, on a line of its own, why to run it: an interactive zsh would execute a comment behind it."""
    return f"next: {escape(str(step.command))}", f"  # {escape(step.comment)}"


def require_stdout() -> None:
    """Raise when there is no standard output at all, and what was asked for cannot be told."""
    if sys.stdout is None or sys.stdout.closed:
        raise VzctlError("cannot write to standard output: it is closed", code="OUTPUT_NOT_WRITABLE")


def _give_up(error: OSError) -> None:
    """A reader that went away is no failure; a full disk is one, and no bug."""
    silence_stdout()
    if not isinstance(error, BrokenPipeError):
        raise VzctlError(f"cannot write to standard output: {error.strerror}", code="OUTPUT_NOT_WRITABLE") from None


def silence_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush does not complain about the closed pipe."""
    descriptor = os.open(os.devnull, os.O_WRONLY)
    os.dup2(descriptor, sys.stdout.fileno())
    os.close(descriptor)
