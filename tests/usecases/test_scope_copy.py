"""`scope copy FROM TO` and `credentials add --like`: a scope that is taken from another credential."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.cli import LOGS, Cli
from tests.usecases.meanwhile import before_the_lock
from vzctl.errors import ConflictError
from vzctl.usecases.scope.change import ChangeScope, change_scope

pytestmark = pytest.mark.every_state_store

THIRD = "33333333-3333-4333-8333-333333333333"


@pytest.fixture
def two(cli: Cli) -> Cli:
    """Two credentials: `old` in shop and logs, `new` in third."""
    cli.init().ok("databases", "add", "logs", "--id", LOGS)
    cli.ok("databases", "add", "third", "--id", THIRD)
    return cli.add("old", "--scope", "shop", "--scope", "logs").add("new", "--scope", "third", key="sk-new")


def data(cli: Cli, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(cli.ok(*words, "-o", "json").out)["data"]
    return found


def scope(cli: Cli, name: str) -> list[str]:
    return sorted(row["name"] for row in data(cli, "scope", "list", name)["databases"])


def test_a_scope_is_copied_and_nothing_is_removed(two: Cli) -> None:
    two.ok("scope", "copy", "old", "new")
    assert (scope(two, "new"), scope(two, "old")) == (["logs", "shop", "third"], ["logs", "shop"])
    serial = two.document()["serial"]
    two.ok("scope", "copy", "old", "new")
    assert two.document()["serial"] == serial


def test_a_dry_run_shows_what_would_be_added(two: Cli) -> None:
    shown = data(two, "scope", "copy", "old", "new", "--dry-run")
    assert sorted(item["name"] for item in shown["added"]) == ["logs", "shop"]
    assert scope(two, "new") == ["third"]


@pytest.mark.parametrize("words", [("nope", "new"), ("old", "nope")])
def test_an_unknown_credential_is_an_error(two: Cli, words: tuple[str, str]) -> None:
    result = two.run("scope", "copy", *words)
    assert (result.status, '"nope"' in result.error) == (3, True)


def test_a_database_whose_removal_is_requested_is_not_copied(cli: Cli) -> None:
    cli.init("astra").ok("databases", "add", "logs", "--id", LOGS)
    cli.add("old", "--scope", "shop", "--scope", "logs").add("new", "--scope", "logs", key="sk-new").attest_all()
    cli.run("scope", "remove", "old", "logs", "--yes")
    assert cli.run("scope", "copy", "old", "new").status == 14
    assert scope(cli, "new") == ["logs", "shop"]
    assert data(cli, "scope", "copy", "old", "new")["added"] == []


def test_a_scope_that_changed_before_it_is_copied_is_not_copied(two: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    context = before_the_lock(two, monkeypatch, lambda: two.ok("scope", "remove", "old", "logs", "--yes"))
    with pytest.raises(ConflictError) as caught:
        change_scope(context, ChangeScope("add", "new", like="old"))
    assert (caught.value.code, scope(two, "new")) == ("CHANGED_MEANWHILE", ["third"])


def test_a_new_credential_gets_the_provider_and_the_scope_of_another(two: Cli) -> None:
    two.ok("credentials", "add", "next", "--like", "old", "--scope", "third", "--secret-stdin", stdin="sk-next")
    assert scope(two, "next") == ["logs", "shop", "third"]
    assert data(two, "credentials", "show", "next")["credential"]["provider"] == "openai"


def test_a_provider_that_is_given_wins_over_that_of_the_other_credential(two: Cli) -> None:
    two.ok("credentials", "add", "next", "--like", "old", "--provider", "mistral", "--secret-stdin", stdin="key-next")
    assert data(two, "credentials", "show", "next")["credential"]["provider"] == "mistral"
    assert scope(two, "next") == ["logs", "shop"]


def test_like_needs_a_credential_that_exists(two: Cli) -> None:
    assert two.run("credentials", "add", "next", "--like", "nope", "--secret-stdin", stdin="sk-next").status == 3
    assert two.run("credentials", "add", "next", "--secret-stdin", stdin="sk-next").status == 2
