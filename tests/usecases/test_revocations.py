"""The list of old keys: whose they are, who still uses them, and which one a name means."""

from __future__ import annotations

from tests.support.cli import Cli
from vzctl.errors import ExitStatus


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
