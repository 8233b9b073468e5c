"""What in the recorded reality breaks a rule: found, named, with the command that helps; never a reason to fail."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.builders import (
    LONG_AGO,
    a_collection,
    a_column,
    a_credential,
    a_database,
    a_retired_credential,
    a_revocation,
    a_rotation,
    a_state,
    a_version,
    an_integration,
)
from vzctl.command import suggest
from vzctl.domain.checks.problems import KNOWN_STATUSES, Problem, find_problems, unneeded_versions
from vzctl.domain.state.state import State

SHOP, BLOG = a_database("shop"), a_database("blog")
MAIN = a_credential("openai-prod", scope=[SHOP])
MISTRAL = a_credential("mistral-prod", provider="mistral", scope=[SHOP, BLOG])


def a_shop(**parts: Any) -> State:
    return a_state(**{"databases": [SHOP, BLOG], "credentials": [MAIN, MISTRAL], **parts})


def test_a_state_that_keeps_the_rules_has_no_problem() -> None:
    state = a_shop(
        collections=[
            a_collection(SHOP, credential="openai-prod"),
            a_collection(BLOG, header=True),
            a_collection(BLOG, "bare", provider=None, model=None),
            a_collection(BLOG, "hosted", provider="nvidia", model="NV-Embed-QA", dimension=1024),
        ],
        columns=[a_column(SHOP, credential="openai-prod")],
    )
    assert find_problems(state) == []


def test_a_dependant_whose_credential_is_missing() -> None:
    state = a_shop(collections=[a_collection(BLOG, credential="openai-old")])
    address = "blog/default_keyspace/products"
    assert find_problems(state) == [
        Problem(
            "CREDENTIAL_MISSING",
            address,
            f'the collection "{address}" uses the credential "openai-old", which does not exist',
            suggest(
                "credentials add",
                "openai-old",
                provider="openai",
                scope="blog",
                comment="recreate it under exactly this name",
            ),
        )
    ]


@pytest.mark.parametrize(("provider", "more"), [("weird", ""), ("nvidia", "; Nvidia takes no credential")])
def test_a_missing_credential_that_nobody_could_add_is_no_advice(provider: str, more: str) -> None:
    state = a_shop(collections=[replace(a_collection(BLOG, credential="none"), provider=provider)])
    address = "blog/default_keyspace/products"
    message = f'the collection "{address}" uses the credential "none", which does not exist{more}'
    assert [item for item in find_problems(state) if item.code == "CREDENTIAL_MISSING"] == [
        Problem("CREDENTIAL_MISSING", address, message, suggest("collections show", address, comment="look at it"))
    ]


@pytest.mark.parametrize("provider", ["weird", "nvidia"])
def test_an_interrupted_addition_that_cannot_be_finished_is_looked_at(provider: str) -> None:
    begun = a_credential("begun", provider=provider, current=None, pending="v1", versions=[a_version("v1", held=False)])
    problems = {item.code: item.next_step for item in find_problems(a_state(credentials=[begun]))}
    assert problems == {
        "PROVIDER_TAKES_NO_CREDENTIAL": suggest("providers list", comment="providers that do"),
        "CREDENTIAL_INCOMPLETE": suggest("credentials show", "begun", comment="look at it"),
    }


def test_a_dependant_outside_the_scope_of_its_credential() -> None:
    state = a_shop(columns=[a_column(BLOG, credential="openai-prod")])
    address = "blog/default_keyspace/articles.body_vector"
    assert find_problems(state) == [
        Problem(
            "OUT_OF_SCOPE",
            address,
            f'the column "{address}" uses "openai-prod", whose scope lacks the database "blog"',
            suggest("scope add", "openai-prod", "blog", comment="put the database into the scope"),
        )
    ]


def test_a_dependant_with_the_credential_of_another_provider() -> None:
    state = a_shop(collections=[a_collection(BLOG, credential="mistral-prod")])
    address = "blog/default_keyspace/products"
    assert find_problems(state) == [
        Problem(
            "CREDENTIAL_OF_OTHER_PROVIDER",
            address,
            f'the collection "{address}" uses OpenAI, its credential "mistral-prod" belongs to Mistral AI',
            suggest("collections show", address, comment="look at it"),
        )
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"provider": "acme"},
        {"model": "text-embedding-9"},
        {"dimension": 99999},
        {"dimension": -1},
        {"parameters": {"nested": {"deep": [1, 2]}}},
        {"parameters": {"organizationId": 5}},
    ],
)
def test_a_service_that_the_catalogue_does_not_know(change: dict[str, Any]) -> None:
    state = a_shop(columns=[replace(a_column(BLOG, header=True), **change)])
    address = "blog/default_keyspace/articles.body_vector"
    found = find_problems(state)
    assert {(item.code, item.subject, str(item.next_step.command)) for item in found} == {
        ("SERVICE_UNKNOWN", address, f"vzctl tables show {address}")
    }
    assert all(item.message.startswith(f'the column "{address}": ') for item in found)


@pytest.mark.parametrize("provider", ["nvidia", "acme"])
def test_a_credential_of_a_provider_that_takes_none(provider: str) -> None:
    assert find_problems(a_state(credentials=[a_credential("x", provider=provider)])) == [
        Problem(
            "PROVIDER_TAKES_NO_CREDENTIAL",
            "x",
            f'the credential "x" belongs to "{provider}", which takes none',
            suggest("providers list", comment="providers that do"),
        )
    ]


def test_a_credential_whose_addition_was_interrupted() -> None:
    begun = a_credential("begun", current=None, pending="v1", versions=[a_version("v1", held=False)])
    assert find_problems(a_state(credentials=[begun])) == [
        Problem(
            "CREDENTIAL_INCOMPLETE",
            "begun",
            'adding the credential "begun" was interrupted: it has no key yet',
            suggest("credentials add", "begun", provider="openai", comment="finish it"),
        )
    ]


def test_a_credential_without_a_key_that_is_being_rotated_is_no_interrupted_addition() -> None:
    begun = a_credential("begun", current=None, pending="v1", versions=[a_version("v1", held=False)])
    state = a_state(credentials=[begun], rotations=[a_rotation(begun, old_version=None, new_version="v1")])
    assert find_problems(state) == []


@pytest.mark.parametrize("days", [0, -5])
def test_a_maximum_age_that_makes_no_sense(days: int) -> None:
    assert find_problems(a_state(credentials=[a_credential("x", max_age_days=days)])) == [
        Problem(
            "MAXIMUM_AGE_INVALID",
            "x",
            f'the credential "x" has a maximum age of {days} days',
            suggest("credentials edit", "x", max_age_days="90", comment="set a sensible one"),
        )
    ]


def test_names_that_differ_only_in_case() -> None:
    state = a_state(credentials=[a_credential("Prod"), a_credential("other"), a_credential("prod")])
    assert find_problems(state) == [
        Problem(
            "NAMES_DIFFER_IN_CASE",
            "Prod",
            'credentials that differ only in case: "Prod", "prod"',
            suggest("credentials show", "Prod", comment="tell them apart"),
        )
    ]


def test_a_status_never_seen() -> None:
    assert find_problems(a_state(databases=[replace(SHOP, status="ZOMBIE\x1b")])) == [
        Problem(
            "STATUS_UNKNOWN",
            "shop",
            "the database \"shop\" has a status never seen: 'ZOMBIE\\x1b'",
            suggest("databases edit", "shop", status="ACTIVE", comment="correct it"),
        )
    ]


@pytest.mark.parametrize("status", sorted(KNOWN_STATUSES))
def test_every_documented_status_is_known(status: str) -> None:
    assert find_problems(a_state(databases=[replace(SHOP, status=status)])) == []


def test_a_database_that_is_gone_with_something_in_it() -> None:
    gone = replace(SHOP, gone_since=LONG_AGO)
    assert find_problems(a_state(databases=[gone], collections=[a_collection(gone, header=True)])) == [
        Problem(
            "DATABASE_GONE",
            "shop",
            'the database "shop" is gone, but collections or columns in it are recorded',
            suggest("databases show", "shop", comment="look at what would be forgotten with it"),
        )
    ]
    assert find_problems(a_state(databases=[gone])) == []


def test_a_secret_that_nothing_needs() -> None:
    retired = a_retired_credential("gone", versions=[a_version("v9", held=True)])
    assert find_problems(a_state(retired=[retired])) == [
        Problem(
            "SECRET_LEFT_OVER",
            "gone",
            'the secret store still holds version v9 of "gone", which nothing needs',
            suggest("secrets purge", comment="delete it from the store"),
        )
    ]


def test_held_secrets_are_needed_by_pointers_and_open_revocations_only() -> None:
    versions = [a_version(f"v{number}") for number in range(5)] + [a_version("v5", held=False)]
    owner = a_credential("x", versions=versions, current="v0", pending="v1", previous=("v2", "v3"))
    gone = a_retired_credential("gone", versions=[a_version("v8"), a_version("v9", held=True)])
    state = a_state(
        credentials=[owner],
        retired=[gone],
        revocations=[
            a_revocation(owner, "v2", id="a"),
            a_revocation(owner, "v3", id="b", done_at=LONG_AGO),
            a_revocation(gone, "v8", id="c"),
        ],
    )
    assert unneeded_versions(state) == [("x", "v3"), ("x", "v4"), ("gone", "v9")]


def test_dependants_come_first() -> None:
    state = a_state(
        databases=[replace(SHOP, status="ZOMBIE"), BLOG],
        integrations=[an_integration()],
        credentials=[a_credential("x", current=None, versions=[]), a_credential("X")],
        columns=[a_column(BLOG, credential="none")],
        collections=[a_collection(BLOG, credential="none")],
        retired=[a_retired_credential(versions=[a_version("v9", held=True)])],
    )
    assert [item.code for item in find_problems(state)] == [
        "CREDENTIAL_MISSING",
        "CREDENTIAL_MISSING",
        "CREDENTIAL_INCOMPLETE",
        "NAMES_DIFFER_IN_CASE",
        "STATUS_UNKNOWN",
        "SECRET_LEFT_OVER",
    ]
