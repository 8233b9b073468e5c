"""The entry point: shell completion first, because a TAB must not wait for the program."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

from vzctl import memory


def main() -> None:
    """Be the program `vzctl`: run, and end with the exit status of what was run, whatever the standard streams are."""
    # Twice: the line about the lack of memory must come before the streams are given up.
    memory.reported(lambda: _with_streams(lambda: memory.reported(run)))


def _with_streams(call: Callable[[], None]) -> None:
    from vzctl.streams import standard_streams

    with standard_streams():
        call()


def run() -> None:
    """Answer a TAB, or run the command line; raise `SystemExit` with the status."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Until the command line is read there is nothing to tidy up: ^C just ends the process. `Root` takes over.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if "_VZCTL_COMPLETE" in os.environ:
        from vzctl.completion import engine

        sys.exit(engine.run(sys.argv[1:], os.environ))
    from vzctl.cli.main import app

    app(prog_name="vzctl")


if __name__ == "__main__":
    main()
