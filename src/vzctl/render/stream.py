"""One answer after the other, each on a line of its own and at once: for a reader that waits for them."""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING

from vzctl.errors import VzctlError
from vzctl.render import envelope
from vzctl.render.cells import plain_cell
from vzctl.render.show import require_stdout, wants_color
from vzctl.settings import Settings
from vzctl.usecases.diagnosis.result import Diagnosis
from vzctl.usecases.outcome import Outcome

if TYPE_CHECKING:
    from rich.console import Console


class StreamPrinter:
    """Shows verdicts in the chosen format: an envelope a line, tab-separated values a line, or a few lines for a person."""

    def __init__(self, command: str, settings: Settings) -> None:
        self._command = command
        self._settings = settings
        self._show = {"json": self._json, "plain": self._plain}.get(settings.output.value, self._human)

    def show(self, found: Diagnosis) -> None:
        """Show one verdict; raise `BrokenPipeError` when the reader went away, so that the reading ends too."""
        try:
            self._show(found)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise VzctlError(
                f"cannot write to standard output: {error.strerror}", code="OUTPUT_NOT_WRITABLE"
            ) from error

    def _json(self, found: Diagnosis) -> None:
        _write(envelope.dump(envelope.success(Outcome(data=found, next_steps=found.nextSteps), self._command)))

    def _plain(self, found: Diagnosis) -> None:
        _write("\t".join(plain_cell(getattr(found, field)) for _, field in Diagnosis.columns))

    def _human(self, found: Diagnosis) -> None:
        from vzctl.render.diagnosis import show_briefly

        require_stdout()
        show_briefly(self._console, found)
        sys.stdout.flush()

    @cached_property
    def _console(self) -> Console:
        from vzctl.render.human import make_console

        console = make_console(
            sys.stdout, color=wants_color(self._settings.color.value, self._settings.environ, sys.stdout)
        )
        console.size = console.size  # else it asks the terminal at every line, although none is wrapped
        return console


def _write(line: str) -> None:
    require_stdout()
    sys.stdout.flush()
    sys.stdout.buffer.write(f"{line}\n".encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()
