"""The Astra token in the secret store: put, replaced, dropped, moved, and found again after everything that can go wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.cli import Cli, Result
from tests.support.live import LiveUser, live_user
from tests.support.standin.server import StandIn
from tests.usecases.meanwhile import before_the_lock, context_of
from tests.usecases.test_secrets import exec_files, with_exec
from vzctl.errors import ConflictError, ExitStatus, SecretStoreError
from vzctl.secret import Secret
from vzctl.usecases.secrets.token import PutToken, drop_token, put_token, read_token
from vzctl.vault.base import SecretItem

FIRST: Final = "AstraCS:first:Zq9fXw3Lm7Kp2Vr8"
SECOND: Final = "AstraCS:second:Bn4tGh6Jk1Ds5Wq2"


def put(cli: Cli, token: str = FIRST, **env: str) -> Result:
    return cli.run("secrets", "token", "put", "--secret-stdin", stdin=token, env=env)


def organization(cli: Cli) -> dict[str, Any]:
    found: dict[str, Any] = cli.document()["organization"]
    return found


def versions(cli: Cli) -> list[str]:
    return [item["id"] for item in organization(cli).get("token_versions", [])]


def token_files(cli: Cli) -> list[str]:
    return sorted(path.stem for path in (cli.folder / "state").rglob("astra-token/*.age"))


def problems(cli: Cli) -> list[str]:
    return [item["code"] for item in json.loads(cli.run("state", "check", "-o", "json").out)["data"]["problems"]]


def test_a_token_is_put_replaced_and_dropped(cli: Cli) -> None:
    cli.init()
    result = put(cli)
    assert (result.status, result.err) == (
        0,
        "the Astra token is in the file store; it is used when no variable and no file has one\n",
    )
    (first,) = versions(cli)
    assert (organization(cli)["token_version"], token_files(cli)) == (first, [first])
    assert organization(cli)["token_versions"][0]["held"] is True
    assert FIRST not in cli.state.read_text(encoding="utf-8")

    assert put(cli, SECOND).status == 0
    (second,) = versions(cli)
    assert (second == first, token_files(cli)) == (False, [second])

    asked = cli.run("secrets", "token", "drop")
    assert (asked.status, asked.error) == (
        ExitStatus.INPUT_REQUIRED,
        "delete the Astra token from the file store? nobody can be asked (no terminal); give --yes",
    )
    dropped = cli.ok("secrets", "token", "drop", "--yes")
    assert "at Astra it is valid until you delete it there" in dropped.err
    assert (versions(cli), token_files(cli), "token_version" in organization(cli)) == ([], [], False)
    assert cli.run("secrets", "token", "drop", "--yes").status == ExitStatus.NOT_FOUND
    assert problems(cli) == []


def test_the_same_token_again_changes_nothing(cli: Cli) -> None:
    cli.init()
    put(cli)
    before = cli.state.read_bytes()
    assert put(cli).err == "this Astra token is in the file store already\n"
    assert cli.state.read_bytes() == before


def test_a_token_whose_bytes_are_lost_can_be_put_again(cli: Cli) -> None:
    cli.init()
    put(cli)
    next((cli.folder / "state").rglob("astra-token/*.age")).unlink()
    status = cli.ok("secrets", "status", "--check")
    assert status.facts["astra_token"] == "absent"
    assert "warning: the store does not give out the Astra token that was put into one" in status.err
    assert "vzctl secrets token put" in status.err
    assert put(cli).status == 0
    assert cli.ok("secrets", "status", "--check").facts["astra_token"] == "present"


def test_status_asks_the_store_only_with_check(cli: Cli) -> None:
    cli.init()
    assert cli.ok("secrets", "status").facts["astra_token"] == ""
    put(cli)
    assert cli.ok("secrets", "status").facts["astra_token"] == "not asked"


@pytest.mark.parametrize("verb", ["put", "drop"])
def test_a_dry_run_and_read_only_change_nothing(cli: Cli, verb: str) -> None:
    cli.init()
    put(cli)
    before = cli.everything()
    assert cli.ok("secrets", "token", verb, "--dry-run").err.startswith("would ")
    words = ("--secret-stdin",) if verb == "put" else ("--yes",)
    refused = cli.run("secrets", "token", verb, *words, stdin=SECOND, env={"VZCTL_READ_ONLY": "1"})
    assert (refused.status, refused.error) == (ExitStatus.USAGE, "VZCTL_READ_ONLY is set: nothing may be changed")
    assert cli.everything() == before


def test_the_env_store_keeps_no_token(cli: Cli) -> None:
    cli.init()
    result = put(cli, VZCTL_SECRET_STORE="env")
    assert (result.status, result.error) == (
        ExitStatus.SECRET_STORE,
        'the secret store "env" is only read: it keeps no token',
    )


def test_what_looks_unusual_is_kept_with_a_warning_and_what_cannot_be_a_token_is_refused(cli: Cli) -> None:
    cli.init()
    assert "warning: the token begins with neither AstraCS: nor Cassandra:" in put(cli, "eyJhbGciOi").err
    assert "warning" not in put(cli, "Cassandra:bWU=:bWU=").err
    before = cli.state.read_bytes()
    for text in ("", "two words", "AstraCS:ü"):
        assert put(cli, text).status == ExitStatus.USAGE
    assert cli.state.read_bytes() == before


def test_it_moves_to_another_store_with_the_keys(cli: Cli) -> None:
    folder = with_exec(cli)
    cli.init().add(key="sk-first")
    put(cli)
    to_exec = {"VZCTL_SECRET_STORE": "exec"}
    dry = cli.ok("secrets", "migrate", "--source", "file", "--dry-run", env=to_exec)
    assert dry.err == "would copy 2 secrets from file to exec\n"
    moved = cli.ok("secrets", "migrate", "--source", "file", "--delete-source", "--yes", env=to_exec)
    assert moved.err == "copied 2 secrets from file to exec, each read back\n"
    assert exec_files(folder) == [FIRST, "sk-first"]
    assert token_files(cli) == []
    again = cli.ok("secrets", "migrate", "--source", "file", "--yes", env=to_exec)
    assert again.err == "copied 0 secrets from file to exec, each read back; 2 there already\n"


def test_nothing_is_deleted_when_the_token_is_missing_in_the_source(cli: Cli) -> None:
    with_exec(cli)
    cli.init().add(key="sk-first")
    put(cli)
    next((cli.folder / "state").rglob("astra-token/*.age")).unlink()
    words = ("secrets", "migrate", "--source", "file", "--delete-source", "--yes")
    result = cli.run(*words, env={"VZCTL_SECRET_STORE": "exec"})
    assert (result.status, result.error) == (
        ExitStatus.SECRET_STORE,
        "file does not hold the Astra token that was put into a store; nothing was deleted",
    )
    assert len(list((cli.folder / "state").rglob("*.age"))) == 1


def test_a_restore_keeps_the_token_as_it_is_now(cli: Cli) -> None:
    cli.init()
    put(cli)
    serial = cli.document()["serial"]
    put(cli, SECOND)
    second = versions(cli)
    cli.ok("state", "restore", str(serial - 1), "--confirm", str(serial - 1))
    assert (versions(cli), token_files(cli)) == (second, second)
    cli.ok("secrets", "token", "drop", "--yes")
    cli.ok("state", "restore", str(serial), "--confirm", str(serial))
    assert (versions(cli), token_files(cli), problems(cli)) == ([], [], [])


def test_a_purge_does_not_touch_the_token_that_counts(cli: Cli) -> None:
    cli.init()
    put(cli)
    assert cli.ok("secrets", "purge", "--yes").err == "nothing to delete\n"
    assert len(token_files(cli)) == 1


class StoreThatFails:
    """The real store, one of whose methods fails for tokens."""

    def __init__(self, store: Any, method: str) -> None:
        self._store = store
        self._method = method

    def __getattr__(self, name: str) -> Any:
        really = getattr(self._store, name)
        if name != self._method:
            return really

        def failing(item: SecretItem, *more: object) -> Any:
            if item.credential_id == "astra-token":
                raise SecretStoreError("the store is gone", code="SECRET_STORE_FAILED")
            return really(item, *more)

        return failing


def test_a_store_that_fails_leaves_the_token_before_and_a_purge_finds_the_rest(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.init()
    put(cli)
    (first,) = versions(cli)
    store = context_of(cli, monkeypatch).store()
    context = context_of(cli, monkeypatch, open_store=lambda: StoreThatFails(store, "write"))
    with pytest.raises(SecretStoreError):
        put_token(context, PutToken(lambda: Secret(SECOND)))
    assert organization(cli)["token_version"] == first
    assert (len(versions(cli)), problems(cli)) == (2, ["TOKEN_LEFT_OVER"])
    assert cli.ok("secrets", "purge", "--dry-run").err == "would delete 1 secret from the store\n"
    cli.ok("secrets", "purge", "--yes")
    assert (versions(cli), problems(cli), token_files(cli)) == ([first], [], [first])


def test_a_store_that_deletes_nothing_is_said_and_finished_later(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.init()
    put(cli)
    store = context_of(cli, monkeypatch).store()
    context = context_of(cli, monkeypatch, open_store=lambda: StoreThatFails(store, "delete"))
    with pytest.raises(SecretStoreError) as caught:
        drop_token(context)
    assert caught.value.message.endswith("; bytes of an Astra token may still be in the store")
    assert str(caught.value.next_steps[0].command) == "vzctl secrets purge"
    assert ("token_version" in organization(cli), len(token_files(cli))) == (False, 1)
    cli.ok("secrets", "purge", "--yes")
    assert (versions(cli), token_files(cli)) == ([], [])


def test_a_token_that_somebody_dropped_meanwhile_is_not_kept(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.init()
    context = before_the_lock(cli, monkeypatch, lambda: cli.ok("secrets", "purge", "--yes"), nth=2)
    with pytest.raises(ConflictError) as caught:
        put_token(context, PutToken(lambda: Secret(FIRST)))
    assert caught.value.code == "CHANGED_MEANWHILE"
    assert (versions(cli), token_files(cli)) == ([], [])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('token_version = "', 'token_version = "x', "token_version"),
        ('id = "', 'id = "../', "must be letters"),
        ("created_at = ", "created_at = 2026-01-31T12:00:00 # ", "time without a zone"),
    ],
)
def test_a_state_whose_token_is_wrong_is_refused(cli: Cli, old: str, new: str, said: str) -> None:
    cli.init()
    put(cli)
    text = cli.state.read_text(encoding="utf-8")
    head, mark, tail = text.partition("[organization]")
    cli.state.write_text(head + mark + tail.replace(old, new, 1), encoding="utf-8")
    result = cli.run("status")
    assert (result.status, said in result.err) == (ExitStatus.STATE, True), result.err


def test_a_version_that_is_there_twice_is_refused(cli: Cli) -> None:
    cli.init()
    put(cli)
    (version,) = versions(cli)
    text = cli.state.read_text(encoding="utf-8")
    mark = "[[organization.token_versions]]\n"
    entry = mark + text.partition(mark)[2].partition("\n\n")[0].partition("\n[")[0] + "\n"
    cli.state.write_text(text.replace(entry, entry + entry), encoding="utf-8")
    result = cli.run("status")
    assert (result.status, f'"{version}" is there twice' in result.err) == (ExitStatus.STATE, True), result.err


# Its use.


@pytest.fixture
def user(cli: Cli) -> Iterator[LiveUser]:
    with StandIn() as stand_in:
        yield live_user(cli, stand_in, "astra")


@pytest.fixture
def self_hosted(cli: Cli) -> Iterator[LiveUser]:
    with StandIn() as stand_in:
        yield live_user(cli, stand_in, "local")


CHECK: Final = ("scope", "check", "openai-prod", "-v")


def keeps_its_token(user: LiveUser) -> None:
    assert put(user.cli, user.astra.token).status == 0
    del user.cli.environment["ASTRA_DB_APPLICATION_TOKEN"]


def test_a_command_uses_it_and_says_where_it_is_from(user: LiveUser) -> None:
    keeps_its_token(user)
    result = user.cli.ok(*CHECK)
    assert "token: from secret store (file)\n" in result.err
    assert user.astra.token not in result.out + result.err


def test_it_serves_a_self_hosted_data_api_too(self_hosted: LiveUser) -> None:
    keeps_its_token(self_hosted)
    assert "token: from secret store (file)\n" in self_hosted.cli.ok(*CHECK).err


def test_the_store_is_opened_only_when_no_earlier_source_has_a_token(user: LiveUser) -> None:
    token = user.astra.token
    keeps_its_token(user)
    file = user.cli.folder / "token.txt"
    file.write_text(token, encoding="utf-8")
    broken = {"VZCTL_SECRET_STORE": "exec"}
    assert user.cli.run(*CHECK, env=broken).status == ExitStatus.USAGE
    for env, source in (
        ({"ASTRA_DB_APPLICATION_TOKEN": token}, "ASTRA_DB_APPLICATION_TOKEN"),
        ({"ASTRA_TOKEN_FILE": str(file)}, f"ASTRA_TOKEN_FILE ({file})"),
    ):
        assert f"token: from {source}\n" in user.cli.ok(*CHECK, env={**broken, **env}).err
    result = user.cli.ok(*CHECK, "--token-env", "MINE", env={**broken, "MINE": token})
    assert "token: from --token-env MINE\n" in result.err


def test_it_wins_over_a_profile_of_the_astra_cli(user: LiveUser) -> None:
    path: Path = user.cli.folder / "home" / ".astrarc"
    path.write_text("[default]\nASTRA_DB_APPLICATION_TOKEN=AstraCS:of-profile\n", encoding="utf-8")
    keeps_its_token(user)
    assert "token: from secret store (file)\n" in user.cli.ok(*CHECK).err


def test_a_token_that_is_not_there_is_said_and_no_other_is_used(user: LiveUser) -> None:
    path: Path = user.cli.folder / "home" / ".astrarc"
    path.write_text(f"[default]\nASTRA_DB_APPLICATION_TOKEN={user.astra.token}\n", encoding="utf-8")
    keeps_its_token(user)
    (found,) = (user.cli.folder / "state").rglob("astra-token/*.age")
    data = found.read_bytes()
    found.unlink()
    result = user.cli.run(*CHECK[:-1])
    assert (result.status, result.error) == (
        ExitStatus.AUTH,
        "the file store does not hold the Astra token that was put into one",
    )
    assert "next: vzctl secrets token put" in result.err
    found.write_bytes(data)
    text = user.cli.state.read_text(encoding="utf-8")
    recorded = organization(user.cli)["token_versions"][0]["fingerprint"]
    user.cli.state.write_text(text.replace(recorded, "hm:0000000000000000"), encoding="utf-8")
    result = user.cli.run(*CHECK[:-1])
    assert (result.status, result.error) == (
        ExitStatus.AUTH,
        "the file store holds another Astra token than the one that was recorded",
    )


def test_without_a_state_there_is_none(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    context = context_of(cli, monkeypatch)
    assert read_token(context.state_store, context.store) is None
