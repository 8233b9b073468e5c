"""Adding a credential: how its key comes in, what a crash leaves, and what the same command again does with that."""

from __future__ import annotations

import os
import threading
from typing import Any

import pytest

from tests.support.cli import LOGS, Cli, Result
from vzctl.errors import ExitStatus

pytestmark = pytest.mark.every_state_store

INCOMPLETE = '"openai-prod" has no key yet: adding it was interrupted'


def credential(cli: Cli) -> dict[str, Any]:
    found: dict[str, Any] = cli.document()["credentials"][0]
    return found


def held(cli: Cli) -> list[str]:
    """Return the version ids in the store, by looking at the disk."""
    return sorted(path.stem for path in (cli.folder / "state").rglob("*.age"))


def interrupted(cli: Cli, key: str = "sk-first", plane: str = "local") -> Cli:
    """Leave what a crash right after the intent leaves: the version on record, its bytes perhaps in the store."""
    cli.init(plane).add(key=key)
    begun = cli.document()["serial"] - 1
    cli.rewind(begun)
    assert "current" not in credential(cli)
    return cli


def test_the_same_command_again_finishes_what_a_crash_left(cli: Cli) -> None:
    interrupted(cli)
    begun = credential(cli)["pending"]
    cli.add(key="sk-first")
    assert credential(cli)["current"] == begun
    assert held(cli) == [begun]


def test_with_another_key_the_bytes_that_were_left_are_deleted_first(cli: Cli) -> None:
    interrupted(cli)
    begun = credential(cli)["pending"]
    assert held(cli) == [begun]
    cli.add(key="sk-other")
    assert held(cli) == [credential(cli)["current"]]
    assert [item["id"] for item in credential(cli)["versions"]] == [credential(cli)["current"]]


def test_without_a_key_it_can_be_finished_too(cli: Cli) -> None:
    interrupted(cli)
    cli.ok("credentials", "add", "openai-prod", "--provider", "openai", "--no-secret")
    assert credential(cli)["current"]


def test_an_addition_whose_pointer_somebody_deleted_is_finished_too(cli: Cli) -> None:
    interrupted(cli)
    cli.put_text("".join(line for line in cli.text().splitlines(keepends=True) if not line.startswith("pending")))
    cli.add(key="sk-first")
    assert credential(cli)["current"] in held(cli)


def test_an_interrupted_addition_is_a_problem_with_the_command_that_ends_it(cli: Cli) -> None:
    interrupted(cli)
    result = cli.run("state", "check", "--exit-code")
    assert (result.status, result.facts["problems.0.code"], result.facts["problems.0.message"]) == (
        20,
        "CREDENTIAL_INCOMPLETE",
        'adding the credential "openai-prod" was interrupted: it has no key yet',
    )
    assert cli.ok("secrets", "status").facts["secrets.0.role"] == "pending"


@pytest.mark.parametrize(
    "words",
    [
        ("scope", "add", "openai-prod", "shop"),
        ("credentials", "rotate", "openai-prod", "--secret-stdin", "--skip-test", "--yes"),
        ("secrets", "put", "openai-prod", "--secret-stdin"),
    ],
)
def test_an_interrupted_addition_is_finished_before_anything_else(cli: Cli, words: tuple[str, ...]) -> None:
    interrupted(cli)
    before = cli.everything()
    result = cli.run(*words, stdin="sk-x")
    assert (result.status, result.err, cli.everything()) == (
        4,
        f"error: {INCOMPLETE}\n  next: vzctl credentials add openai-prod --provider openai\n    # finish it\n",
        before,
    )


def test_an_interrupted_addition_is_finished_for_the_same_provider_only(cli: Cli) -> None:
    interrupted(cli)
    result = cli.run("credentials", "add", "openai-prod", "--provider", "mistral", "--no-secret")
    assert (result.status, result.error) == (4, 'adding "openai-prod" was begun for "openai", not for "mistral"')


@pytest.mark.parametrize("plane", ["local", "astra"])
def test_an_interrupted_addition_can_be_removed_with_its_bytes(cli: Cli, plane: str) -> None:
    interrupted(cli, plane=plane)
    cli.ok("credentials", "remove", "openai-prod", "--yes")
    # Whether the bytes were written nobody knows: the tombstone counts them as held until they are purged.
    cli.ok("secrets", "purge", "--yes")
    assert held(cli) == []
    assert cli.ok("revocations", "list").out == ""


def test_bytes_are_never_written_for_a_name_that_is_taken(cli: Cli) -> None:
    cli.init().add(key="sk-first")
    before = held(cli)
    result = cli.run("credentials", "add", "openai-prod", "--provider", "openai", "--secret-stdin", stdin="sk-x")
    assert (result.status, held(cli)) == (4, before)


def test_a_store_that_cannot_be_opened_is_said_before_the_key_is_read_and_nothing_is_recorded(cli: Cli) -> None:
    cli.init()
    (cli.folder / "identity.txt").unlink()
    before = cli.everything()
    words = ("credentials", "add", "openai-prod", "--provider", "openai", "--secret-file", "/does/not/exist")
    result = cli.run(*words)
    assert (result.status, cli.neat(result.error), cli.everything()) == (
        10,
        "the identity file `/home/me/identity.txt` is not there; only it opens the secrets of the file store\n",
        before,
    )


def test_keys_with_newline_from_stdin_file_fifo_and_variable_are_the_same_key(cli: Cli) -> None:
    cli.init()
    (cli.folder / "key").write_text("sk-same\n", encoding="utf-8")
    os.mkfifo(cli.folder / "fifo")
    writer = threading.Thread(target=lambda: (cli.folder / "fifo").write_text("sk-same\r\n", encoding="utf-8"))
    writer.start()
    ways = {
        "stdin": ("--secret-stdin",),
        "dash": ("--secret-file", "-"),
        "file": ("--secret-file", "key"),
        "fifo": ("--secret-file", "fifo"),
        "variable": ("--secret-env", "KEY"),
    }
    for name, way in ways.items():
        words = ("credentials", "add", name, "--provider", "openai")
        cli.ok(*words, *way, stdin="sk-same\n", env={"KEY": "sk-same"})
    writer.join()
    found = cli.ok("credentials", "find", "--secret-stdin", stdin="sk-same").rows
    assert [row[0] for row in found] == list(ways)


def test_the_env_store_knows_the_key_already(cli: Cli) -> None:
    cli.init()
    cli.configure('[secrets]\nstore = "env"\n[secrets.env]\n"openai-prod" = "OPENAI_API_KEY"\n')
    words = ("credentials", "add", "openai-prod", "--provider", "openai")
    missing = cli.run(*words)
    assert (missing.status, missing.error) == (10, '[secrets.env] names no variable that is set for "openai-prod"')
    cli.ok(*words, env={"OPENAI_API_KEY": "sk-from-env"})
    assert credential(cli)["versions"][0]["held"]
    assert held(cli) == []
    cli.ok("credentials", "remove", "openai-prod", "--yes", env={"OPENAI_API_KEY": "sk-from-env"})


def test_update_adds_to_scope_and_metadata_and_never_touches_the_secret(cli: Cli) -> None:
    cli.init().ok("databases", "add", "logs", "--id", LOGS)
    cli.add("azure", "--slot", "1", provider="azureOpenAI", key="a" * 32)
    before = held(cli)
    words = ("credentials", "add", "azure", "--provider", "azureOpenAI", "--if-exists", "update")
    changes = ("--scope", "logs", "--scope", "shop", "--note", "n", "--max-age-days", "7", "--slot", "2")
    dry = cli.ok(*words, *changes, "--no-secret", "--dry-run")
    assert (dry.err, dry.facts["slot"]) == ('would update "azure"\n', "2")
    cli.ok(*words, *changes, "--secret-stdin", stdin="b" * 32)
    found = credential(cli)
    assert (found["note"], found["max_age_days"], found["slot"], len(found["scope"])) == ("n", 7, 2, 2)
    assert held(cli) == before
    unchanged = cli.ok(*words, "--no-secret")
    assert unchanged.err == 'the credential "azure" exists already\n'
    assert credential(cli) == found


def test_a_key_put_later_is_adopted_and_is_no_rotation(cli: Cli) -> None:
    cli.init().ok("credentials", "add", "openai-prod", "--provider", "openai", "--no-secret", "--set-at", "2026-01-31")
    before = credential(cli)
    result = cli.ok("secrets", "put", "openai-prod", "--secret-stdin", stdin="sk-theirs")
    assert result.err.startswith('the key of "openai-prod" is held in the file store\n')
    after = credential(cli)
    assert (after["current"], after["key_set_at"]) == (before["current"], before["key_set_at"])
    assert "previous" not in after
    assert held(cli) == [after["current"]]
    assert cli.ok("rotations", "list").out == ""


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("", "it is empty"),
        ("\n", "it is empty"),
        ("a\nb", "it has more than one line"),
        ("a b", "it contains a space or a tab"),
        ("a\tb", "it contains a space or a tab"),
        ("'sk-1'", "it begins or ends with a quote; hand it in without quotes"),
        ('"sk-1', "it begins or ends with a quote; hand it in without quotes"),
        ("Bearer sk-1", 'it begins like a header; hand in the key alone, without "Bearer"'),
        ("a\x07b", "it contains a control character or one that cannot be printed"),
        ("x" * 100_000, "it has 65538 characters, at most 16384 are accepted"),
        ("x" * 16_385, "it has 16385 characters, at most 16384 are accepted"),
        (b"\xff\xfe", "it is not valid UTF-8"),
    ],
    ids=["nothing", "newline", "two lines", "space", "tab", "quotes", "one quote", "header", "bell", "100 KB", "long", "bytes"],
)  # fmt: skip
@pytest.mark.parametrize("way", ["stdin", "file"])
def test_what_cannot_be_a_key_is_refused_with_a_reason_and_never_repeated(
    cli: Cli, given: str | bytes, reason: str, way: str
) -> None:
    cli.init()
    data = given.encode() if isinstance(given, str) else given
    (cli.folder / "key").write_bytes(data)
    before = cli.everything()
    source = ("--secret-stdin",) if way == "stdin" else ("--secret-file", "key")
    result = cli.run("credentials", "add", "openai-prod", "--provider", "openai", *source, stdin=data)
    assert (result.status, result.out, result.err, cli.everything()) == (
        2,
        "",
        f"error: the secret was refused: {reason}\n",
        before,
    )


@pytest.mark.parametrize(
    ("way", "status", "error"),
    [
        (("--secret-file", "nowhere"), 2, 'cannot read the secret file "nowhere": No such file or directory'),
        (("--secret-file", "."), 2, 'cannot read the secret file ".": Is a directory'),
        (("--secret-file", ""), 2, 'cannot read the secret file "": No such file or directory'),
        (
            ("--secret-env", "NOT_SET"),
            2,
            'the environment variable "NOT_SET" is not set or not exported; --secret-env takes its name, never the key',
        ),
        (
            ("--secret-env", "sk-proj-0123456789abcdef0123456789"),
            2,
            "--secret-env takes the name of an environment variable, never the key",
        ),
    ],
)
def test_a_key_that_cannot_be_read_is_an_error_that_names_the_place(
    cli: Cli, way: tuple[str, ...], status: int, error: str
) -> None:
    cli.init()
    before = cli.everything()
    result = cli.run("credentials", "add", "openai-prod", "--provider", "openai", *way)
    assert (result.status, result.error, cli.everything()) == (status, error, before)


def test_a_second_try_says_anew_how_the_credential_shall_be(cli: Cli) -> None:
    interrupted(cli)
    cli.add("openai-prod", "--note", "hello", "--max-age-days", "30", "--set-at", "2025-03-01", key="sk-first")
    found = credential(cli)
    assert (found["note"], found["max_age_days"], str(found["key_set_at"])[:10]) == ("hello", 30, "2025-03-01")


def a_rotated_organization(cli: Cli, *words: str) -> None:
    cli.init().add("openai-prod", key="sk-first")
    assert cli.rotate("openai-prod", *words, key="sk-second").status == 0


def added(cli: Cli, key: str) -> Result:
    return cli.run("credentials", "add", "another", "--provider", "openai", "--secret-stdin", stdin=key)


def test_a_key_that_was_revoked_is_not_added_under_another_name(cli: Cli) -> None:
    a_rotated_organization(cli)
    cli.ok("revocations", "done", "openai-prod", "--yes")
    before = cli.everything()
    refused = added(cli, "sk-first")
    assert (refused.status, refused.error) == (
        ExitStatus.CONFLICT,
        'this key of "openai-prod" was revoked at its provider; create a new key at the provider',
    )
    assert cli.everything() == before


def test_a_compromised_key_is_not_added_under_another_name(cli: Cli) -> None:
    a_rotated_organization(cli, "--leaked", "--confirm", "openai-prod")
    before = cli.everything()
    refused = added(cli, "sk-first")
    assert (refused.status, refused.error) == (
        ExitStatus.CONFLICT,
        'this key of "openai-prod" is compromised; create a new key at the provider',
    )
    assert cli.everything() == before


def test_nor_after_its_credential_was_removed(cli: Cli) -> None:
    a_rotated_organization(cli, "--leaked", "--confirm", "openai-prod")
    cli.ok("credentials", "remove", "openai-prod", "--yes")
    assert added(cli, "sk-first").status == ExitStatus.CONFLICT


@pytest.mark.parametrize("verb", ["add", "rotate"])
def test_a_key_that_another_credential_has_is_taken_with_a_warning(cli: Cli, verb: str) -> None:
    cli.init().add("openai-prod", key="sk-first")
    if verb == "add":
        result = added(cli, "sk-first")
    else:
        cli.add("another", key="sk-other")
        result = cli.rotate("another", key="sk-first")
    assert result.status == 0
    text = '"openai-prod" has the same key: revoking the key at its provider stops all of them'
    assert f"warning: {text}" in result.err


def test_a_key_that_is_to_be_revoked_is_taken_with_a_warning(cli: Cli) -> None:
    a_rotated_organization(cli)
    result = added(cli, "sk-first")
    assert result.status == 0
    text = 'this key is on the revocations list as a key of "openai-prod": it stops when you revoke it'
    assert f"warning: {text}" in result.err


def test_a_revoked_key_is_not_adopted_either(cli: Cli) -> None:
    a_rotated_organization(cli)
    cli.ok("revocations", "done", "openai-prod", "--yes")
    cli.ok("credentials", "add", "elsewhere", "--provider", "openai", "--no-secret")
    before = cli.everything()
    refused = cli.run("secrets", "put", "elsewhere", "--secret-stdin", stdin="sk-first")
    assert (refused.status, refused.error) == (
        ExitStatus.CONFLICT,
        'this key of "openai-prod" was revoked at its provider; create a new key at the provider',
    )
    assert cli.everything() == before
