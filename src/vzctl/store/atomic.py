"""The one way a file of vzctl changes: whole or not at all, on disk before anybody is told."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

Put = Callable[[str, Path], None]
"""Puts the finished temporary file in its place, or raises."""


def write_atomic(path: Path, data: bytes, *, mode: int = 0o600, put: Put | None = None) -> None:
    """Replace `path` by `data`; a crash leaves the old bytes or the new ones, never others.

    `put` replaces the file in another way than `os.replace`, for a caller that checks something at the last moment.

    The temporary file lies beside the target (same file system), has its mode before its content, and is removed on any
    failure. File and folder are flushed to disk. Raises `OSError`.
    """
    import tempfile  # most commands write nothing

    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        (put or os.replace)(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    sync_directory(path.parent)


def put_if_absent(name: str, path: Path) -> None:
    """Put a temporary file in its place unless a file is there; raise `FileExistsError` then."""
    try:
        os.link(name, path, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links: the caller's lock alone keeps others out.
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        os.replace(name, path)
    else:
        os.unlink(name)


def replace(name: str | Path, path: Path) -> None:
    """Put a finished temporary file in the place of another file. Raises `OSError`."""
    os.replace(name, path)


def move(path: Path, target: Path) -> None:
    """Move a file or a folder within its file system, and flush both folders. Raises `OSError`."""
    os.rename(path, target)
    sync_directory(target.parent)
    if path.parent != target.parent:
        sync_directory(path.parent)


def remove_unfinished(folder: Path, name: str = "") -> None:
    """Remove what killed processes left of writing `name` (or anything) in a folder; for its only writer. Best effort."""
    with contextlib.suppress(OSError):
        for left in os.listdir(folder):
            if left.startswith(f".{name}") and left.endswith(".tmp"):
                with contextlib.suppress(OSError):
                    os.unlink(folder / left)


def open_own_file(path: Path, flags: int) -> int:
    """Open a companion of the state; a link, a pipe or a device in its place, which a cloned folder may hold, is refused."""
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no plain file of its own")
    return descriptor


def create_new_file(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Create a file as a whole or not at all; never replace what exists. Raises `OSError`.

    The file gets its name when its content is on disk, so an interrupted attempt leaves nothing that blocks the next one.
    """
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    remove_unfinished(path.parent, f"{path.name}.")
    descriptor, draft = _open_draft(path)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            _link(draft, path)
    finally:
        if draft.parent == path.parent:
            with contextlib.suppress(OSError):
                os.unlink(draft)
    sync_directory(path.parent)


def _open_draft(path: Path) -> tuple[int, Path]:
    """Open a new private file beside `path`; return its descriptor, and where it can be linked from.

    Where the system has unnamed files, it has no name: even SIGKILL leaves nothing of it. Elsewhere its name is one that
    the next attempt removes.
    """
    if hasattr(os, "O_TMPFILE"):
        with contextlib.suppress(OSError):  # not every file system has them
            descriptor = os.open(path.parent, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            unnamed = Path(f"/proc/self/fd/{descriptor}")
            if unnamed.exists():
                return descriptor, unnamed
            os.close(descriptor)
    import tempfile

    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    return descriptor, Path(name)


def _link(draft: Path, path: Path) -> None:
    """Give a file its name; raise `FileExistsError` when the name is taken."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # With a descriptor of the folder Python follows the link in /proc to the unnamed file.
        os.link(draft, path.name, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def append_line(path: Path, line: bytes) -> None:
    """Append one line and flush it to disk; a torn last line of an earlier crash is closed first. Raises `OSError`."""
    descriptor = open_own_file(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        data = (b"\n" if torn else b"") + line + b"\n"
        written = os.write(descriptor, data)
        if written != len(data):
            os.ftruncate(descriptor, size)
            raise OSError("the disk took only part of a line")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if size == 0:
        sync_directory(path.parent)


def make_private_directory(path: Path) -> None:
    """Make the folder and its parents, readable by the owner alone. Raises `OSError`."""
    if not path.is_dir():
        make_private_directory(path.parent)  # `parents=True` would give those the mode of the umask
        path.mkdir(mode=0o700, exist_ok=True)


def sync_directory(path: Path) -> None:
    """Flush a folder, so that the name of a new file survives a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
