"""How much of vzctl a maintainer must read to follow one command: the files it enters, and the lines that there are.

    make metrics
    python benchmarks/files_entered.py [--list]     with --list, the files in the order in which they are entered

A file is entered when a function of it is called while the command runs. What runs while a module is imported does not count:
nobody must read it to follow the command. Each command runs in a fresh process under `sys.setprofile`.
"""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final, Self

TOP: Final = Path(__file__).resolve().parents[1]
if str(TOP) not in sys.path:
    sys.path.insert(0, str(TOP))

from benchmarks.measure import PYTHON, Place  # noqa: E402  (found only now, when this is run as a script)

RECORD: Final = "--record"
LIST: Final = "--list"
LONGEST_SOURCE: Final = 33_000
NAME: Final = "credential-0"


@dataclass(frozen=True, slots=True)
class Measured:
    """A command, the files it entered in that order, and how many there should be at most (None: no target)."""

    title: str
    files: list[str]
    target: int | None = None

    @property
    def line(self) -> str:
        """The figure, as it is printed."""
        return figure(self.title, len(self.files), "files", self.target)


class EnteredFiles:
    """The files below a folder whose functions are called, outside imports, in the order of the first call."""

    def __init__(self, folder: Path) -> None:
        self.names: dict[str, None] = {}
        self._prefix = f"{folder}/"
        self._thread = threading.local()

    def __enter__(self) -> Self:
        """Begin to record, in this thread and in those that are started from now on."""
        threading.setprofile(self.profile)
        sys.setprofile(self.profile)
        return self

    def __exit__(self, *_error: object) -> None:
        sys.setprofile(None)
        threading.setprofile(None)

    def profile(self, frame: FrameType, event: str, _argument: Any) -> None:
        """Take note of a call; `sys.setprofile` calls this for every call and return."""
        if event not in {"call", "return"}:
            return
        code = frame.f_code
        if code.co_name == "<module>":
            self._thread.imports = self._imports() + (1 if event == "call" else -1)
        elif event == "call" and not self._imports():
            self._enter(code)

    def _imports(self) -> int:
        """Return how many modules are being imported, one by the other, in this thread."""
        depth: int = getattr(self._thread, "imports", 0)
        return depth

    def _enter(self, code: CodeType) -> None:
        is_function = code.co_flags & inspect.CO_OPTIMIZED  # not the body of a class
        if is_function and code.co_filename.startswith(self._prefix):
            self.names[code.co_filename.removeprefix(self._prefix)] = None


def record(report: Path, words: list[str]) -> None:
    """Run vzctl with these arguments in this process and write the files it enters to `report`; raise `SystemExit` as it does."""
    import vzctl
    from vzctl.__main__ import main

    sys.argv = ["vzctl", *words]
    entered = EnteredFiles(Path(vzctl.__file__).parent)
    try:
        with entered:
            main()
    finally:
        report.write_text(json.dumps(list(entered.names)), encoding="utf-8")


def files_entered(place: Place, words: list[str]) -> list[str]:
    """Return the files that a command enters, in a process of its own; raise `RuntimeError` when the command fails."""
    report = place.folder / "entered.json"
    report.unlink(missing_ok=True)
    done = subprocess.run(
        [PYTHON, __file__, RECORD, str(report), *words],
        env=place.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"exit status {done.returncode}: {words}\n{done.stderr}")
    files: list[str] = json.loads(report.read_text(encoding="utf-8"))
    return files


def scope_add(place: Place) -> list[Measured]:
    """`scope add`, with a database that is not yet in the scope."""
    state = str(place.state(1, 2, 1))
    words = ["--state", state, "scope", "add", NAME]
    return [Measured("scope add", files_entered(place, [*words, "database-0", "database-1"]), 25)]


def local_rotation(place: Place) -> list[Measured]:
    """`credentials rotate` on a local control plane with the `file` store: without and with a test of the new key."""
    from tests.support.standin.providers import Account, Providers
    from tests.support.standin.server import StandIn

    key = place.folder / "key"
    state = str(place.state(1, 1, 1))
    words = ["--state", state, "credentials", "rotate", NAME, "--secret-file", str(key), "--yes"]
    with StandIn() as stand_in:
        _configure(place, Providers(stand_in, everyone=Account()).configuration)
        key.write_text("sk-made-up-for-a-measurement-1\n", encoding="utf-8")
        untested = files_entered(place, [*words, "--skip-test"])
        key.write_text("sk-made-up-for-a-measurement-2\n", encoding="utf-8")
        tested = files_entered(place, words)
    return [
        Measured("local rotation, --skip-test", untested, 35),
        Measured("local rotation, new key tested over HTTP", tested),
    ]


def _configure(place: Place, providers: str) -> None:
    """Make an identity and a configuration with the `file` store and the providers' addresses."""
    import pyrage

    folder = place.folder / ".config" / "vzctl"
    folder.mkdir(parents=True)
    identity = pyrage.x25519.Identity.generate()
    (folder / "identity.txt").write_text(f"{identity}\n", encoding="utf-8")
    (folder / "identity.txt").chmod(0o600)
    lines = ["[secrets]", 'store = "file"', "[secrets.file]", f'recipients = ["{identity.to_public()}"]']
    lines += [f'identity_file = "{folder / "identity.txt"}"', providers]
    (folder / "config.toml").write_text("\n".join(lines), encoding="utf-8")


def lines_of_python(folder: Path) -> int:
    """Return how many lines all Python files below a folder have."""
    return sum(path.read_bytes().count(b"\n") for path in folder.rglob("*.py"))


def figure(title: str, number: int, unit: str, target: int | None) -> str:
    """Return a line of the report; a number over its target is marked."""
    line = f"{title:<42} {number:>7,} {unit:<5}"
    if target is None:
        return line.rstrip()
    return f"{line}  target <= {target:,}{'' if number <= target else '  MISSED'}"


def main(arguments: list[str]) -> int:
    """Print the figures; return the exit status, which a missed target does not change."""
    if arguments not in ([], [LIST]):
        print(__doc__, file=sys.stderr)
        return 2
    measure: Callable[[Place], list[Measured]]
    for measure in (scope_add, local_rotation):
        with tempfile.TemporaryDirectory() as folder:
            for measured in measure(Place(Path(folder))):
                print(measured.line)
                if arguments:
                    print("".join(f"    {name}\n" for name in measured.files), end="")
    print(figure("Python in src", lines_of_python(TOP / "src"), "lines", LONGEST_SOURCE))
    print(figure("Python in tests", lines_of_python(TOP / "tests"), "lines", None))
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == [RECORD]:
        record(Path(sys.argv[2]), sys.argv[3:])
    sys.exit(main(sys.argv[1:]))
