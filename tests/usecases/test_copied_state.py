"""A copy of a state (another profile, a second clone) shares its secrets: what the copy deletes, the original may still use."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.cli import Cli, Result
from tests.usecases.test_secrets import exec_files
from vzctl.errors import ExitStatus

EXEC = """\
[secrets.exec]
get = ["sh", "-c", "test -e {folder}/$0 || exit 1; cat {folder}/$0", "{{item}}"]
set = ["sh", "-c", "mkdir -p {folder}/$(dirname $0) && cat > {folder}/$0", "{{item}}"]
delete = ["rm", "-f", "{folder}/{{item}}"]
"""


@pytest.fixture
def original(cli: Cli) -> Cli:
    """A user whose secrets are in a password manager that every profile shares."""
    folder = cli.folder / "exec"
    folder.mkdir()
    cli.configure(cli.configuration + EXEC.format(folder=folder))
    cli.environment["VZCTL_SECRET_STORE"] = "exec"
    return cli.init().add(key="sk-first")


def stored(cli: Cli) -> list[str]:
    return exec_files(cli.folder / "exec")


def copied(cli: Cli, name: str = "copy") -> Path:
    """Copy the folder of the state, as `cp -r` does, and return the path of the copy's state."""
    shutil.copytree(cli.state.parent, cli.folder / name)
    return cli.folder / name / cli.state.name


def in_copy(cli: Cli, copy: Path, *words: str, stdin: str = "") -> Result:
    return cli.run(*words, stdin=stdin, env={"VZCTL_STATE": str(copy)})


def kept(cli: Cli, name: str = "openai-prod", why: str = "uses it") -> str:
    return f'warning: a secret of "{name}" was not deleted: "{cli.state}", a copy of this state, {why}'


def test_what_is_removed_in_a_copy_stays_for_the_original(original: Cli) -> None:
    copy = copied(original)
    removed = in_copy(original, copy, "credentials", "remove", "openai-prod", "--yes")
    assert (removed.status, kept(original) in removed.err, stored(original)) == (0, True, ["sk-first"])
    purged = in_copy(original, copy, "secrets", "purge", "--yes")
    assert (purged.status, kept(original) in purged.err, stored(original)) == (0, True, ["sk-first"])
    assert original.run("secrets", "status", "--check").facts["secrets.0.in_store"] == "present"


def test_once_the_original_needs_it_no_longer_a_purge_deletes_it(original: Cli) -> None:
    copy = copied(original)
    in_copy(original, copy, "credentials", "remove", "openai-prod", "--yes")
    check = in_copy(original, copy, "state", "check", "--no-exit-code")
    assert check.facts["problems.0.code"] == "SECRET_LEFT_OVER"
    original.ok("credentials", "remove", "openai-prod", "--yes")
    assert stored(original) == []
    assert in_copy(original, copy, "secrets", "purge", "--yes").status == 0
    assert "problems.0.code" not in in_copy(original, copy, "state", "check").facts


def test_a_key_that_is_revoked_in_a_copy_is_still_the_active_one_of_the_original(original: Cli) -> None:
    copy = copied(original)
    rotate = ("credentials", "rotate", "openai-prod", "--secret-stdin", "--skip-test", "--yes")
    assert in_copy(original, copy, *rotate, stdin="sk-second").status == 0
    done = in_copy(original, copy, "revocations", "done", "openai-prod", "--yes")
    assert (done.status, kept(original) in done.err, stored(original)) == (0, True, ["sk-first", "sk-second"])
    assert "1 key marked as revoked; 1 secret not deleted from the store" in done.err


def test_a_previous_key_that_the_original_can_go_back_to_stays(original: Cli) -> None:
    assert original.rotate(key="sk-second").status == 0
    copy = copied(original)
    assert in_copy(original, copy, "revocations", "done", "openai-prod", "--yes").status == 0
    assert stored(original) == ["sk-first", "sk-second"]
    original.ok("rotations", "rollback", "openai-prod", "--confirm", "openai-prod")
    assert original.run("secrets", "status", "--check").facts["secrets.0.in_store"] == "present"


def test_the_astra_token_of_a_copy_stays_for_the_original(original: Cli) -> None:
    original.ok("secrets", "token", "put", "--secret-stdin", stdin="AstraCS:first:Zq9fXw3Lm7Kp2Vr8")
    copy = copied(original)
    dropped = in_copy(original, copy, "secrets", "token", "drop", "--yes")
    assert (dropped.status, kept(original, "Astra token") in dropped.err) == (0, True)
    assert len(stored(original)) == 2


def test_a_migration_of_a_copy_takes_nothing_away_from_the_original(original: Cli) -> None:
    copy = copied(original)
    words = ("secrets", "migrate", "--source", "exec", "--delete-source", "--yes")
    moved = original.run(*words, env={"VZCTL_STATE": str(copy), "VZCTL_SECRET_STORE": "file"})
    assert (moved.status, kept(original) in moved.err, stored(original)) == (0, True, ["sk-first"])


def test_a_copy_that_cannot_be_read_may_need_everything(original: Cli) -> None:
    copy = copied(original)
    assert in_copy(original, copy, "databases", "add", "other").status == 0
    copy.write_text("[[[", encoding="utf-8")
    removed = original.run("credentials", "remove", "openai-prod", "--yes")
    text = f'warning: a secret of "openai-prod" was not deleted: "{copy}", a copy of this state, cannot be read and may use it'
    assert (removed.status, text in removed.err, stored(original)) == (0, True, ["sk-first"])


@pytest.mark.parametrize("how", ["gone", "another lineage", "the same state through a link"])
def test_what_is_no_copy_keeps_nothing(original: Cli, how: str) -> None:
    copy = copied(original)
    assert in_copy(original, copy, "databases", "add", "other").status == 0
    if how == "gone":
        shutil.rmtree(copy.parent)
    elif how == "another lineage":
        text = copy.read_text(encoding="utf-8")
        lineage = original.document()["lineage"]
        copy.write_text(text.replace(lineage, lineage[::-1]), encoding="utf-8")
    else:
        shutil.rmtree(copy.parent)
        copy.parent.symlink_to(original.state.parent)
    original.ok("credentials", "remove", "openai-prod", "--yes")
    assert stored(original) == []


def test_the_age_files_of_a_copy_are_its_own(cli: Cli) -> None:
    cli.init().add(key="sk-first")
    copy = copied(cli)
    removed = in_copy(cli, copy, "credentials", "remove", "openai-prod", "--yes")
    assert (removed.status, "warning" in removed.err) == (0, False)
    assert (list(copy.parent.rglob("*.age")), len(list(cli.state.parent.rglob("*.age")))) == ([], 1)


def test_a_register_that_cannot_be_written_keeps_nobody_from_a_change(original: Cli) -> None:
    register = next(original.folder.rglob("lineages"))
    shutil.rmtree(register)
    register.write_text("in the way", encoding="utf-8")
    assert original.run("databases", "add", "other").status == ExitStatus.OK


def test_the_register_belongs_to_its_user_alone(original: Cli) -> None:
    register = next(original.folder.rglob("lineages"))
    assert (register.stat().st_mode & 0o777, [path.stat().st_mode & 0o777 for path in register.iterdir()]) == (
        0o700,
        [0o600],
    )
    assert original.run("databases", "add", "other").status == ExitStatus.OK
    (file,) = register.iterdir()
    assert len(file.read_bytes().splitlines()) == 1, "a path is registered once"


USES = [
    ("secrets", "status", "--check"),
    ("secrets", "test"),
    ("secrets", "migrate", "--source", "file", "--yes"),
]
"""Commands that open the store without changing the state."""


@pytest.mark.parametrize("words", USES, ids=" ".join)
def test_a_copy_whose_secrets_are_only_used_keeps_them_too(original: Cli, words: tuple[str, ...]) -> None:
    copy = copied(original)
    assert in_copy(original, copy, *words).status == 0
    removed = original.run("credentials", "remove", "openai-prod", "--yes")
    text = f'warning: a secret of "openai-prod" was not deleted: "{copy}", a copy of this state, uses it'
    assert (removed.status, text in removed.err, stored(original)) == (0, True, ["sk-first"])
    assert in_copy(original, copy, "secrets", "status", "--check").facts["secrets.0.in_store"] == "present"


def test_the_use_of_secrets_beside_no_readable_state_is_no_fault(original: Cli) -> None:
    for text in ("[[[", ""):
        original.state.write_text(text, encoding="utf-8")
        assert original.run("secrets", "test").status == 0
