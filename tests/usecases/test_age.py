"""How old a key is, when it is due, and what a script learns from that."""

from __future__ import annotations

import pytest

from tests.support.cli import Cli, days_ago


def due(cli: Cli, *words: str) -> list[str]:
    return [row[0] for row in cli.ok("credentials", "list", "--due", *words).rows]


@pytest.mark.parametrize(("days", "is_due"), [(89, False), (90, True), (400, True), (-1, False)])
def test_a_key_is_due_when_it_reaches_the_limit_of_the_policy(cli: Cli, days: int, is_due: bool) -> None:
    cli.init().add("openai-prod", "--set-at", days_ago(days))
    facts = cli.ok("credentials", "show", "openai-prod").facts
    shown = (facts["credential.age_days"], facts["credential.due"])
    assert shown == (str(max(days, 0)), str(is_due).lower())


@pytest.mark.parametrize("command", ["add", "edit"])
def test_a_key_cannot_have_been_set_in_the_future(cli: Cli, command: str) -> None:
    cli.init().add("openai-prod")
    before = cli.everything()
    add = ("credentials", "add", "other", "--provider", "openai", "--no-secret")
    words = add if command == "add" else ("credentials", "edit", "openai-prod")
    result = cli.run(*words, "--set-at", "2999-01-01")
    assert (result.status, result.error) == (2, "2999-01-01 is in the future: --set-at says when the key was set")
    assert cli.everything() == before


def test_an_unknown_age_is_due(cli: Cli) -> None:
    cli.init().ok("credentials", "add", "openai-prod", "--provider", "openai", "--no-secret")
    assert due(cli) == ["openai-prod"]
    assert "key due: openai-prod: the age of its key is unknown" in cli.ok("status", "-o", "human").out


def test_the_credentials_own_limit_wins_over_the_policy(cli: Cli) -> None:
    cli.init().add("short", "--set-at", days_ago(10), "--max-age-days", "5", key="sk-1")
    cli.add("long", "--set-at", days_ago(100), "--max-age-days", "365", key="sk-2")
    assert due(cli) == ["short"]


def test_the_policy_comes_from_the_configuration_or_the_project(cli: Cli) -> None:
    cli.init().add("openai-prod", "--set-at", days_ago(20))
    assert due(cli) == []
    (cli.folder / ".vzctl.toml").write_text("[policy]\nmax_age_days = 20\n", encoding="utf-8")
    assert due(cli) == ["openai-prod"]


def test_the_exit_code_says_that_keys_are_due_only_when_it_is_asked_for(cli: Cli) -> None:
    cli.init().add("young", key="sk-1").add("old", "--set-at", days_ago(100), key="sk-2")
    asked = cli.run("credentials", "list", "--due", "--exit-code")
    assert (asked.status, [row[0] for row in asked.rows]) == (20, ["old"])
    assert asked.err == "next: vzctl credentials rotate old\n  # its key is due\n"
    assert cli.run("credentials", "list", "--due").status == 0
    assert cli.run("credentials", "list", "--exit-code").status == 20
    assert cli.rotate("old").status == 0
    assert cli.run("credentials", "list", "--due", "--exit-code").status == 0


def test_a_rotation_makes_the_key_young_and_a_rollback_restores_its_age(cli: Cli) -> None:
    cli.init().add("openai-prod", "--set-at", days_ago(100))
    before = cli.document()["credentials"][0]["key_set_at"]
    assert cli.rotate().status == 0
    assert cli.ok("credentials", "show", "openai-prod").facts["credential.age_days"] == "0"
    cli.ok("rotations", "rollback", "openai-prod", "--confirm", "openai-prod")
    assert cli.document()["credentials"][0]["key_set_at"] == before
    assert cli.ok("credentials", "show", "openai-prod").facts["credential.age_days"] == "100"


def test_the_age_of_a_key_can_be_corrected(cli: Cli) -> None:
    cli.init().add()
    cli.ok("credentials", "edit", "openai-prod", "--set-at", days_ago(7))
    assert cli.ok("credentials", "show", "openai-prod").facts["credential.age_days"] == "7"
    cli.ok("credentials", "edit", "openai-prod", "--set-at", "2020-01-31T12:00:00+02:00")
    assert cli.ok("credentials", "show", "openai-prod").facts["key_set_at"] == "2020-01-31T10:00:00Z"


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+10:00", "9999-12-31T23:00:00-10:00"])
def test_a_date_out_of_range_is_refused(cli: Cli, text: str) -> None:
    result = cli.init().add().run("credentials", "edit", "openai-prod", "--set-at", text)
    assert (result.status, result.error) == (2, f"'{text}' is out of range")
