"""What is left to do when there is not enough memory: one line on standard error, no traceback. Needs hardly any itself."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Callable
from typing import Final, NoReturn

OUT_OF_MEMORY: Final = "out of memory"
_IN_THE_TEXT: Final = (
    "failed to map segment",
    "annot allocate memory",
    "without exception set",
    "without setting an exception",
)
"""Of the system's loader, and of the interpreter when it finds no room for the exception itself."""
_RESERVED_BYTES: Final = 1 << 20
_reserve = b""


def reported(call: Callable[[], None]) -> None:
    """Call what may run out of memory, even while it is being loaded; then say so and end the process."""
    try:
        keep_reserve()
        call()
    except (MemoryError, ImportError, OSError, SystemError) as error:
        if not is_out_of_memory(error):
            raise
        release_reserve()
        report()
        end(1)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory ran out: the interpreter and the system say so in several ways."""
    if isinstance(error, ImportError | SystemError):
        return any(words in str(error) for words in _IN_THE_TEXT)
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM)


def keep_reserve() -> None:
    """Keep some memory for the report of a failure; they are zeros, for which the system gives no real memory."""
    global _reserve  # noqa: PLW0603  (one for the process)
    _reserve = bytes(_RESERVED_BYTES)


def release_reserve() -> None:
    """Give that memory back."""
    global _reserve  # noqa: PLW0603  (one for the process)
    _reserve = b""


def report() -> None:
    """Write the line, past every buffer."""
    try:
        os.write(2, b"error: out of memory\n")
    except OSError:
        return


def end(status: int) -> NoReturn:
    """End the process at once: what the interpreter does at its end may run out of memory again."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    os._exit(status)
