"""`scope check`: seen without cost and without a trace."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.cli import LOGS, SHOP, Cli
from tests.support.live import KEY, LiveUser, live_user
from tests.support.standin.server import StandIn
from vzctl.errors import ExitStatus


@pytest.fixture
def user(cli: Cli, stand_in: StandIn) -> LiveUser:
    return live_user(cli, stand_in, "astra")


def checked(user: LiveUser, *words: str) -> tuple[int, list[dict[str, Any]]]:
    result = user.cli.run("scope", "check", "openai-prod", *words, "-o", "json")
    document = json.loads(result.out)
    assert document["ok"], result.err
    return result.status, document["data"]["observations"]


def commands(stand_in: StandIn) -> list[str]:
    return [next(iter(asked.body)) for asked in stand_in.asked if asked.path.startswith("/db/")]


def test_a_database_in_scope_can_use_it(user: LiveUser, stand_in: StandIn) -> None:
    status, (row,) = checked(user)
    assert (status, row["database"]["name"], row["in_scope"], row["seen"], row["agrees"]) == (
        0,
        "shop",
        True,
        "usable",
        True,
    )
    assert commands(stand_in) == ["findKeyspaces", "createCollection", "createCollection"]
    assert not any(asked.path.startswith("/openai") for asked in stand_in.asked)
    assert list(user.astra.world.clusters[SHOP].keyspaces["default_keyspace"].collections) == ["products"]


def test_one_outside_of_it_cannot(user: LiveUser) -> None:
    status, rows = checked(user, "shop", "logs")
    assert status == 0
    assert [(row["seen"], row["agrees"]) for row in rows] == [("usable", True), ("refused", True)]


def test_a_scope_that_was_not_made_is_seen(user: LiveUser) -> None:
    user.astra.portal.scope("openai-prod")
    result = user.cli.run("scope", "check", "openai-prod")
    assert result.status == ExitStatus.ASTRA
    assert '"openai-prod" in shop: refused, although it is in its scope' in result.err
    assert f"next: vzctl scope check openai-prod {SHOP}" in result.err


def test_a_scope_that_was_not_recorded_is_seen(user: LiveUser) -> None:
    user.astra.portal.scope("openai-prod", SHOP, LOGS)
    result = user.cli.run("scope", "check", "openai-prod", "logs")
    assert (result.status, result.rows) == (ExitStatus.ASTRA, [["logs", "false", "usable", "false", ""]])
    assert f"next: vzctl scope add openai-prod {LOGS}" in result.err


def test_where_an_invented_name_is_not_refused_nothing_can_be_seen(user: LiveUser, stand_in: StandIn) -> None:
    body = {
        "errors": [{"errorCode": "INVALID_CREATE_COLLECTION_OPTIONS", "message": "Model name 'x' is not supported"}]
    }
    stand_in.fail(times=None, path="/default_keyspace", status=200, body=body)
    status, (row,) = checked(user)
    assert (status, row["seen"], row["agrees"]) == (0, "not observable", None)
    assert row["detail"].startswith("an invented name was not refused: Model name")
    assert commands(stand_in) == ["findKeyspaces", "createCollection"]


def test_what_should_not_have_been_created_is_deleted(user: LiveUser, stand_in: StandIn) -> None:
    stand_in.fail(path="/default_keyspace", status=200, body={"status": {"ok": 1}})
    _, (row,) = checked(user)
    assert row["seen"] == "not observable"
    assert commands(stand_in) == ["findKeyspaces", "createCollection", "deleteCollection"]
    names = [next(iter(asked.body.values()))["name"] for asked in stand_in.asked if "default_keyspace" in asked.path]
    assert len(set(names)) == 1


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"status": 200, "body": {"errors": [{"message": "no rights", "errorCode": "NO"}]}}, "no rights"),
        ({"status": 403}, 'the Data API of "shop" refuses the token: it lacks the rights for this'),
    ],
    ids=["refused", "no answer to a command"],
)
def test_a_collection_that_cannot_be_deleted_is_named(
    fault: dict[str, Any], reason: str, user: LiveUser, stand_in: StandIn
) -> None:
    stand_in.fail(path="/default_keyspace", status=200, body={"status": {"ok": 1}})
    stand_in.fail(path="/default_keyspace", **fault)
    status, (row,) = checked(user)
    name = stand_in.asked[-1].body["deleteCollection"]["name"]
    left = f'it is left: delete the collection "{name}" in the keyspace "default_keyspace" ({reason})'
    assert (status, row["seen"]) == (0, "not observable")
    assert row["detail"] == (
        f"an invented name was not refused: a collection of a model that does not exist was accepted, and {left}"
    )


def test_a_second_answer_that_says_neither_is_not_observable(user: LiveUser) -> None:
    user.astra.switches.vectorize = False
    _, (row,) = checked(user)
    assert (row["seen"], row["agrees"]) == ("not observable", None)


def test_a_database_without_keyspaces_is_not_observable(user: LiveUser) -> None:
    user.astra.world.clusters[SHOP].keyspaces = {}
    _, (row,) = checked(user)
    assert (row["seen"], row["detail"]) == ("not observable", "the database has no keyspace")


def test_nothing_in_scope(user: LiveUser) -> None:
    user.cli.run("credentials", "add", "alone", "--provider", "openai", "--no-secret")
    result = user.cli.run("scope", "check", "alone")
    assert (result.status, result.err) == (0, '"alone" has no database in its scope\n')


def in_both_scopes(user: LiveUser) -> None:
    user.cli.run("scope", "add", "openai-prod", "logs")
    user.cli.ok("pending", "confirm", "--all")
    user.astra.portal.scope("openai-prod", SHOP, LOGS)


def test_a_database_that_sleeps_does_not_end_the_looks_at_others(user: LiveUser, stand_in: StandIn) -> None:
    in_both_scopes(user)
    user.astra.world.clusters[SHOP].status = "HIBERNATED"
    reason = 'the database "shop" is hibernated; a request would wake it, and its billing would go on'
    status, rows = checked(user)
    assert status == 0
    assert [(row["seen"], row["agrees"], row["detail"]) for row in rows] == [
        ("not looked at", None, reason),
        ("usable", True, None),
    ]
    result = user.cli.run("scope", "check", "openai-prod", "--record")
    assert f'"openai-prod" in shop: not looked at ({reason})' in result.err
    assert f"next: vzctl databases wait {SHOP} --status ACTIVE --wake" in result.err
    assert user.astra.world.clusters[SHOP].status == "HIBERNATED"
    named = user.cli.run("scope", "check", "openai-prod", "shop", "logs")
    assert (named.status, reason in named.err) == (ExitStatus.CONFLICT, True)


def test_a_database_that_fails_is_told_and_the_others_are_looked_at(user: LiveUser, stand_in: StandIn) -> None:
    in_both_scopes(user)
    stand_in.fail(times=3, path=f"/db/{LOGS}", status=500)
    status, rows = checked(user)
    assert (status, [row["seen"] for row in rows]) == (ExitStatus.ASTRA, ["usable", "not looked at"])
    assert rows[1]["detail"].startswith('the Data API of "logs" answered HTTP 500')


def test_a_token_that_is_rejected_ends_the_looks(user: LiveUser, stand_in: StandIn) -> None:
    in_both_scopes(user)
    stand_in.fail(times=None, path=f"/db/{LOGS}", status=401)
    result = user.cli.run("scope", "check", "openai-prod")
    assert (result.status, "is wrong, expired" in result.err) == (ExitStatus.AUTH, True)
    del user.cli.environment["ASTRA_DB_APPLICATION_TOKEN"]
    result = user.cli.run("scope", "check", "openai-prod")
    assert (result.status, "there is no Astra token" in result.err) == (ExitStatus.AUTH, True)


def test_a_token_without_rights_is_an_error(user: LiveUser) -> None:
    token = user.astra.world.tokens[user.astra.token]
    token.may_write = False
    result = user.cli.run("scope", "check", "openai-prod")
    assert (result.status, result.error) == (
        ExitStatus.AUTH,
        'the Data API of "shop" refuses the token: it lacks the rights for this',
    )


def test_a_removed_database_of_another_organization_is_an_error(user: LiveUser) -> None:
    user.astra.world.clusters[SHOP].organization = "other"
    result = user.cli.run("scope", "check", "openai-prod")
    assert (result.status, "Astra knows no database" in result.err) == (ExitStatus.NOT_FOUND, True)


def test_the_state_and_the_keys_stay_untouched(user: LiveUser, stand_in: StandIn) -> None:
    before = user.cli.everything()
    checked(user)
    assert user.cli.everything() == before
    assert not any(KEY[8:] in str(asked) for asked in stand_in.asked)
