"""Watches every write of this process, and strikes at one of them: kills, stops, signals, or says that the disk is full.

`install` replaces the system's writing functions by watched ones, in a process that runs one command and ends. Each call
is a *point* with a number and a label. A strike hits one point, before or after its call; what is written to `report`
tells which points there were and which one was struck, and survives SIGKILL.

A run that nothing strikes can be *looked* at: what the disk holds before and after every point is what a kill there leaves.
"""

from __future__ import annotations

import builtins
import errno
import fcntl
import io
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Self, TypeVar

from tests.support.disk import Disk

T = TypeVar("T")

STRUCK: Final = "! "
LOOK: Final = "= "
UNKNOWN: Final = "-"
PIPE: Final = "pipe"
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT
NEEDS_NO_ROOM: Final = re.compile(r"unlink|rmdir|start|finish|flock|close|fchmod|ftruncate|.* pipe$")
"""Labels of calls that a full disk does not fail."""
_RANDOM_NAME: Final = re.compile(r"\.[a-z0-9_]{8}(?=\.tmp$)")


@dataclass(frozen=True, slots=True)
class Strike:
    """What happens at the point with this number.

    `how` is a signal's name (`SIGKILL`, `SIGSTOP`, `SIGINT`, `SIGTERM`), `torn` (half of the data is written, then
    SIGKILL) or `full` (from this point on every call that needs room fails: the disk is full).
    """

    number: int
    when: str = "before"
    how: str = "SIGKILL"


@dataclass(frozen=True, slots=True)
class Look:
    """What the disk held at one side of a point: two digests, see `Disk`.

    They are unknown while a program of the store is at work: it goes on after a kill.
    """

    number: int
    when: str
    whole: str
    essence: str

    @property
    def is_known(self) -> bool:
        """Whether a kill leaves what was seen."""
        return self.whole != UNKNOWN

    @classmethod
    def read(cls, line: str) -> Look:
        """Return what a line of the report says."""
        number, when, whole, essence = line.removeprefix(LOOK).split()
        return cls(int(number), when, whole, essence)


class Watch:
    """Counts the points and strikes at one of them."""

    def __init__(self, report: int, strike: Strike | None, disk: Disk | None) -> None:
        self._report = report
        self._strike = strike
        self._disk = disk
        self.programs = 0
        self._count = 0
        self._is_full = False
        self._write = os.write

    def point(self, label: str, call: Callable[[], T], *, half: Callable[[], object] | None = None) -> T:
        """Count one call, and do it unless something strikes first. `half` does half of it, where that has a meaning."""
        number = self._count
        self._count += 1
        torn = "~" if half is not None else ""
        self._say(f"{number} {torn}{label}")
        self._look(number, "before")
        strike = self._strike
        is_struck = strike is not None and strike.number == number
        if strike is not None and is_struck and strike.how == "full":
            self._say(f"{STRUCK}{number} {torn}{label}")
            self._is_full = True
        if self._is_full and not NEEDS_NO_ROOM.match(label):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if strike is not None and is_struck and strike.how == "torn" and half is not None:
            half()
            self._say(f"{STRUCK}{number} {torn}{label}")
            os.kill(os.getpid(), signal.SIGKILL)
        if strike is not None and is_struck and strike.when == "before" and strike.how.startswith("SIG"):
            self._signal(strike, f"{number} {torn}{label}")
        try:
            return call()
        finally:
            self._look(number, "after")
            if strike is not None and is_struck and strike.when == "after":
                self._signal(strike, f"{number} {torn}{label}")

    def _look(self, number: int, when: str) -> None:
        if self._disk is not None:
            whole, essence = self._disk.signatures() if self.programs == 0 else (UNKNOWN, UNKNOWN)
            self._say(f"{LOOK}{number} {when} {whole} {essence}")

    def _signal(self, strike: Strike, line: str) -> None:
        self._say(STRUCK + line)
        os.kill(os.getpid(), signal.Signals[strike.how])

    def _say(self, line: str) -> None:
        self._write(self._report, f"{line}\n".encode())


class _WatchedFile:
    """A file object opened for writing, whose writes are points."""

    def __init__(self, file: Any, watch: Watch, name: str) -> None:
        self._file = file
        self._watch = watch
        self._name = name

    def write(self, data: Any) -> Any:
        def half() -> None:
            self._file.write(data[: len(data) // 2])
            self._file.flush()

        return self._watch.point(f"write {self._name}", lambda: self._file.write(data), half=half)

    def flush(self) -> Any:
        return self._watch.point(f"flush {self._name}", self._file.flush)

    def close(self) -> Any:
        if self._file.closed:
            return None
        return self._watch.point(f"close {self._name}", self._file.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Any:
        return iter(self._file)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def install(report: int, strike: Strike | None, disk: Disk | None = None) -> None:
    """Watch this process from now on; for a process that is about to run one command and end."""
    watch = Watch(report, strike, disk)
    for function in ("replace", "rename", "link", "unlink", "remove", "mkdir", "rmdir", "chmod"):
        _watch_path_call(watch, function)
    for function in ("fsync", "ftruncate", "fchmod"):
        _watch_descriptor_call(watch, os, function)
    _watch_descriptor_call(watch, fcntl, "flock")
    _watch_data_call(watch, "write")
    _watch_data_call(watch, "pwrite")
    _watch_opens(watch)
    _watch_programs(watch)


def _watch_path_call(watch: Watch, name: str) -> None:
    real = getattr(os, name)

    def watched(*arguments: Any, **options: Any) -> Any:
        label = f"{name} {_name_of(arguments[1] if name in {'replace', 'rename', 'link'} else arguments[0])}"
        return watch.point(label, lambda: real(*arguments, **options))

    setattr(os, name, watched)


def _watch_descriptor_call(watch: Watch, module: Any, name: str) -> None:
    real = getattr(module, name)

    def watched(descriptor: Any, *arguments: Any) -> Any:
        return watch.point(f"{name} {_name_of(descriptor)}", lambda: real(descriptor, *arguments))

    setattr(module, name, watched)


def _watch_data_call(watch: Watch, name: str) -> None:
    real = getattr(os, name)

    def watched(descriptor: int, data: Any, *arguments: Any) -> Any:
        def half() -> None:
            real(descriptor, data[: len(data) // 2], *arguments)

        return watch.point(f"{name} {_name_of(descriptor)}", lambda: real(descriptor, data, *arguments), half=half)

    setattr(os, name, watched)


def _watch_opens(watch: Watch) -> None:
    real_open, real_io_open, real_mkstemp = os.open, io.open, tempfile.mkstemp

    def watched_open(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
        if not flags & _WRITES:
            return real_open(path, flags, *arguments, **options)
        return watch.point(f"open {_name_of(path)}", lambda: real_open(path, flags, *arguments, **options))

    def watched_io_open(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        name = _name_of(file) if set(mode) & set("wax+") else PIPE
        if name == PIPE:
            return real_io_open(file, mode, *arguments, **options)
        return _WatchedFile(
            watch.point(f"open {name}", lambda: real_io_open(file, mode, *arguments, **options)), watch, name
        )

    def watched_mkstemp(*arguments: Any, **options: Any) -> tuple[int, str]:
        return watch.point("mkstemp", lambda: real_mkstemp(*arguments, **options))

    os.open = watched_open
    io.open = builtins.open = watched_io_open
    tempfile.mkstemp = watched_mkstemp  # type: ignore[assignment]


def _watch_programs(watch: Watch) -> None:
    real = subprocess.Popen

    class WatchedProgram(real):  # type: ignore[misc,valid-type]
        def __init__(self, arguments: Any, *others: Any, **options: Any) -> None:
            self.label = " ".join(os.path.basename(word) for word in arguments[:-1])
            start = super().__init__
            watch.programs += 1
            watch.point(f"start {self.label}", lambda: start(arguments, *others, **options))

        def communicate(self, *arguments: Any, **options: Any) -> Any:
            communicate = super().communicate

            def finish() -> Any:
                answer = communicate(*arguments, **options)
                watch.programs -= 1
                return answer

            return watch.point(f"finish {self.label}", finish)

    subprocess.Popen = WatchedProgram  # type: ignore[misc,assignment]


def _name_of(file: Any) -> str:
    """Return the last part of a path, or of the path behind a descriptor, without what is random in it."""
    if hasattr(file, "fileno"):
        file = file.fileno()
    if isinstance(file, int):
        try:
            file = os.readlink(f"/proc/self/fd/{file}")
        except OSError:
            return "file"
    name = os.path.basename(os.fspath(file))
    return PIPE if name.startswith("pipe:") else _RANDOM_NAME.sub(".*", str(name))
