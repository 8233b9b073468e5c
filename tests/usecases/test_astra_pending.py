"""At Astra no command pretends: what was asked for is wanted, what a person said is attested, and order matters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.cli import LOGS, Cli

ALL_STEPS = ["add-integration:openai", "add-credential:openai-prod", "add-scope:openai-prod:shop"]


def pending(cli: Cli) -> list[str]:
    return [row[0] for row in cli.ok("pending", "list").rows]


def evidence(cli: Cli) -> dict[str, Any]:
    document = cli.document()
    credential = document["credentials"][0]
    return {
        "integration": document["integrations"][0]["evidence"],
        "credential": credential["evidence"],
        "scope": [item["evidence"] for item in credential.get("scope", [])],
    }


def test_what_is_asked_for_is_wanted_until_a_person_says_that_it_is_done(cli: Cli) -> None:
    cli.init("astra")
    added = cli.run(
        "credentials", "add", "openai-prod", "--provider", "openai", "--scope", "shop", "--secret-stdin", stdin="sk-1"
    )
    assert (added.status, added.err.splitlines()[:3]) == (
        14,
        [
            'to do at the Portal: add the credential "openai-prod" (OpenAI)',
            "to do at the Portal, first: enable the OpenAI integration",
            "scope: shop",
        ],
    )
    assert pending(cli) == ALL_STEPS
    assert evidence(cli) == {"integration": "wanted", "credential": "wanted", "scope": ["wanted"]}
    cli.ok("pending", "confirm", "add-integration:openai")
    cli.ok("pending", "confirm", "add-credential:openai-prod")
    assert evidence(cli) == {"integration": "attested", "credential": "attested", "scope": ["wanted"]}
    done = cli.ok("pending", "confirm", "add-scope:openai-prod:shop")
    assert done.err == (
        "confirmed 1 step: a person's word; vzctl did not look\n"
        "warning: recorded as attested: nobody has looked at the Portal\n"
    )
    assert evidence(cli) == {"integration": "attested", "credential": "attested", "scope": ["attested"]}
    assert pending(cli) == []


@pytest.mark.parametrize(("step", "missing"), [(1, ALL_STEPS[0]), (2, ALL_STEPS[0])])
def test_a_step_is_confirmed_after_those_it_builds_on(cli: Cli, step: int, missing: str) -> None:
    cli.init("astra").add()
    before = cli.everything()
    result = cli.run("pending", "confirm", ALL_STEPS[step])
    assert (result.status, result.err, cli.everything()) == (
        4,
        f'error: "{ALL_STEPS[step]}" builds on "{missing}", which is not confirmed\n'
        f"  next: vzctl pending confirm {missing} {ALL_STEPS[step]}\n    # confirm both, if both are done\n",
        before,
    )


def test_a_scope_is_confirmed_after_its_credential(cli: Cli) -> None:
    cli.init("astra").add()
    cli.ok("pending", "confirm", ALL_STEPS[0])
    result = cli.run("pending", "confirm", ALL_STEPS[2])
    assert (result.status, result.error) == (
        4,
        f'"{ALL_STEPS[2]}" builds on "{ALL_STEPS[1]}", which is not confirmed',
    )


def test_steps_are_confirmed_in_their_order_however_they_are_typed(cli: Cli) -> None:
    cli.init("astra").add()
    cli.ok("pending", "confirm", *reversed(ALL_STEPS))
    assert pending(cli) == []


def test_dropping_stops_wanting_and_takes_what_builds_on_it_along(cli: Cli) -> None:
    cli.init("astra").add()
    asked = cli.run("pending", "drop", "--all")
    assert (asked.status, asked.err) == (
        8,
        "error: drop 3 steps? nobody can be asked (no terminal); give --yes\n"
        "    enable the OpenAI integration\n"
        '    add the API key "openai-prod"\n'
        '    add shop to the scoped databases of "openai-prod"\n'
        "  next: vzctl pending drop --all --yes\n    # when this is what you want\n",
    )
    result = cli.run("pending", "drop", "add-integration:openai", "--yes")
    assert (result.status, result.error) == (4, "the OpenAI integration still has 1 credential: openai-prod")
    cli.ok("pending", "drop", "add-credential:openai-prod", "--yes")
    assert pending(cli) == ["add-integration:openai", "remove-credential:openai-prod"]
    cli.ok("pending", "confirm", "remove-credential:openai-prod")
    assert list((cli.folder / "state").rglob("*.age")) == []
    cli.ok("pending", "drop", "add-integration:openai", "--yes")
    assert pending(cli) == ["remove-integration:openai"]
    cli.ok("pending", "confirm", "--all")
    assert cli.document().get("integrations", []) == []


def test_what_is_dropped_may_have_been_done_and_is_a_manual_step_to_check(cli: Cli) -> None:
    cli.init("astra").add()
    assert cli.ok("pending", "drop", "--all", "--yes").err.splitlines()[0] == (
        "dropped 3 steps: check at the Portal that none of them was done, and confirm that"
    )
    assert pending(cli) == ["remove-credential:openai-prod", "remove-integration:openai"]
    cli.ok("pending", "confirm", "--all")
    assert [key for key in ("integrations", "credentials") if key in cli.document()] == []


def test_the_key_of_a_credential_that_was_dropped_is_to_be_revoked_at_the_provider(cli: Cli) -> None:
    cli.init("astra").add()
    cli.ok("pending", "drop", "add-scope:openai-prod:shop", "add-credential:openai-prod", "--yes")
    cli.ok("pending", "confirm", "remove-credential:openai-prod")
    assert [row[3] for row in cli.ok("revocations", "list").rows] == ["removed"]


def test_removals_are_wanted_too_and_happen_when_confirmed(cli: Cli) -> None:
    cli.init("astra").ok("databases", "add", "logs", "--id", LOGS)
    cli.add("openai-prod", "--scope", "shop", "--scope", "logs").attest_all()
    assert cli.run("scope", "remove", "openai-prod", "logs", "--yes").status == 14
    assert pending(cli) == ["remove-scope:openai-prod:logs"]
    assert scope_rows(cli) == [["shop", "attested", "false"], ["logs", "attested", "true"]]
    cli.ok("pending", "confirm", "remove-scope:openai-prod:logs")
    assert scope_rows(cli) == [["shop", "attested", "false"]]
    assert cli.run("credentials", "remove", "openai-prod", "--yes").status == 14
    assert cli.run("credentials", "remove", "openai-prod", "--yes").status == 14
    assert pending(cli) == ["remove-credential:openai-prod"]
    cli.ok("pending", "confirm", "remove-credential:openai-prod")
    assert cli.document().get("credentials", []) == []
    assert list((cli.folder / "state").rglob("*.age")) == []
    assert cli.run("integrations", "remove", "openai", "--yes").status == 14
    cli.ok("pending", "confirm", "remove-integration:openai")
    assert cli.document().get("integrations", []) == []


def scope_rows(cli: Cli) -> list[list[str]]:
    """Return name, evidence and whether the removal is wanted, for each database in the scope."""
    facts = cli.ok("scope", "list", "openai-prod").facts
    count = sum(key.endswith(".name") for key in facts)
    keys = ("name", "evidence", "removal_wanted")
    return [[facts[f"databases.{number}.{key}"] for key in keys] for number in range(count)]


def test_a_dropped_removal_keeps_the_thing_as_a_manual_step_to_check(cli: Cli) -> None:
    cli.init("astra").add().attest_all()
    cli.ok("integrations", "add", "openai", "--if-exists", "skip")
    assert cli.run("scope", "remove", "openai-prod", "shop", "--yes").status == 14
    cli.ok("pending", "drop", "remove-scope:openai-prod:shop", "--yes")
    assert pending(cli) == ["add-scope:openai-prod:shop"]
    cli.attest_all()
    assert cli.run("credentials", "remove", "openai-prod", "--yes").status == 14
    cli.ok("pending", "drop", "remove-credential:openai-prod", "--yes")
    assert pending(cli) == ["add-credential:openai-prod"]
    cli.attest_all()
    assert cli.run("integrations", "add", "mistral").status == 14
    cli.attest_all()
    assert cli.run("integrations", "remove", "mistral", "--yes").status == 14
    cli.ok("pending", "drop", "remove-integration:mistral", "--yes")
    assert pending(cli) == ["add-integration:mistral"]
    assert [item["provider"] for item in cli.document()["integrations"]] == ["openai", "mistral"]
    assert [row[0] for row in cli.ok("credentials", "list").rows] == ["openai-prod"]


@pytest.mark.parametrize(
    "again",
    [
        ("scope", "add", "openai-prod", "shop"),
        ("scope", "set", "openai-prod", "shop"),
        (
            "credentials",
            "add",
            "openai-prod",
            "--provider",
            "openai",
            "--scope",
            "shop",
            "--if-exists",
            "update",
            "--no-secret",
        ),
    ],
)
def test_adding_over_a_removal_that_was_requested_is_a_manual_step_to_check(cli: Cli, again: tuple[str, ...]) -> None:
    cli.init("astra").add().attest_all()
    assert cli.run("scope", "remove", "openai-prod", "shop", "--yes").status == 14
    assert cli.run(*again).status == 14
    assert pending(cli) == ["add-scope:openai-prod:shop"]
    assert scope_rows(cli) == [["shop", "wanted", "false"]]


@pytest.mark.parametrize(
    "again", [("integrations", "add", "mistral"), ("credentials", "add", "new", "--provider", "mistral", "--no-secret")]
)
def test_enabling_over_a_removal_that_was_requested_is_a_manual_step_to_check(cli: Cli, again: tuple[str, ...]) -> None:
    cli.init("astra")
    assert cli.run("integrations", "add", "mistral").status == 14
    cli.attest_all()
    assert cli.run("integrations", "remove", "mistral", "--yes").status == 14
    assert cli.run(*again).status == 14
    assert "add-integration:mistral" in pending(cli)
    assert "remove-integration:mistral" not in pending(cli)


def test_a_scope_that_was_only_requested_may_be_there_and_its_removal_is_a_manual_step(cli: Cli) -> None:
    cli.init("astra").ok("databases", "add", "logs", "--id", LOGS)
    cli.add().attest_all()
    assert cli.run("scope", "add", "openai-prod", "logs").status == 14
    assert cli.run("scope", "remove", "openai-prod", "logs", "--yes").status == 14
    assert pending(cli) == ["remove-scope:openai-prod:logs"]
    cli.attest_all()
    assert scope_rows(cli) == [["shop", "attested", "false"]]


def test_a_credential_and_an_integration_that_were_only_requested_may_be_there_too(cli: Cli) -> None:
    cli.init("astra").add()
    assert cli.run("credentials", "remove", "openai-prod", "--yes").status == 14
    assert pending(cli) == ["add-integration:openai", "remove-credential:openai-prod"]
    cli.ok("pending", "confirm", "remove-credential:openai-prod")
    assert cli.run("integrations", "remove", "openai", "--yes").status == 14
    assert pending(cli) == ["remove-integration:openai"]


def test_an_integration_with_credentials_is_not_confirmed_as_removed(cli: Cli) -> None:
    cli.init("astra")
    assert cli.run("integrations", "add", "openai").status == 14
    cli.attest_all()
    assert cli.run("integrations", "remove", "openai", "--yes").status == 14
    cli.add()
    assert pending(cli)[0] == "add-integration:openai"
    result = cli.run("pending", "confirm", "remove-integration:openai")
    assert (result.status, result.error) == (3, 'there is no pending step "remove-integration:openai"')


def test_pending_steps_of_a_rotating_credential_wait_for_the_rotation(cli: Cli) -> None:
    cli.init("astra").ok("databases", "add", "logs", "--id", LOGS)
    cli.add().attest_all()
    assert cli.run("scope", "add", "openai-prod", "logs").status == 14
    assert cli.rotate().status == 14
    for verb in ("confirm", "drop"):
        result = cli.run("pending", verb, "add-scope:openai-prod:logs", "--yes")
        assert result.status == 4
        assert result.error.startswith('a rotation of "openai-prod" is open at step TESTED')


def test_a_local_state_has_no_pending_steps(cli: Cli) -> None:
    cli.init().add()
    assert pending(cli) == []


@pytest.mark.parametrize("words", [("confirm",), ("confirm", "--check"), ("drop",), ("drop", "--yes")])
@pytest.mark.parametrize("plane", ["local", "astra"])
def test_all_of_no_steps_is_nothing_to_do(cli: Cli, plane: str, words: tuple[str, ...]) -> None:
    cli.init(plane).add().ok("pending", "confirm", "--all")
    before = cli.everything()
    result = cli.ok("pending", *words, "--all", "-o", "json")
    document = json.loads(result.out)
    assert (document["changed"], document["warnings"], document["nextSteps"]) == (False, [], [])
    assert document["data"] == {"steps": [], "pending": []}
    assert cli.ok("pending", *words, "--all").err == "no manual step is pending\n"
    assert cli.everything() == before


def test_after_five_next_steps_the_rest_is_counted(cli: Cli) -> None:
    cli.init("astra")
    for number in range(6):
        cli.ok("databases", "add", f"db{number}", "--id", f"{number}0000000-1111-4111-8111-111111111111")
    cli.add("openai-prod", *(word for number in range(6) for word in ("--scope", f"db{number}")))
    result = cli.run("scope", "add", "openai-prod", "shop")
    steps = [line for line in result.err.splitlines() if line.startswith("next: ")]
    assert (steps[-1], result.err.splitlines()[-1]) == ("next: vzctl pending list", "  # 3 more")
    assert len(steps) == 6


def test_the_local_plane_refuses_endpoints_of_astra_and_the_astra_plane_takes_them(cli: Cli) -> None:
    endpoint = f"https://{LOGS}-us-east1.apps.astra.datastax.com"
    cli.init()
    result = cli.run("databases", "add", "logs", "--endpoint", endpoint)
    assert (result.status, result.error) == (
        4,
        f'"{LOGS}-us-east1.apps.astra.datastax.com" is an Astra endpoint; this state is the authority for self-hosted '
        "databases (control plane local)",
    )
    edited = cli.run("databases", "edit", "shop", "--endpoint", endpoint)
    assert edited.status == 4
    cli.ok("init", "--control-plane", "astra", "--profile", "astra")
    cli.ok("databases", "add", "logs", "--id", LOGS, "--endpoint", endpoint, "--profile", "astra")
