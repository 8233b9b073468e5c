"""The command line as a user runs it: inside this process, quickly, or the installed program as a process of its own.

Both work on real files: a home of their own with a configuration that chooses the `file` store.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import IO, Any, Final

import pytest
import tomli
import typer

from tests.support.paths import with_paths_as
from vzctl.cli.main import app

SHOP: Final = "11111111-1111-4111-8111-111111111111"
LOGS: Final = "22222222-2222-4222-8222-222222222222"
PROCESS_LIMIT_SECONDS: Final = 600
"""For a program that hangs. One that works may take long on a busy machine, and a test has nothing to say about that."""

_SHAPES: Final = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "2026-01-31T12:00:00Z"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00"), "2026-01-31 12:00:00+00:00"),
    (re.compile(r"hm:[0-9a-f]{16}"), "hm:ffffffffffffffff"),
    (re.compile(r"\bvzt_[0-9a-f]{12}_[0-9a-f]{64}\b"), f"vzt_iiiiiiiiiiii_{'f' * 64}"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b"), None),
    (re.compile(r"(?<![0-9a-f-])[0-9a-f]{12}(?![0-9a-f-])"), "iiiiiiiiiiii"),
    (re.compile(r"\bage1[0-9a-z]{58}\b"), "age1recipient"),
)
_KEPT_IDS: Final = re.compile(r"(\d)\1{7}-")


@dataclass(frozen=True, slots=True)
class Result:
    """What a command leaves: the exit status and both streams."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """The lines of stdout."""
        return self.out.splitlines()

    @property
    def rows(self) -> list[list[str]]:
        """The cells of plain output."""
        return [line.split("\t") for line in self.lines]

    @property
    def facts(self) -> dict[str, str]:
        """The plain output of one thing, by key."""
        return {key: value for key, _, value in (line.partition("\t") for line in self.lines)}

    @property
    def error(self) -> str:
        """The error's first line, without `error: `."""
        first = self.err.splitlines()[0] if self.err else ""
        return first.removeprefix("error: ")


@cache
def identity() -> tuple[str, str]:
    """Return an age identity, private and public, made once for the whole run."""
    import pyrage

    private = pyrage.x25519.Identity.generate()
    return str(private), str(private.to_public())


@dataclass(frozen=True, slots=True)
class Cli:
    """A user of vzctl: home, configuration, state file and environment, all below one folder."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def create(cls, folder: Path, *, store: str = "file") -> Cli:
        """Make the home of a user whose secrets are in the store of that name; `file` has a private key."""
        folder.mkdir(parents=True, exist_ok=True)
        places = {
            "HOME": folder / "home",
            "XDG_CONFIG_HOME": folder / "config",
            "XDG_STATE_HOME": folder / "state",
            "XDG_CACHE_HOME": folder / "cache",
            "XDG_DATA_HOME": folder / "data",
        }
        for place in places.values():
            place.mkdir(mode=0o700, exist_ok=True)
        cli = cls(folder, {**{name: str(place) for name, place in places.items()}, "LOGNAME": "tester"})
        private, public = identity()
        (folder / "identity.txt").write_text(f"{private}\n", encoding="utf-8")
        (folder / "identity.txt").chmod(0o600)
        cli.configure(
            f'[secrets]\nstore = "{store}"\n[secrets.file]\nrecipients = ["{public}"]\n'
            f'identity_file = "{folder / "identity.txt"}"\n'
        )
        return cli

    @property
    def configuration(self) -> str:
        """The user's configuration."""
        return (self.folder / "config" / "vzctl" / "config.toml").read_text(encoding="utf-8")

    def configure(self, text: str) -> None:
        """Replace the user's configuration."""
        path = self.folder / "config" / "vzctl" / "config.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    @property
    def state(self) -> Path:
        """The state file of this user's profile."""
        profile = self.environment.get("VZCTL_PROFILE", "default")
        return self.folder / "state" / "vzctl" / profile / "state.toml"

    def rewind(self, serial: int) -> None:
        """Put the file of an earlier serial in place, as a crash left it: nothing newer was written."""
        self.check_out(serial)
        (self.state.parent / "state.toml.d" / "newest.toml").unlink()

    def check_out(self, serial: int) -> None:
        """Put the file of an earlier serial in place, as a checkout of the repository does."""
        backup = self.state.parent / "state.toml.d" / "backups" / f"{serial:08d}.toml"
        self.state.write_bytes(backup.read_bytes())

    def text(self) -> str:
        """Return the state as it is stored."""
        return self.state.read_text(encoding="utf-8")

    def put_text(self, text: str) -> None:
        """Put another text in the place of the state, as a person who edits it does."""
        self.state.write_text(text, encoding="utf-8")

    def document(self) -> dict[str, Any]:
        """Return the state, parsed by somebody else than vzctl."""
        return tomli.loads(self.text())

    def everything(self) -> dict[str, bytes]:
        """Return every file of the state by its path, to see that nothing changed.

        No change are: who last held the lock, and which test items of a store that failed its test may be left there.
        """
        root = self.folder / "state"
        files = [path for path in sorted(root.rglob("*")) if path.is_file()]
        files = [path for path in files if path.name != "lock" and path.parent.name != "canaries"]
        return {str(path.relative_to(root)): path.read_bytes() for path in files}

    def run(
        self, *words: str, stdin: str | bytes = b"", env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> Result:
        """Run inside this process. `stdin` is a pipe with these bytes; neither stream is a terminal."""
        data = stdin.encode() if isinstance(stdin, str) else stdin
        command: Any = _command()
        with (
            _environment({**self.environment, **(env or {})}),
            _directory(cwd or self.folder),
            _streams(data) as streams,
        ):
            status = command.main(list(words), "vzctl", standalone_mode=False)
            return Result(int(status), *(stream.getvalue().decode() for stream in streams))

    def ok(self, *words: str, stdin: str | bytes = b"", env: Mapping[str, str] | None = None) -> Result:
        """Run, and fail the test with what was said unless the exit status is 0."""
        result = self.run(*words, stdin=stdin, env=env)
        assert result.status == 0, f"{shlex.join(words)} ended with {result.status}: {result.err}{result.out}"
        return result

    def process(self, *words: str, **options: Any) -> Result:
        """Run the installed program as a process of its own; `options` as those of `program`."""
        return self.program(installed_command(), *words, **options)

    def program(
        self,
        command: Sequence[str],
        *words: str,
        stdin: str | bytes | IO[bytes] | int = b"",
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        **options: Any,
    ) -> Result:
        """Run a program with this user's homes. `stdin` is what comes through a pipe, or an open file."""
        given: dict[str, Any] = {"stdin": stdin}
        if isinstance(stdin, str | bytes):
            given = {"input": stdin.encode() if isinstance(stdin, str) else stdin}
        done = subprocess.run(
            [*command, *words],
            env=self.process_environment(env),
            cwd=cwd or self.folder,
            capture_output=True,
            timeout=PROCESS_LIMIT_SECONDS,
            check=False,
            **given,
            **options,
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    def process_environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment of a child: the test's, with this user's homes. An empty value takes a name away."""
        merged = {**os.environ, **self.environment, **(extra or {})}
        return {name: value for name, value in merged.items() if value}

    def neat(self, text: str) -> str:
        """Return the text with what differs from run to run in one form of the same length; ids that a test chose stay."""
        text = with_paths_as(text, dict.fromkeys((str(self.folder), os.path.realpath(self.folder)), "/home/me"))
        for shape, replacement in _SHAPES:
            text = shape.sub(_neat_id if replacement is None else replacement, text)
        return "".join(line.rstrip(" ") + "\n" for line in text.splitlines())

    # Steps that many tests begin with.

    def init(self, plane: str = "local") -> Cli:
        """Make a state with one ACTIVE database `shop`."""
        self.ok("init", "--control-plane", plane)
        self.ok("databases", "add", "shop", "--id", SHOP, "--region", "us-east1")
        return self

    def add(self, name: str = "openai-prod", *words: str, key: str = "sk-first", provider: str = "openai") -> Cli:
        """Add a credential that database `shop` may use."""
        scope = [] if "--scope" in words else ["--scope", "shop"]
        result = self.run(
            "credentials", "add", name, "--provider", provider, *scope, *words, "--secret-stdin", stdin=key
        )
        assert result.status in (0, 14), result.err
        return self

    def attest_all(self) -> Cli:
        """On `astra`: say that everything wanted is done."""
        self.ok("pending", "confirm", "--all")
        return self

    def collect(self, address: str = "shop/default/products", credential: str = "openai-prod") -> Cli:
        """Record a collection that uses the credential."""
        words = ("--provider", "openai", "--model", "text-embedding-3-small", "--dimension", "1536")
        self.ok("collections", "add", address, *words, "--credential", credential)
        return self

    def rotate(self, name: str = "openai-prod", *words: str, key: str = "sk-second") -> Result:
        """Rotate without a question and without a test of the key."""
        return self.run("credentials", "rotate", name, "--secret-stdin", "--skip-test", "--yes", *words, stdin=key)


def days_ago(days: int) -> str:
    """Return a moment for `--set-at`; the age is then exactly that many days, whenever the test runs."""
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")


def every_command() -> Iterator[tuple[str, Any]]:
    """Yield `status`, `credentials add`, … with the command itself: every command that is no noun."""
    yield from _commands_in(_command())


def _commands_in(group: Any, words: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if getattr(command, "commands", None) is None:
            yield f"{words}{name}", command
        else:
            yield from _commands_in(command, f"{words}{name} ")


def installed_command() -> list[str]:
    """Return the program: VZCTL_TEST_COMMAND, or the one beside this Python."""
    chosen = os.environ.get("VZCTL_TEST_COMMAND")
    return shlex.split(chosen) if chosen else [str(Path(sys.executable).with_name("vzctl"))]


@cache
def _command() -> Any:
    return typer.main.get_command(app)


def _neat_id(found: re.Match[str]) -> str:
    return found[0] if _KEPT_IDS.match(found[0]) else "dddddddd-dddd-4ddd-8ddd-dddddddddddd"


class _Unclosed(io.BytesIO):
    """Bytes that outlive the text stream around them."""

    def close(self) -> None:
        pass


@contextlib.contextmanager
def _streams(data: bytes) -> Iterator[tuple[_Unclosed, _Unclosed]]:
    before = sys.stdin, sys.stdout, sys.stderr
    out, err = _Unclosed(), _Unclosed()
    sys.stdin = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
    sys.stderr = io.TextIOWrapper(err, encoding="utf-8", write_through=True)
    try:
        yield out, err
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdin, sys.stdout, sys.stderr = before


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, value in variables.items():
            if value:
                monkeypatch.setenv(name, value)
            else:
                monkeypatch.delenv(name, raising=False)
        yield


@contextlib.contextmanager
def _directory(path: Path) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)
