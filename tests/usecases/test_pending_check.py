"""`pending confirm --check`: what a person did at the Portal, seen in the databases."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.cli import LOGS, SHOP, Cli
from tests.support.live import KEY, OTHER_KEY, LiveUser, live_user
from tests.support.standin.server import StandIn
from vzctl.errors import ExitStatus


@pytest.fixture
def user(cli: Cli, stand_in: StandIn) -> LiveUser:
    return live_user(cli, stand_in, "astra")


def credential(user: LiveUser, name: str = "openai-prod") -> dict[str, Any]:
    found: dict[str, Any] = next(item for item in user.cli.document()["credentials"] if item["name"] == name)
    return found


def evidence(user: LiveUser, database: str, name: str = "openai-prod") -> str:
    entry = next(item for item in credential(user, name)["scope"] if item["database"] == database)
    word: str = entry["evidence"]
    return word


def confirm(user: LiveUser, *words: str) -> tuple[int, str]:
    result = user.cli.run("pending", "confirm", *words, "--check")
    return result.status, result.err


def test_a_scope_that_is_in_force_is_observed(user: LiveUser) -> None:
    user.cli.run("scope", "add", "openai-prod", "logs")
    user.astra.portal.scope("openai-prod", SHOP, LOGS)
    status, said = confirm(user, "--all")
    assert (status, evidence(user, LOGS)) == (0, "observed")
    assert said == "confirmed 1 step: 1 seen, 0 on a person's word\n"


def test_one_that_is_not_is_not_confirmed(user: LiveUser) -> None:
    user.cli.run("scope", "add", "openai-prod", "logs")
    before = user.cli.everything()
    status, said = confirm(user, "--all")
    assert (status, "not in force, as the databases show it: add-scope:openai-prod:" in said) == (
        ExitStatus.ASTRA,
        True,
    )
    assert user.cli.everything() == before


def test_a_change_that_is_still_on_its_way_is_seen_later(user: LiveUser) -> None:
    user.cli.run("scope", "add", "openai-prod", "logs")
    user.astra.portal.delay = 2
    user.astra.portal.scope("openai-prod", SHOP, LOGS)
    assert confirm(user, "--all")[0] == ExitStatus.ASTRA
    assert confirm(user, "--all")[0] == 0
    assert evidence(user, LOGS) == "observed"


def test_a_removal_that_happened_is_confirmed(user: LiveUser) -> None:
    user.cli.run("scope", "remove", "openai-prod", "shop", "--force", "--yes")
    assert confirm(user, "--all")[0] == ExitStatus.ASTRA
    user.astra.portal.scope("openai-prod")
    assert confirm(user, "--all")[0] == 0
    assert credential(user).get("scope", []) == []


def test_a_credential_is_seen_where_it_can_be_used(user: LiveUser) -> None:
    words = ("credentials", "add", "openai-next", "--provider", "openai", "--scope", "logs", "--secret-stdin")
    assert user.cli.run(*words, stdin=OTHER_KEY).status == ExitStatus.MANUAL
    user.astra.portal.add("openai-next", "openai", OTHER_KEY, LOGS)
    assert confirm(user, "--all")[0] == 0
    assert (credential(user, "openai-next")["evidence"], evidence(user, LOGS, "openai-next")) == (
        "observed",
        "observed",
    )


def test_what_cannot_be_seen_stays_a_persons_word(user: LiveUser, stand_in: StandIn) -> None:
    words = ("credentials", "add", "jina-prod", "--provider", "jinaAI", "--secret-stdin")
    assert user.cli.run(*words, stdin="jina_Zq9fXw3Lm7Kp2Vr8").status == ExitStatus.MANUAL
    status, said = confirm(user, "--all")
    assert (status, credential(user, "jina-prod")["evidence"]) == (0, "attested")
    assert "confirmed 2 steps: 0 seen, 2 on a person's word" in said
    assert "warning: recorded as attested: nobody has looked at the Portal" in said
    assert stand_in.asked == []


ASLEEP = "is hibernated; a request would wake it, and its billing would go on"


def test_what_a_sleeping_database_would_show_stays_pending(user: LiveUser) -> None:
    third = "33333333-3333-4333-8333-333333333333"
    user.astra.add(third, "third", status="HIBERNATED")
    words = ("--id", third, "--region", "us-east1", "--endpoint", user.astra.endpoint(third))
    user.cli.ok("databases", "add", "third", *words)
    user.cli.run("scope", "add", "openai-prod", "logs", "third")
    user.astra.portal.scope("openai-prod", SHOP, LOGS)
    status, said = confirm(user, "--all")
    assert (status, evidence(user, LOGS), evidence(user, third)) == (ExitStatus.PARTIAL, "observed", "wanted")
    assert "confirmed 1 step: 1 seen, 0 on a person's word" in said
    assert f'warning: not looked at: third (the database "third" {ASLEEP})' in said
    assert "warning: not confirmed: add-scope:openai-prod:third" in said
    before = user.cli.everything()
    assert confirm(user, "add-scope:openai-prod:third")[0] == ExitStatus.CONFLICT
    assert confirm(user, "--all")[0] == ExitStatus.CONFLICT  # nothing is left that could be looked at
    assert user.cli.everything() == before


def test_what_builds_on_a_step_that_stays_pending_stays_too(user: LiveUser) -> None:
    words = ("credentials", "add", "openai-next", "--provider", "openai", "--scope", "logs", "--secret-stdin")
    user.cli.run(*words, stdin=OTHER_KEY)
    user.cli.run("credentials", "add", "jina-prod", "--provider", "jinaAI", "--no-secret")
    user.astra.world.clusters[LOGS].status = "HIBERNATED"
    status, _ = confirm(user, "--all")
    assert (status, credential(user, "jina-prod")["evidence"]) == (ExitStatus.PARTIAL, "attested")
    assert credential(user, "openai-next")["evidence"] == "wanted"
    assert evidence(user, LOGS, "openai-next") == "wanted"


def test_a_removal_that_cannot_be_looked_at_stays_wanted(user: LiveUser) -> None:
    user.cli.run("credentials", "add", "jina-prod", "--provider", "jinaAI", "--no-secret")
    user.cli.run("credentials", "remove", "openai-prod", "--confirm", "openai-prod")
    user.astra.world.clusters[SHOP].status = "HIBERNATED"
    status, _ = confirm(user, "--all")
    assert (status, credential(user, "jina-prod")["evidence"]) == (ExitStatus.PARTIAL, "attested")
    assert "removal_wanted_at" in credential(user)


def test_why_a_database_does_not_show_it_is_told(user: LiveUser) -> None:
    user.cli.run("scope", "add", "openai-prod", "logs")
    user.astra.world.clusters[LOGS].keyspaces = {}
    status, said = confirm(user, "--all")
    assert (status, evidence(user, LOGS)) == (0, "attested")
    assert 'warning: "openai-prod" in logs is not observable: the database has no keyspace' in said


def test_a_removed_credential_is_looked_for_where_it_was(user: LiveUser) -> None:
    user.cli.run("credentials", "remove", "openai-prod", "--confirm", "openai-prod")
    assert confirm(user, "--all")[0] == ExitStatus.ASTRA
    user.astra.portal.remove("openai-prod")
    assert confirm(user, "--all")[0] == 0
    assert "credentials" not in user.cli.document()


def test_without_the_flag_nobody_is_asked(user: LiveUser, stand_in: StandIn) -> None:
    user.cli.run("scope", "add", "openai-prod", "logs")
    result = user.cli.run("pending", "confirm", "--all")
    assert (result.status, evidence(user, LOGS), stand_in.asked) == (0, "attested", [])
    assert KEY[8:] not in result.err


def test_nothing_to_confirm_asks_nobody(user: LiveUser, stand_in: StandIn) -> None:
    assert confirm(user, "--all")[0] == 0
    assert stand_in.asked == []
