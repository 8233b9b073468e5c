"""Moving secrets while a version is in doubt: bytes that were written, and of which the state does not say so yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import Cli, Result
from tests.usecases.meanwhile import before_the_lock
from tests.usecases.test_secrets import age_files, exec_files
from vzctl.errors import ExitStatus
from vzctl.secret import Secret
from vzctl.usecases.secrets.token import PutToken, put_token

FORGETFUL = """\
[secrets.exec]
get = ["sh", "-c", "if [ -e broken ] && grep -q sk-second {folder}/$0; then exit 1; fi; cat {folder}/$0", "{{item}}"]
set = ["sh", "-c", "mkdir -p {folder}/$(dirname $0) && cat > {folder}/$0", "{{item}}"]
delete = ["rm", "-f", "{folder}/{{item}}"]
"""
"""A store that keeps everything, and does not give out the second key while there is a file `broken`."""
TO_EXEC = {"VZCTL_SECRET_STORE": "exec"}
TOKEN = "AstraCS:first:Zq9fXw3Lm7Kp2Vr8"


@pytest.fixture
def store(cli: Cli) -> Path:
    """The folder of a store that failed in the middle of a rotation and of a credential's beginning, and works again."""
    folder = cli.folder / "exec"
    folder.mkdir()
    cli.configure(cli.configuration + FORGETFUL.format(folder=folder))
    cli.environment.update(TO_EXEC)
    cli.init().add(key="sk-first")
    (cli.folder / "broken").touch()
    failed = cli.rotate(key="sk-second")
    assert (failed.status, exec_files(folder)) == (ExitStatus.SECRET_STORE, ["sk-first", "sk-second"])
    (cli.folder / "broken").unlink()
    return folder


def to_file(cli: Cli, *words: str) -> Result:
    return cli.run("secrets", "migrate", "--source", "exec", *words, env={"VZCTL_SECRET_STORE": "file"})


def next_command(result: Result) -> str:
    (line,) = [line.strip() for line in result.err.splitlines() if line.strip().startswith("next: ")]
    return line.removeprefix("next: ")


def test_a_staged_key_in_doubt_moves_with_the_others(cli: Cli, store: Path) -> None:
    dry = to_file(cli, "--dry-run")
    assert dry.err == "would copy 1 secret from exec to file, and 1 more if exec holds it\n"
    moved = to_file(cli, "--delete-source", "--yes")
    assert (moved.err, exec_files(store), len(age_files(cli))) == (
        "copied 2 secrets from exec to file, each read back\n",
        [],
        2,
    )
    resumed = cli.run("rotations", "resume", "openai-prod", "--yes", env={"VZCTL_SECRET_STORE": "file"})
    assert (resumed.status, cli.document()["rotations"][0]["step"]) == (0, "DONE")


def test_what_was_never_written_is_not_missed(cli: Cli, store: Path) -> None:
    pending = cli.document()["credentials"][0]["pending"]
    next(store.rglob(pending)).unlink()
    moved = to_file(cli, "--delete-source", "--yes")
    assert (moved.err, exec_files(store)) == ("copied 1 secret from exec to file, each read back\n", [])


def test_another_key_than_the_one_that_was_begun_is_not_deleted_unseen(cli: Cli, store: Path) -> None:
    pending = next(store.rglob(cli.document()["credentials"][0]["pending"]))
    pending.write_text("sk-sec", encoding="utf-8")
    assert to_file(cli, "--yes").err == "copied 1 secret from exec to file, each read back\n"
    refused = to_file(cli, "--delete-source", "--yes")
    assert (refused.status, refused.error, exec_files(store)) == (
        ExitStatus.SECRET_STORE,
        'exec holds another key of "openai-prod" than the one that was begun; nothing was deleted',
        ["sk-first", "sk-sec"],
    )
    assert next_command(refused) == "vzctl rotations resume openai-prod"
    here = {"VZCTL_SECRET_STORE": "file"}
    resume = ("rotations", "resume", "openai-prod", "--secret-stdin", "--yes")
    assert cli.run(*resume, stdin="sk-second", env=here).status == 0
    assert to_file(cli, "--delete-source", "--yes").status == 0
    assert (exec_files(store), len(age_files(cli))) == ([], 2)


def test_what_the_target_has_right_is_deleted_in_the_source_whatever_it_is_there(cli: Cli, store: Path) -> None:
    assert to_file(cli, "--yes").status == 0
    next(store.rglob(cli.document()["credentials"][0]["pending"])).write_text("sk-sec", encoding="utf-8")
    assert to_file(cli, "--delete-source", "--yes").err == (
        "copied 0 secrets from exec to file, each read back; 2 there already\n"
    )
    assert exec_files(store) == []


def test_the_first_key_in_doubt_is_handed_in_again(cli: Cli, store: Path) -> None:
    (cli.folder / "broken").touch()
    add = ("credentials", "add", "other", "--provider", "openai")
    assert cli.run(*add, "--secret-stdin", stdin="sk-second-other").status == ExitStatus.SECRET_STORE
    next(store.rglob(cli.document()["credentials"][1]["pending"])).write_text("sk-sec", encoding="utf-8")
    (cli.folder / "broken").unlink()
    refused = to_file(cli, "--delete-source", "--yes")
    assert (refused.status, next_command(refused)) == (ExitStatus.SECRET_STORE, " ".join(("vzctl", *add)))
    here = {"VZCTL_SECRET_STORE": "file"}
    assert cli.run(*add, "--secret-stdin", stdin="sk-second-other", env=here).status == 0
    assert to_file(cli, "--delete-source", "--yes").status == 0
    assert (exec_files(store), len(age_files(cli))) == ([], 3)


def test_a_key_that_is_given_back_in_doubt_is_handed_in_again(cli: Cli, store: Path) -> None:
    current = cli.document()["credentials"][0]["current"]
    text = cli.state.read_text(encoding="utf-8")
    cli.state.write_text(text.replace("held = true", "held = false"), encoding="utf-8")
    next(store.rglob(current)).write_text("sk-fir", encoding="utf-8")
    refused = to_file(cli, "--delete-source", "--yes")
    assert (refused.status, next_command(refused)) == (ExitStatus.SECRET_STORE, "vzctl secrets put openai-prod")


def test_a_token_that_was_begun_moves_too(cli: Cli, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(Exception):
        pass

    def kill() -> None:
        raise Killed

    with pytest.raises(Killed):
        put_token(before_the_lock(cli, monkeypatch, kill, nth=2), PutToken(lambda: Secret(TOKEN)))
    assert exec_files(store) == [TOKEN, "sk-first", "sk-second"]
    assert to_file(cli, "--delete-source", "--yes").err == "copied 3 secrets from exec to file, each read back\n"
    assert (exec_files(store), len(age_files(cli))) == ([], 3)
    assert to_file(cli, "--delete-source", "--yes").err == (
        "copied 0 secrets from exec to file, each read back; 1 there already\n"
    )
    assert cli.ok("secrets", "purge", "--yes", env={"VZCTL_SECRET_STORE": "file"}).err == (
        "deleted 1 secret from the store\n"
    )
    assert len(age_files(cli)) == 2
