"""What is to be diagnosed: from standard input, a file or a flag, never more of it in memory than is looked at."""

from __future__ import annotations

import io
import os
import select
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final

from vzctl.command import suggest
from vzctl.errors import InputRequiredError, UsageError

if TYPE_CHECKING:
    from vzctl.cli.wiring import Services

WINDOW: Final = 512 * 1024
"""At most this much of the beginning, and as much of the end, is kept of a text."""
IDLE_SECONDS: Final = 0.5
"""A log from which nothing came for so long has told its last error whole."""
_CHUNK: Final = 64 * 1024


@contextmanager
def payload_source(
    services: Services, file: str | None, text: str | None, *, follow: bool = False
) -> Iterator[BinaryIO]:
    """Open the source that was chosen; raise `UsageError` for a wrong one, `InputRequiredError` where none can be asked."""
    if text is not None:
        if file is not None:
            raise UsageError("give a FILE or --text, not both", code="USAGE")
        yield io.BytesIO(text.encode("utf-8", "surrogateescape"))
    elif file is not None and file != "-":
        with _open_file(file) as source:
            yield source
    else:
        yield _standard_input(services, follow=follow)


def read_ends(source: BinaryIO) -> tuple[bytes, bool]:
    """Return a text, and whether its middle was left out because it is longer than two windows."""
    head = bytearray()
    tail = bytearray()
    was_cut = False
    for chunk in chunks(source):
        missing = 2 * WINDOW - len(head)
        head += chunk[:missing]
        tail += chunk[missing:]
        if len(tail) > 4 * WINDOW:
            del tail[:-WINDOW]
            was_cut = True
    if not tail:
        return bytes(head), False
    if was_cut or len(tail) >= WINDOW:
        return bytes(head[:WINDOW] + b"\n" + tail[-WINDOW:]), True
    whole = head + tail
    return bytes(whole[:WINDOW] + b"\n" + whole[-WINDOW:]), True


def bounded_lines(source: BinaryIO, half: int) -> Iterator[bytes]:
    """Yield lines without their ends; of a line longer than two halves its beginning and its end."""
    return (line for line in _lines(chunks(source), half) if line is not None)


def growing_lines(source: BinaryIO, half: int) -> Iterator[bytes | None]:
    """Yield the lines of something that grows, and None when nothing came for a while."""
    return _lines(chunks(source, IDLE_SECONDS), half)


def chunks(source: BinaryIO, idle_seconds: float | None = None) -> Iterator[bytes]:
    """Yield what comes, as soon as it comes; with `idle_seconds` an empty text when nothing came for so long."""
    try:
        descriptor = source.fileno()
    except (OSError, ValueError):
        while chunk := source.read(_CHUNK):
            yield chunk
        return
    while True:
        if idle_seconds is not None and not select.select([descriptor], [], [], idle_seconds)[0]:
            yield b""
            continue
        try:
            chunk = os.read(descriptor, _CHUNK)
        except OSError as error:
            raise UsageError(f"cannot read the text: {error.strerror}", code="PAYLOAD_UNREADABLE") from error
        if not chunk:
            return
        yield chunk


def _lines(source: Iterator[bytes], half: int) -> Iterator[bytes | None]:
    pending = bytearray()
    for chunk in source:
        if not chunk:
            yield None
            continue
        *complete, rest = chunk.split(b"\n")
        for part in complete:
            pending += part
            yield _shortened(pending, half)
            pending.clear()
        pending += rest
        if len(pending) > 4 * half:
            pending = bytearray(_shortened(pending, half))
    if pending:
        yield _shortened(pending, half)


def _shortened(line: bytearray, half: int) -> bytes:
    # one more byte on each side tells whoever reads it that something was left out
    short = line if len(line) <= 2 * half else line[: half + 1] + line[-half - 1 :]
    return bytes(short).removesuffix(b"\r")


def _standard_input(services: Services, *, follow: bool) -> BinaryIO:
    if sys.stdin is None or sys.stdin.closed:
        raise _nothing_given()
    if sys.stdin.isatty():
        if not services.prompter.is_interactive:
            raise _nothing_given()
        what = "the log" if follow else "the error"
        services.prompter.say(f"paste {what} here, then press Enter and ^D")
    return sys.stdin.buffer


def _open_file(path: str) -> BinaryIO:
    try:
        source = open(path, "rb", buffering=0)  # noqa: SIM115  (whoever asked closes it)
        mode = os.fstat(source.fileno()).st_mode
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        raise UsageError(
            f"cannot read {path!a}: {reason}",
            code="PAYLOAD_UNREADABLE",
            next_steps=(suggest("diagnose", "-", comment="paste or pipe the text in"),),
        ) from None
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        source.close()
        raise UsageError(f"{path!a} is a device, not a text", code="PAYLOAD_UNREADABLE")
    return source


def _nothing_given() -> InputRequiredError:
    return InputRequiredError(
        "nothing to diagnose: pipe the error in, name a FILE, or give --text",
        code="PAYLOAD_REQUIRED",
        next_steps=(
            suggest("diagnose", "FILE", comment="a file with the error"),
            suggest("diagnose", follow=True, comment="with a log piped in, while it grows"),
        ),
    )
