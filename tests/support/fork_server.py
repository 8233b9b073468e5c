"""Runs the real command line many times, quickly: a process that has imported everything forks a child for each run.

The server is a process of its own with a single thread, so that a fork is safe; the test talks to it in JSON lines. It
adopts orphans (Linux): a store's program that outlives its killed vzctl is waited for before the run counts as over.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, NoReturn, Self

from tests.support.crash import LOOK, STRUCK, Look, Strike, install
from tests.support.disk import Disk
from tests.support.unmeasured import unmeasured

TOP: Final = Path(__file__).resolve().parents[2]
COULD_NOT_FLUSH: Final = 120
"""The exit status of an interpreter whose last flush failed."""
_PR_SET_CHILD_SUBREAPER: Final = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One or more command lines for one child, one after the other, in a whole environment of their own."""

    commands: Sequence[Sequence[str]]
    environ: Mapping[str, str]
    cwd: str
    stdin: str = ""
    host: str = "first-host"
    seed: str | None = None
    watched: bool = False
    strike: Strike | None = None
    disk: Disk | None = None
    file_size_limit: int | None = None
    streams: Mapping[str, str] = field(default_factory=dict)
    """`stdout` or `stderr` → `closed`, `full`, or `reader gone`; for a child that ends as a program."""
    ends_as_program: bool = False
    """Whether the child ends as a program does, whose interpreter flushes both streams once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a child ended: exit status, or minus the signal. `points` are the labels of what it wrote, in order.

    `struck` is the point at which the strike happened, `looks` are what was seen of the disk that was asked about. A
    stopped child has the status None, lives on as `pid`, and belongs to the test from then on.
    """

    status: int | None
    stdout: str
    stderr: str
    pid: int
    points: tuple[str, ...] = ()
    struck: str | None = None
    statuses: tuple[int, ...] = field(default=())
    looks: tuple[Look, ...] = ()

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout."""
        (found,) = self.documents
        return found

    @property
    def documents(self) -> list[dict[str, Any]]:
        """The JSON documents on stdout, one for each command."""
        found = []
        decoder, text = json.JSONDecoder(), self.stdout.strip()
        while text:
            document, end = decoder.raw_decode(text)
            found.append(document)
            text = text[end:].lstrip()
        return found


class ForkServer:
    """The test's side: start it once, use it as a context manager."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.fork_server"],
            cwd=TOP,
            env=unmeasured(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._process.communicate()

    def run(self, request: Request) -> Ended:
        """Run one child to its end."""
        return self.run_together([request])[0]

    def run_together(self, requests: Sequence[Request]) -> list[Ended]:
        """Run several children at the same time; return when all have ended (or stopped)."""
        return self._ask([asdict(request) for request in requests])

    def wait_for(self, stopped: Ended) -> Ended:
        """Return how a child ended that had stopped, once the test has continued or killed it."""
        return self._ask(stopped.pid)[0]

    def _ask(self, message: object) -> list[Ended]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the fork server died"
        return [_ended(item) for item in json.loads(line)]


def _ended(item: dict[str, Any]) -> Ended:
    lines = item.pop("report").splitlines()
    struck = next((line.removeprefix(STRUCK) for line in lines if line.startswith(STRUCK)), None)
    looks = tuple(Look.read(line) for line in lines if line.startswith(LOOK))
    points = [line.partition(" ")[2] for line in lines if not line.startswith((STRUCK, LOOK))]
    statuses = [int(point.removeprefix("exit ")) for point in points if point.startswith("exit ")]
    return Ended(
        points=tuple(point for point in points if not point.startswith("exit ")),
        struck=struck.partition(" ")[2] if struck is not None else None,
        statuses=tuple(statuses),
        looks=looks,
        **item,
    )


# ---------------------------------------------------------------- the server's side


@dataclass(slots=True)
class _Child:
    pid: int
    stdout: IO[bytes]
    stderr: IO[bytes]
    report: IO[bytes]
    status: int | None = None


def serve() -> None:
    """Answer requests until stdin ends."""
    _import_everything()
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "prctl"):
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    requests, answers = os.fdopen(os.dup(0), "r"), os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    stopped: dict[int, _Child] = {}
    for line in requests:
        message = json.loads(line)
        if isinstance(message, int):
            children = [stopped.pop(message)]
        else:
            children = [_start(item) for item in message]
        _wait(children, stopped)
        answers.write(json.dumps([_answer(child) for child in children]) + "\n")
        answers.flush()


def _import_everything() -> None:
    """Import and warm what every command needs, so that a child only has to run."""
    import importlib
    import pkgutil

    import typer

    import vzctl
    from tests.support.builders import a_state
    from vzctl.domain.masking.redaction import looks_like_secret
    from vzctl.store.schema import format_state, parse_state

    for module in pkgutil.walk_packages(vzctl.__path__, "vzctl."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    importlib.import_module("pyrage")
    parse_state(format_state(a_state()), "warm")
    looks_like_secret("warm")
    # Typer imports most of pydantic when it reads the first argument.
    program = typer.Typer()
    program.command()(_takes_a_number)
    program(["1"], standalone_mode=False)
    # What is frozen is not copied by a collection in each child.
    gc.collect()
    gc.freeze()


def _takes_a_number(number: int) -> None:
    """Do nothing."""


def _start(item: dict[str, Any]) -> _Child:
    strike, disk = item.pop("strike"), item.pop("disk")
    request = Request(
        **item,
        strike=Strike(**strike) if strike is not None else None,
        disk=Disk(**disk) if disk is not None else None,
    )
    stdin, stdout, stderr, report = (_file_in_memory(name) for name in ("stdin", "stdout", "stderr", "report"))
    stdin.write(request.stdin.encode())
    stdin.seek(0)
    pid = os.fork()
    if pid == 0:
        os.dup2(stdin.fileno(), 0)
        os.dup2(stdout.fileno(), 1)
        os.dup2(stderr.fileno(), 2)
        if request.ends_as_program:
            _be_program(request)
        status = 70
        try:
            status = _run(request, report.fileno())
        except BaseException:  # noqa: BLE001  (whatever it is, the child must not go on as a second server)
            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(status)
    stdin.close()
    return _Child(pid, stdout, stderr, report)


def _file_in_memory(name: str) -> IO[bytes]:
    return os.fdopen(os.memfd_create(name), "w+b", buffering=0)


def _run(request: Request, report: int) -> int:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(request.cwd)
    os.environ.clear()
    os.environ.update(request.environ)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0, "r"), os.fdopen(1, "w"), os.fdopen(2, "w")
    socket.gethostname = lambda: request.host
    if request.seed is not None:
        os.urandom = random.Random(request.seed).randbytes
        random._urandom = os.urandom  # type: ignore[attr-defined]
    if request.file_size_limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (request.file_size_limit, request.file_size_limit))
    if request.watched or request.strike is not None:
        install(report, request.strike, request.disk)
    status = 0
    for command in request.commands:
        status = _main(command)
        if len(request.commands) > 1:
            os.write(report, f"0 exit {status}\n".encode())
    return status


def _be_program(request: Request) -> NoReturn:
    """Run one command as the installed program does, and end as an interpreter ends: it flushes both streams once more.

    The rest of its end, where everything is forgotten object by object, would take longer than most commands.
    """
    from vzctl.__main__ import main

    (command,) = request.commands
    sys.argv = ["vzctl", *command]
    os.chdir(request.cwd)
    os.environ.clear()
    os.environ.update(request.environ)
    sys.stdin = os.fdopen(0, "r", closefd=False)
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        is_open = _break(descriptor, request.streams.get(name, ""))
        # As the interpreter opens them: standard error is written line by line.
        buffering = 1 if name == "stderr" else -1
        stream = os.fdopen(descriptor, "w", buffering, errors="backslashreplace", closefd=False) if is_open else None
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    status = 0
    try:
        main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001  (as an interpreter does with what nobody caught)
        traceback.print_exc()
        status = 1
    for output in (sys.stdout, sys.stderr):
        try:
            if output is not None:
                output.flush()
        except OSError:
            status = COULD_NOT_FLUSH
    os._exit(status)


def _break(descriptor: int, how: str) -> bool:
    """Make a descriptor one that nothing can be written to; return whether it is still open."""
    if how == "closed":
        os.close(descriptor)
    elif how == "full":
        os.dup2(os.open("/dev/full", os.O_WRONLY), descriptor)
    elif how == "reader gone":
        reading, writing = os.pipe()
        os.close(reading)
        os.dup2(writing, descriptor)
    return how != "closed"


def _main(command: Sequence[str]) -> int:
    from vzctl.__main__ import run

    sys.argv = ["vzctl", *command]
    try:
        run()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    sys.stdout.flush()
    sys.stderr.flush()
    return status


def _wait(children: Sequence[_Child], stopped: dict[int, _Child]) -> None:
    """Wait for the children, and for every orphan that they left. A child that stops goes to `stopped`."""
    by_pid = {child.pid: child for child in children}
    while _children() - stopped.keys():
        pid, status = os.waitpid(-1, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            stopped[pid] = by_pid[pid]
        else:
            stopped.pop(pid, None)
            if pid in by_pid:
                by_pid[pid].status = os.waitstatus_to_exitcode(status)


def _children() -> set[int]:
    """Return the processes whose parent this is, adopted orphans included."""
    return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


def _answer(child: _Child) -> dict[str, Any]:
    texts = {}
    for name, file in (("stdout", child.stdout), ("stderr", child.stderr), ("report", child.report)):
        file.seek(0)
        texts[name] = file.read().decode(errors="surrogateescape")
    return {"pid": child.pid, "status": child.status, **texts}


if __name__ == "__main__":
    serve()
