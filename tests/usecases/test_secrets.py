"""The secret store: what it is believed to hold, what it holds, and moving secrets between stores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Cli
from tests.usecases.meanwhile import context_of
from vzctl.errors import InputRequiredError, SecretStoreError
from vzctl.usecases.secrets.reveal import reveal_secret

EXEC = """\
[secrets.exec]
get = ["cat", "{folder}/{{item}}"]
set = ["sh", "-c", "mkdir -p \\"$(dirname \\"$0\\")\\" && cat > \\"$0\\"", "{folder}/{{item}}"]
delete = ["rm", "-f", "{folder}/{{item}}"]
"""


def with_exec(cli: Cli) -> Path:
    """Configure an exec store that keeps a file an item; return its folder."""
    folder = cli.folder / "exec"
    folder.mkdir()
    configuration = cli.folder / "config" / "vzctl" / "config.toml"
    cli.configure(configuration.read_text(encoding="utf-8") + EXEC.format(folder=folder))
    return folder


def age_files(cli: Cli) -> list[Path]:
    return sorted((cli.folder / "state").rglob("*.age"))


def exec_files(folder: Path) -> list[str]:
    return sorted(path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file())


def test_commands_of_the_store_get_their_own_variables_and_no_token(cli: Cli) -> None:
    told, token = cli.folder / "told.txt", "AstraCS:abcdefgh:0123456789"
    configuration = EXEC.format(folder=with_exec(cli)).replace("mkdir", f"env >>{told}; mkdir")
    cli.configure(configuration + '[secrets.env]\nother = "OTHER_KEY"\n')
    given = {"ASTRA_DB_APPLICATION_TOKEN": f'"{token}"', "COPY": f"Bearer {token}", "VAULT_TOKEN": "hvs.stays"}
    given |= {"OTHER_KEY": "sk-of-another-credential", "VZCTL_SECRET_STORE": "exec"}
    cli.init()
    words = ("credentials", "add", "openai-prod", "--provider", "openai", "--secret-stdin")
    assert cli.run(*words, stdin="sk-first", env=given).status == 0
    shown = told.read_text(encoding="utf-8")
    assert ("VAULT_TOKEN=hvs.stays" in shown, token in shown, "another-credential" in shown) == (True, False, False)


def test_secrets_move_from_file_to_exec_and_back(cli: Cli) -> None:
    folder = with_exec(cli)
    cli.init().add(key="sk-first").add("other", key="sk-other")
    assert cli.rotate(key="sk-second").status == 0
    to_exec = {"VZCTL_SECRET_STORE": "exec"}
    dry = cli.ok("secrets", "migrate", "--source", "file", "--dry-run", env=to_exec)
    assert (dry.err, exec_files(folder)) == ("would copy 3 secrets from file to exec\n", [])
    asked = cli.run("secrets", "migrate", "--source", "file", env=to_exec)
    assert (asked.status, asked.error) == (
        8,
        "copy 3 secrets from file to exec? nobody can be asked (no terminal); give --yes",
    )
    moved = cli.ok("secrets", "migrate", "--source", "file", "--yes", env=to_exec)
    assert (moved.err, exec_files(folder)) == (
        "copied 3 secrets from file to exec, each read back\n",
        ["sk-first", "sk-other", "sk-second"],
    )
    assert len(age_files(cli)) == 3
    back = cli.ok("secrets", "migrate", "--source", "exec", "--delete-source", "--yes")
    assert back.err == "copied 0 secrets from exec to file, each read back; 3 there already\n"
    assert (back.facts["deleted"], exec_files(folder), len(age_files(cli))) == ("true", [], 3)
    assert [row[3] for row in cli.ok("audit").rows][-2:] == [
        "copied 3 secrets from file to exec",
        "copied 0 secrets from exec to file; deleting them there",
    ]


def test_nothing_is_deleted_when_a_secret_is_missing_in_the_source(cli: Cli) -> None:
    folder = with_exec(cli)
    cli.init().add(key="sk-first").add("other", key="sk-other")
    last = max(age_files(cli), key=lambda path: path.stat().st_mtime_ns)
    last.unlink()
    result = cli.run(
        "secrets", "migrate", "--source", "file", "--delete-source", "--yes", env={"VZCTL_SECRET_STORE": "exec"}
    )
    assert (result.status, result.error) == (10, 'file does not hold the key of "other"; nothing was deleted')
    assert (len(age_files(cli)), exec_files(folder)) == (1, ["sk-first"])


def test_a_source_that_holds_another_key_than_the_recorded_one_is_not_copied(cli: Cli) -> None:
    folder = with_exec(cli)
    cli.init().add(key="sk-first").add("other", key="sk-other")
    first, second = age_files(cli)
    first.write_bytes(second.read_bytes())
    result = cli.run("secrets", "migrate", "--source", "file", "--yes", env={"VZCTL_SECRET_STORE": "exec"})
    assert result.status == 10
    assert "the secret store holds another key for" in result.error
    assert "sk-first" not in exec_files(folder) or "sk-other" not in exec_files(folder)


def test_secrets_do_not_move_into_a_store_that_is_only_read(cli: Cli) -> None:
    cli.init().add()
    result = cli.run("secrets", "migrate", "--source", "file", "--yes", env={"VZCTL_SECRET_STORE": "env"})
    assert (result.status, result.error) == (10, 'the secret store "env" is only read')


def test_from_the_env_store_secrets_are_copied_and_stay_there(cli: Cli) -> None:
    cli.init()
    configuration = cli.folder / "config" / "vzctl" / "config.toml"
    cli.configure(configuration.read_text(encoding="utf-8") + '[secrets.env]\n"openai-prod" = "OPENAI_API_KEY"\n')
    key = {"OPENAI_API_KEY": "sk-from-env"}
    cli.ok("credentials", "add", "openai-prod", "--provider", "openai", env={**key, "VZCTL_SECRET_STORE": "env"})
    before = cli.everything()
    refused = cli.run("secrets", "migrate", "--source", "env", "--delete-source", "--yes", env=key)
    assert (refused.status, refused.error, cli.everything()) == (
        2,
        "the env store is only read: nothing can be deleted there",
        before,
    )
    copied = cli.ok("secrets", "migrate", "--source", "env", "--yes", env=key)
    assert (copied.err, len(age_files(cli))) == ("copied 1 secret from env to file, each read back\n", 1)
    again = cli.ok("secrets", "migrate", "--source", "env", "--yes", "-o", "json")
    assert '"changed":false' in again.out
    assert '"copied":[]' in again.out


def test_with_nothing_held_a_migration_changes_nothing(cli: Cli) -> None:
    with_exec(cli)
    result = cli.init().ok("secrets", "migrate", "--source", "exec", "--yes", "-o", "json")
    assert '"changed":false' in result.out


def test_what_the_store_does_not_give_out_is_told_from_what_it_gives_wrongly(cli: Cli) -> None:
    cli.init().add("absent", key="sk-1").add("swapped", key="sk-2").add("fine", key="sk-3")
    ids = {item["name"]: item["current"] for item in cli.document()["credentials"]}
    files = {path.stem: path for path in age_files(cli)}
    files[ids["absent"]].unlink()
    files[ids["swapped"]].write_bytes(files[ids["fine"]].read_bytes())
    result = cli.ok("secrets", "status", "--check")
    assert [result.facts[f"secrets.{number}.in_store"] for number in range(3)] == ["absent", "differs", "present"]
    assert result.err == (
        'warning: the store does not give out the current key of "absent"\n'
        'warning: the store does not give out the current key of "swapped"\n'
        "next: vzctl secrets put absent\n  # hand it in again\n"
        "next: vzctl secrets put swapped\n  # hand it in again\n"
    )
    cli.ok("secrets", "put", "absent", "--secret-stdin", stdin="sk-1")
    cli.ok("secrets", "put", "swapped", "--secret-stdin", stdin="sk-2")
    healed = cli.ok("secrets", "status", "--check").facts
    assert [healed[f"secrets.{number}.in_store"] for number in range(3)] == ["present"] * 3


def test_without_check_no_secret_is_asked_for(cli: Cli) -> None:
    cli.init().add()
    (cli.folder / "identity.txt").unlink()
    assert cli.ok("secrets", "status").facts["secrets.0.in_store"] == "not asked"
    assert cli.run("secrets", "status", "--check").status == 10
    assert cli.run("secrets", "test").status == 10


def test_removed_credentials_that_still_hold_bytes_are_shown_and_purged_when_nothing_needs_them(cli: Cli) -> None:
    cli.init().add(key="sk-first")
    cli.ok("credentials", "remove", "openai-prod", "--yes", "--keep-secret")
    assert cli.ok("secrets", "status", "--check").facts["secrets.0.role"] == "removed"
    # A key that is still to be revoked is kept: a person may need to see which one it is.
    assert cli.ok("secrets", "purge").err == "nothing to delete\n"
    cli.state.write_text(
        cli.state.read_text(encoding="utf-8").replace(
            "[[revocations]]", "[[revocations]]\ndone_at = 2026-01-31T12:00:00Z"
        ),
        encoding="utf-8",
    )
    asked = cli.run("secrets", "purge")
    assert asked.status == 8
    purged = cli.ok("secrets", "purge", "--yes")
    assert (purged.err, age_files(cli)) == ("deleted 1 secret from the store\n", [])


def test_what_a_restore_left_in_the_store_is_found_and_purged(cli: Cli) -> None:
    cli.init().add(key="sk-first")
    assert cli.rotate().status == 0
    cli.ok("rotations", "rollback", "openai-prod", "--confirm", "openai-prod")
    cli.ok("revocations", "done", "openai-prod", "--yes")
    text = cli.state.read_text(encoding="utf-8")
    cli.state.write_text(text.replace("held = false", "held = true"), encoding="utf-8")
    checked = cli.run("state", "check", "--exit-code")
    assert (checked.status, checked.facts["problems.0.code"]) == (20, "SECRET_LEFT_OVER")
    assert cli.ok("secrets", "purge", "--dry-run").err == "would delete 1 secret from the store\n"
    assert cli.ok("secrets", "purge", "--yes").status == 0
    assert cli.run("state", "check", "--exit-code").status == 0


def test_a_script_cannot_reveal(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.init().add()
    with pytest.raises(InputRequiredError) as caught:
        reveal_secret(context_of(cli, monkeypatch), "openai-prod")
    assert caught.value.message == "a secret is revealed at a terminal only; a script uses its own store"


@pytest.mark.parametrize(("which", "held"), [("current", True), ("previous", True), ("pending", False)])
def test_a_person_reveals_the_key_that_is_held(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, which: str, held: bool
) -> None:
    cli.init().add(key="sk-first")
    assert cli.rotate(key="sk-second").status == 0
    asked: list[Any] = []
    context = context_of(cli, monkeypatch, is_interactive=True, confirm=asked.append)
    if not held:
        with pytest.raises(SecretStoreError) as caught:
            reveal_secret(context, "openai-prod", which=which)
        assert caught.value.message == 'the secret of "openai-prod" is not held here'
        return
    outcome = reveal_secret(context, "openai-prod", which=which)
    assert outcome.data.secret.reveal() == {"current": "sk-second", "previous": "sk-first"}[which]
    assert [(item.text, item.name, item.danger.value) for item in asked] == [
        (f'Reveal the {which} key of "openai-prod"?', "openai-prod", "severe")
    ]
    assert cli.ok("audit").rows[-1][3] == f'revealed the {which} key of "openai-prod" at a terminal'


def test_a_key_that_nobody_here_has_cannot_be_revealed(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.init().ok("credentials", "add", "openai-prod", "--provider", "openai", "--no-secret")
    for which in ("current", "previous"):
        with pytest.raises(SecretStoreError) as caught:
            reveal_secret(context_of(cli, monkeypatch, is_interactive=True), "openai-prod", which=which)
        assert (caught.value.code, str(caught.value.next_steps[0].command)) == (
            "SECRET_NOT_HELD",
            "vzctl secrets put openai-prod",
        )


def test_the_identity_is_made_once_and_opens_what_is_encrypted_to_it(cli: Cli) -> None:
    made = cli.ok("secrets", "identity", "keys/new.txt")
    path = cli.folder / "keys" / "new.txt"
    assert (path.stat().st_mode & 0o777, made.facts["path"]) == (0o600, str(path))
    shown = [line.removeprefix("  ") for line in made.err.splitlines() if line.startswith("  ")]
    cli.configure("\n".join(shown))
    cli.init().add()
    before = path.read_bytes()
    again = cli.run("secrets", "identity", "keys/new.txt")
    dry = cli.run("secrets", "identity", "keys/new.txt", "--dry-run")
    assert (again.status, dry.status, path.read_bytes()) == (4, 4, before)


def test_a_key_that_the_environment_holds_is_adopted_without_writing_it(cli: Cli) -> None:
    cli.configure('[secrets]\nstore = "env"\n[secrets.env]\n"openai-prod" = "OPENAI_API_KEY"\n')
    cli.init().ok("credentials", "add", "openai-prod", "--provider", "openai", "--no-secret")
    cli.ok("secrets", "put", "openai-prod", env={"OPENAI_API_KEY": "sk-from-env"})
    assert cli.document()["credentials"][0]["versions"][0]["held"]
    assert age_files(cli) == []


def test_the_env_store_says_how_many_it_has_and_reads_only(cli: Cli) -> None:
    cli.configure('[secrets]\nstore = "env"\n[secrets.env]\n"a" = "A"\n"b" = "B"\n')
    result = cli.ok("secrets", "test")
    assert (result.facts["description"], result.err) == (
        "environment variables of 2 credentials, read only",
        'the secret store "env" answers: it can be read\n',
    )


@pytest.mark.parametrize("folder", ["secrets", "canaries", "."])
@pytest.mark.parametrize("store", ["file", "exec"])
def test_no_command_writes_through_a_linked_folder_beside_the_state(
    cli: Cli, tmp_path: Path, folder: str, store: str
) -> None:
    """The folder may have come with a cloned repository."""
    with_exec(cli)
    cli.init().ok("credentials", "add", "openai-prod", "--provider", "openai", "--no-secret")
    victim = tmp_path / "victim"
    place = cli.state.parent / "state.toml.d" / folder
    if place.exists():
        place.rename(victim)
    else:
        victim.mkdir()
    place.symlink_to(victim)
    before = {path: path.read_bytes() for path in victim.rglob("*") if path.is_file()}
    for words in (("secrets", "test"), ("secrets", "put", "openai-prod", "--secret-stdin")):
        result = cli.run(*words, stdin="sk-first", env={"VZCTL_SECRET_STORE": store})
        assert (words, result.status, "is a symbolic link" in result.err) == (words, 9, True)
    assert {path: path.read_bytes() for path in victim.rglob("*") if path.is_file()} == before
