"""A key leaked at three in the morning: which credentials hold or held it?"""

from __future__ import annotations

import pytest

from tests.support.cli import Cli

pytestmark = pytest.mark.every_state_store


def found(cli: Cli, key: str) -> list[list[str]]:
    """Return credential, role, and whether the bytes are held."""
    return [[row[0], row[2], row[3]] for row in cli.ok("credentials", "find", "--secret-stdin", stdin=key).rows]


def test_current_previous_removed_and_unknown_keys_are_told_apart(cli: Cli) -> None:
    cli.init().add(key="sk-first").add("same", key="sk-first").add("gone", key="sk-gone")
    assert cli.rotate(key="sk-second").status == 0
    cli.ok("credentials", "remove", "gone", "--yes")
    assert found(cli, "sk-first") == [["openai-prod", "previous", "true"], ["same", "current", "true"]]
    assert found(cli, "sk-second") == [["openai-prod", "current", "true"]]
    assert found(cli, "sk-gone") == [["gone", "removed", "false"]]
    assert found(cli, "sk-unknown") == []


def test_the_key_of_an_open_rotation_is_pending(cli: Cli) -> None:
    cli.init("astra").add().attest_all()
    assert cli.rotate(key="sk-second").status == 14
    assert found(cli, "sk-second") == [["openai-prod", "pending", "true"]]


def test_a_key_in_force_is_to_be_rotated_as_leaked(cli: Cli) -> None:
    cli.init().add(key="sk-first").add("same", key="sk-first")
    result = cli.ok("credentials", "find", "--secret-stdin", stdin="sk-first")
    assert result.err == (
        "2 versions with this key: openai-prod, same\n"
        "next: vzctl credentials rotate openai-prod --leaked\n  # the key is known to others: replace it now\n"
        "next: vzctl credentials rotate same --leaked\n  # the key is known to others: replace it now\n"
    )


def test_no_store_is_asked(cli: Cli) -> None:
    cli.init().add(key="sk-first")
    result = cli.ok("credentials", "find", "--secret-stdin", stdin="sk-first", env={"VZCTL_SECRET_STORE": "keyring"})
    assert [row[0] for row in result.rows] == ["openai-prod"]


@pytest.mark.parametrize("way", ["--secret-file", "--secret-env"])
def test_the_key_comes_from_a_file_or_a_variable(cli: Cli, way: str) -> None:
    cli.init().add(key="sk-first")
    (cli.folder / "key").write_text("sk-first\n", encoding="utf-8")
    value = "key" if way == "--secret-file" else "KEY"
    result = cli.ok("credentials", "find", way, value, env={"KEY": "sk-first"})
    assert [row[0] for row in result.rows] == ["openai-prod"]
