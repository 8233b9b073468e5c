"""The standard streams from the start of the process to its end, so that none of them decides the exit status."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Final

_STANDARD: Final = (0, 1, 2)


@contextlib.contextmanager
def standard_streams() -> Iterator[None]:
    """Inside the block every standard descriptor is open; after it, nothing that is left to write can fail.

    The interpreter flushes both streams when it ends, and exits with 120 when that fails: the disk is full, or the
    reader has gone away.
    """
    _open_closed()
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            _release(stream)


def _open_closed() -> None:
    """Open the null device wherever a standard descriptor is closed.

    Otherwise the next file that is opened takes its number, and an external command writes its errors into that file.
    `sys.stdout` and its siblings stay None: vzctl still knows that there is nobody to write to.
    """
    for descriptor in _STANDARD:
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest free number is this one


def _release(stream: object) -> None:
    """Flush a stream and point its descriptor at the null device, where the last flush cannot fail."""
    flush, fileno = getattr(stream, "flush", None), getattr(stream, "fileno", None)
    if flush is None or fileno is None:
        return
    with contextlib.suppress(OSError, ValueError):  # ValueError: the stream was closed
        flush()
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, fileno())
        os.close(null)
