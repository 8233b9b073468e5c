"""The list of old keys: whose they are, who still uses them, and which one a name means."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.support.cli import Cli
from tests.usecases.meanwhile import before_reading, while_asked
from vzctl.errors import ConflictError, ExitStatus
from vzctl.usecases.key_command import KeyCommands
from vzctl.usecases.revocations.done import FinishRevocations, finish_revocations

pytestmark = pytest.mark.every_state_store


def rows(cli: Cli) -> list[list[str]]:
    """Credential, provider, reason and `still used by` of every old key."""
    return [[row[1], row[2], row[3], row[6]] for row in cli.ok("revocations", "list", "--all", "-o", "plain").rows]


def test_live_credentials_that_still_use_an_old_key_are_named(cli: Cli) -> None:
    cli.init().add("one", key="sk-shared").add("two", key="sk-shared").add("three", key="sk-shared").add("four")
    cli.rotate("one", key="sk-other")
    cli.rotate("four", key="sk-shared")
    assert rows(cli) == [["one", "openai", "rotated", "two,three,four"], ["four", "openai", "rotated", ""]]


def test_an_old_key_of_a_removed_credential_is_found_by_its_name(cli: Cli) -> None:
    cli.init().add("gone").add("stays")
    cli.ok("credentials", "remove", "gone", "--yes")
    assert rows(cli) == [["gone", "openai", "removed", "stays"]]
    cli.ok("revocations", "done", "gone", "--yes")
    assert cli.run("revocations", "list", "-o", "plain").rows == []


def test_a_name_with_two_old_keys_says_nothing(cli: Cli) -> None:
    cli.init().add("one")
    cli.rotate("one", key="sk-second")
    cli.rotate("one", key="sk-third")
    result = cli.run("revocations", "done", "one", "--yes")
    assert result.status == ExitStatus.CONFLICT
    assert result.error.startswith('2 old keys of "one" are to be revoked: ')
    assert cli.run("revocations", "done", "nobody", "--yes").status == ExitStatus.NOT_FOUND


# --- a rollback in between


def taken_back(cli: Cli, name: str) -> None:
    """Roll back, if that is still possible."""
    assert cli.run("rotations", "rollback", name, "--confirm", name).status in (0, ExitStatus.CONFLICT)


def role_of(cli: Cli, key: str) -> tuple[str, str]:
    """Return what a key is to its credential, and what the store says of it."""
    (row,) = cli.run("credentials", "find", "--secret-stdin", stdin=key).rows
    store = json.loads(cli.ok("secrets", "status", "--check", "-o", "json").out)["data"]["secrets"]
    return row[2], next(item["in_store"] for item in store if item["version"] == row[5])


def test_a_key_that_came_back_into_service_while_somebody_was_asked_is_kept(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.init().add(key="sk-first")
    assert cli.rotate(key="sk-second").status == 0
    context = while_asked(cli, monkeypatch, lambda: taken_back(cli, "openai-prod"))
    with pytest.raises(ConflictError) as caught:
        finish_revocations(context, FinishRevocations(["openai-prod"]))
    assert caught.value.code == "CHANGED_MEANWHILE"
    assert role_of(cli, "sk-first") == ("current", "present")


@pytest.mark.sampled(3)
@pytest.mark.parametrize("nth", range(2, 9))
def test_a_key_that_came_back_into_service_is_not_revoked_by_a_program(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    cli.init().add("one", key="sk-one").add("two", key="sk-two")
    for name in ("one", "two"):
        assert cli.rotate(name, key=f"sk-{name}-next").status == 0
    given = cli.folder / "given.txt"
    context = replace(
        before_reading(cli, monkeypatch, lambda: taken_back(cli, "two"), nth=nth),
        key_commands=KeyCommands(revoke={"openai": ["sh", "-c", f"cat >>{given}; echo >>{given}"]}),
    )
    errors = []
    try:
        finish_revocations(context, FinishRevocations(["one", "two"], revoke=True))
    except ConflictError as error:
        errors.append(error.code)
    revoked = given.read_text(encoding="utf-8").split()
    assert revoked[0] == "sk-one"
    if cli.ok("rotations", "show", "two").facts["rotation.step"] == "ROLLED_BACK":
        assert role_of(cli, "sk-two") == ("current", "present")
        # Nothing stops a rollback while the program runs; then it is said.
        assert "sk-two" not in revoked or errors == ["CHANGED_MEANWHILE"]
    else:
        assert revoked == ["sk-one", "sk-two"]


def test_a_dry_run_names_who_else_uses_the_key_as_the_question_does(cli: Cli) -> None:
    cli.init().add("one", key="sk-shared").add("two", key="sk-shared")
    cli.rotate("one", key="sk-other")
    before = cli.everything()
    dry = json.loads(cli.ok("revocations", "done", "one", "--dry-run", "-o", "json").out)
    asked = cli.run("revocations", "done", "one", "--no-input")
    sentence = "two still uses this key and stops with it"
    assert [(item["code"], item["message"]) for item in dry["warnings"]] == [("SAME_KEY_ELSEWHERE", sentence)]
    assert (asked.status, sentence in [line.strip() for line in asked.err.splitlines()]) == (
        ExitStatus.INPUT_REQUIRED,
        True,
    )
    assert cli.everything() == before
