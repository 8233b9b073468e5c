"""A bug gives no key away either; and the search for keys finds them: commands that leak on purpose turn it red."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import typer

from tests.support.canary import canary, places_with
from tests.support.cli import Cli, Result
from vzctl.cli.flags import ChangeCommand
from vzctl.cli.main import app
from vzctl.cli.noun import changes, lone
from vzctl.cli.options import SecretStdinOption
from vzctl.cli.run import run
from vzctl.cli.secret_input import SecretFlags
from vzctl.errors import ConflictError, ExitStatus
from vzctl.store.state_store import Change
from vzctl.usecases.outcome import Outcome

KEY: Final = canary(42)


def program_with(name: str, command: Any) -> Any:
    """Return a copy of the whole command tree with one command more."""
    more = lone()
    changes(more, name)(command)
    program: Any = typer.main.get_command(app)
    program.commands = {**program.commands, name: typer.main.get_command(more)}
    assert isinstance(program.commands[name], ChangeCommand)
    return program


def run_with(cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str, command: Any, *words: str) -> Result:
    program = program_with(name, command)
    monkeypatch.setattr("tests.support.cli._command", lambda: program)
    return cli.run(name, "--secret-stdin", "-v", *words, stdin=KEY, env={"COLUMNS": "2000"})


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """A user with a state."""
    return Cli.create(tmp_path / "user").init()


def crash(context: typer.Context, how: str, secret_stdin: SecretStdinOption = False) -> None:
    """Crash while the key is in hand."""

    def work(c: Any, world: Any) -> Outcome[Any]:
        secret = world.secret_source(SecretFlags(secret_stdin), prompt="")()
        text = secret.reveal()
        if how == "message":
            raise RuntimeError(f"cannot use {text}")
        if how == "cause":
            try:
                int(text)
            except ValueError as error:
                raise RuntimeError("not a number") from error
        if how == "context":
            try:
                text.encode().decode("utf-16")
                int(text)
            except ValueError:
                _ = {}[text]
        if how == "plan":
            c.state_store.update(lambda _: {}[text])
        if how == "render":
            return Outcome(data=secret)
        raise AssertionError(how)

    run(context, work)


@pytest.mark.parametrize("output", ["human", "plain", "json"])
@pytest.mark.parametrize("how", ["message", "cause", "context", "plan", "render"])
def test_a_bug_with_a_key_in_hand_shows_none_of_it(
    how: str, output: str, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cli.state.read_bytes()
    result = run_with(cli, monkeypatch, "crash", crash, how, "-o", output)
    if (how, output) == ("render", "human"):
        assert result.status == ExitStatus.OK  # a change shows people its summary only
    else:
        assert result.status == ExitStatus.INTERNAL
        assert "Traceback" not in result.err
        logs = list((cli.folder / "state" / "vzctl" / "debug").glob("*.log"))
        assert len(logs) == 1
        assert str(logs[0]) in result.err
        assert "test_canary_bugs.py" in logs[0].read_text(encoding="utf-8") or how == "render"
    assert places_with([KEY], result, cli) == []
    assert cli.state.read_bytes() == before


def leak(context: typer.Context, where: str, secret_stdin: SecretStdinOption = False) -> None:
    """Leak on purpose."""

    def work(c: Any, world: Any) -> Outcome[Any]:
        text = world.secret_source(SecretFlags(secret_stdin), prompt="")().reveal()
        summary: tuple[str, ...] = ()
        if where == "stdout":
            print(f"the key is {text}")
        elif where == "stderr":
            print(f"the key begins with {text[:14]}", file=sys.stderr)
        elif where == "talk":
            summary = (f"added {text}",)
        elif where == "error":
            raise ConflictError(f"cannot add {text[3:20]}", code="LEAKED")
        elif where == "audit":
            c.state_store.note(Change("leak", (), (f"used {text}",)))
        else:
            leak_into_a_file(where, text, c.local_folder.path)
        return Outcome(data=None, summary=summary)

    run(context, work)


def leak_into_a_file(where: str, text: str, folder: Path) -> None:
    """Write the key into a file, as it is or in another writing."""
    name, data = {
        "backup": ("backups/00000001.toml", f'key = "{text.upper()}"'),
        "cache": ("cache/names.json", base64.b64encode(f'{{"key": "{text}"}}'.encode()).decode()),
        "lock": ("lock", text.encode().hex()),
        "home": (str(Path.home() / ".vzctl_history"), text[::-1]),
        "name": (f"{text}.tmp", ""),
    }[where]
    (folder / name).write_text(data, encoding="utf-8")


@pytest.mark.parametrize(
    ("where", "place"),
    [
        ("stdout", "stdout"),
        ("stderr", "stderr"),
        ("talk", "stderr"),
        ("error", "stderr"),
        ("audit", "/state/vzctl/default/state.toml.d/audit.jsonl"),
        ("backup", "/state/vzctl/default/state.toml.d/backups/00000001.toml"),
        ("cache", "/state/vzctl/default/state.toml.d/cache/names.json"),
        ("lock", "/state/vzctl/default/state.toml.d/lock"),
        ("home", "/home/.vzctl_history"),
        ("name", f"the name of /state/vzctl/default/state.toml.d/{KEY}.tmp"),
    ],
)
def test_a_command_that_leaks_on_purpose_is_found(
    where: str, place: str, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run_with(cli, monkeypatch, "leak", leak, where, "-o", "plain")
    assert result.status in (ExitStatus.OK, ExitStatus.CONFLICT), result.err
    assert places_with([KEY], result, cli) == [place]
