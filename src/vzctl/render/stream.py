"""One answer after the other, each on a line of its own and at once: for a reader that waits for them."""

from __future__ import annotations

import sys

from vzctl.errors import VzctlError
from vzctl.render import envelope
from vzctl.render.cells import plain_cell
from vzctl.render.show import wants_color
from vzctl.settings import Settings
from vzctl.usecases.diagnosis import Diagnosis
from vzctl.usecases.outcome import Outcome


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
            raise VzctlError(f"cannot write to standard output: {error.strerror}", code="OUTPUT_NOT_WRITABLE") from None

    def _json(self, found: Diagnosis) -> None:
        _write(envelope.dump(envelope.success(Outcome(data=found, next_steps=found.nextSteps), self._command)))

    def _plain(self, found: Diagnosis) -> None:
        _write("\t".join(plain_cell(getattr(found, field)) for _, field in Diagnosis.columns))

    def _human(self, found: Diagnosis) -> None:
        from vzctl.render.diagnosis import show_briefly
        from vzctl.render.human import make_console

        if sys.stdout is None or sys.stdout.closed:
            return
        color = wants_color(self._settings.color.value, self._settings.environ, sys.stdout)
        show_briefly(make_console(sys.stdout, color=color), found)
        sys.stdout.flush()


def _write(line: str) -> None:
    if sys.stdout is None or sys.stdout.closed:
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(f"{line}\n".encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()
