"""Moving secrets while a version is in doubt: bytes that were written, and of which the state does not say so yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from tests.support.cli import Cli, Result
from tests.usecases.meanwhile import before_reading, before_the_lock, context_of
from tests.usecases.test_secrets import age_files, exec_files
from vzctl.cli.flags import Flags
from vzctl.cli.wiring import Services
from vzctl.errors import ConflictError, ExitStatus
from vzctl.secret import Secret
from vzctl.usecases.context import Context, Question
from vzctl.usecases.secrets.migrate import migrate_secrets
from vzctl.usecases.secrets.token import PutToken, put_token
from vzctl.vault.base import SecretItem, SecretStore

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


class Watched:
    """A store in front of which something happens before the first version of a credential is read."""

    def __init__(self, store: SecretStore, version: str, action: Callable[[], object]) -> None:
        self._store, self._version, self._action = store, version, action

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def read(self, item: SecretItem) -> Secret | None:
        if item.version_id == self._version:
            self._action()
        return self._store.read(item)


def exec_store() -> SecretStore:
    """Return the store to move from."""
    return Services(Flags(yes=True), "test").open_store("exec")


def move(context: Context, open_source: Callable[[], SecretStore] = exec_store) -> None:
    """Move everything from the exec store to age files."""
    migrate_secrets(context, open_source, delete_source=True)


def in_source(cli: Cli, *words: str, stdin: str = "") -> None:
    """Run a command of a user who still has the exec store."""
    assert cli.run(*words, stdin=stdin, env=TO_EXEC).status == 0


def rotate_in_source(cli: Cli) -> None:
    in_source(cli, "credentials", "rotate", "openai-prod", "--secret-stdin", "--skip-test", "--yes", stdin="sk-second")


@pytest.fixture
def source(cli: Cli) -> Path:
    """The folder of an exec store with one key; the user has just chosen the file store."""
    folder = cli.folder / "exec"
    folder.mkdir()
    cli.configure(cli.configuration + FORGETFUL.format(folder=folder))
    cli.environment.update(TO_EXEC)
    cli.init().add(key="sk-first")
    cli.environment["VZCTL_SECRET_STORE"] = "file"
    return folder


def in_target(cli: Cli) -> list[str]:
    """Return what the file store says of each version that the state says is stored."""
    facts = cli.run("secrets", "status", "--check", "-o", "plain").facts
    return [facts[f"secrets.{n}.in_store"] for n in range(9) if facts.get(f"secrets.{n}.held") == "true"]


@pytest.mark.parametrize("nth", [2, 3, 4])
def test_a_key_that_another_command_stores_in_the_source_meanwhile_moves_too(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, source: Path, nth: int
) -> None:
    context = before_reading(cli, monkeypatch, lambda: rotate_in_source(cli), nth=nth)
    move(replace(context, confirm=lambda question: False))  # --yes: nothing was shown
    assert (exec_files(source), in_target(cli)) == ([], ["present", "present"])


def test_what_was_added_while_the_user_was_asked_is_asked_about_again(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, source: Path
) -> None:
    asked: list[Question] = []

    def answer(question: Question) -> None:
        asked.append(question)
        rotate_in_source(cli)

    with pytest.raises(ConflictError) as caught:
        move(context_of(cli, monkeypatch, confirm=answer))
    assert (caught.value.code, exec_files(source), age_files(cli)) == (
        "CHANGED_MEANWHILE",
        ["sk-first", "sk-second"],
        [],
    )
    assert asked[0].lines == ("  each is deleted in exec once file gives it out",)


def test_a_key_that_is_deleted_while_others_are_copied_is_not_missed(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, source: Path
) -> None:
    rotate_in_source(cli)
    old = cli.document()["credentials"][0]["previous"][0]
    revoke: Callable[[], object] = lambda: in_source(cli, "revocations", "done", "openai-prod", "--yes")  # noqa: E731
    context = context_of(cli, monkeypatch, confirm=lambda question: False)
    watched = cast("SecretStore", Watched(exec_store(), old, revoke))
    move(context, lambda: watched)
    assert (exec_files(source), in_target(cli)) == ([], ["present"])
