"""Sync without files: what Astra and the databases themselves say, and what is said about what was not looked at."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from tests.support.cli import LOGS, SHOP, Cli
from tests.support.live import SERVICE, LiveUser, live_user
from tests.support.standin.server import StandIn
from tests.support.standin.world import Keyspace
from vzctl.errors import ExitStatus

FRESH = "44444444-4444-4444-8444-444444444444"
SLEEPY = "55555555-5555-4555-8555-555555555555"
VECTOR = {"vector": {"dimension": 8, "metric": "cosine", "service": dict(SERVICE)}}


@pytest.fixture
def user(cli: Cli, stand_in: StandIn) -> LiveUser:
    """Return a person on `astra` whose state was compared once, so that a test sees its own difference alone."""
    made = live_user(cli, stand_in, "astra")
    assert cli.run("sync", "--yes").status == 0
    stand_in.asked.clear()
    return made


def synced(user: LiveUser, *words: str, status: int = 0) -> dict[str, Any]:
    result = user.cli.run("sync", *words, "-o", "json")
    assert result.status == status, result.out + result.err
    document: dict[str, Any] = json.loads(result.out)
    return document


def drift(document: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [(row["group"], row["change"], row["action"], row["subject"]) for row in document["data"]["drift"]]


def unseen(document: dict[str, Any]) -> list[tuple[str, str, bool]]:
    rows = document["data"]["coverage"]
    return [(row["place"], row["reason"], row["failed"]) for row in rows if not row["looked_at"]]


def commands(stand_in: StandIn, database: str) -> list[str]:
    return [next(iter(asked.body)) for asked in stand_in.asked if asked.path.startswith(f"/db/{database}/")]


def test_what_is_as_recorded_writes_nothing(user: LiveUser, stand_in: StandIn) -> None:
    before = user.cli.everything()
    document = synced(user, "--exit-code")
    assert (document["changed"], drift(document), unseen(document)) == (False, [], [])
    assert [row["place"] for row in document["data"]["coverage"]] == [
        "shop/default_keyspace",
        "the scopes of shop",
        "logs/default_keyspace",
    ]
    assert [(row["source"], row["kind"], row["count"], row["covers"]) for row in document["data"]["answers"]] == [
        ("the DevOps API of Astra", "databases", 2, "all databases of the organization"),
        ("shop", "findEmbeddingProviders", len(user_providers(document)), "what one Data API offers"),
        ("shop", "findCollections", 1, "collections of shop/default_keyspace"),
        ("shop", "listTables", 1, "vector columns of shop/default_keyspace"),
        ("logs", "findCollections", 0, "collections of logs/default_keyspace"),
        ("logs", "listTables", 0, "vector columns of logs/default_keyspace"),
    ]
    assert commands(stand_in, SHOP) == [
        "findKeyspaces",
        "findEmbeddingProviders",
        "findCollections",
        "listTables",
        "createCollection",
        "createCollection",
    ]
    assert commands(stand_in, LOGS) == ["findKeyspaces", "findCollections", "listTables"]
    assert user.cli.everything() == before


def user_providers(document: dict[str, Any]) -> range:
    row = next(row for row in document["data"]["answers"] if row["kind"] == "findEmbeddingProviders")
    assert row["count"] > 0
    return range(row["count"])


def test_everything_that_is_there_is_adopted(user: LiveUser) -> None:
    logs = user.astra.world.clusters[LOGS]
    logs.keyspaces["second"] = Keyspace()
    service = {**SERVICE, "authentication": {"providerKey": "other-key"}}
    logs.keyspaces["second"].collections["lines"] = {"vector": {**VECTOR["vector"], "service": service}}
    document = synced(user, "--yes", "--jobs", "1")
    assert drift(document) == [
        ("credentials", "added", "add", "other-key"),
        ("collections", "added", "add", "logs/second/lines"),
        ("scopes", "changed", "update", "other-key"),
    ]
    again = synced(user, "--exit-code", status=ExitStatus.CHANGES)
    assert (again["changed"], again["data"]["drift"], [item["message"] for item in again["data"]["remarks"]]) == (
        False,
        [],
        ['the database "logs" still refuses "other-key"'],
    )


def test_an_absent_collection_stays_without_prune(user: LiveUser) -> None:
    user.astra.world.clusters[SHOP].keyspaces["default_keyspace"].collections.clear()
    gone = "shop/default_keyspace/products"
    assert drift(synced(user, "--yes")) == [("collections", "gone", "keep", gone)]
    assert drift(synced(user, "--prune", "--yes")) == [("collections", "gone", "forget", gone)]


def test_a_hibernated_database_is_not_woken(user: LiveUser, stand_in: StandIn) -> None:
    user.astra.world.clusters[SHOP].status = "HIBERNATED"
    document = synced(user, "--prune", "--yes")
    assert drift(document) == [("databases", "changed", "update", "shop")]
    assert unseen(document) == [("shop", "it is hibernated; --wake wakes it", False)]
    assert [(item["code"], item["message"]) for item in document["warnings"]] == [
        ("NOT_LOOKED_AT", "not looked at: shop (it is hibernated; --wake wakes it)")
    ]
    assert commands(stand_in, SHOP) == []
    assert user.astra.world.clusters[SHOP].status == "HIBERNATED"


def test_wake_wakes_it_and_says_that_it_is_not_there_yet(user: LiveUser, stand_in: StandIn) -> None:
    user.cli.environment["VZCTL_TIMEOUT"] = "1"
    user.astra.world.clusters[SHOP].status = "HIBERNATED"
    document = synced(user, "--wake", "--prune", "--yes", status=ExitStatus.ASTRA)
    ((place, reason, failed),) = unseen(document)
    assert (place, failed) == ("shop", True)
    assert "waking up now" in reason
    assert user.astra.world.clusters[SHOP].status != "HIBERNATED"
    assert len(user.cli.document()["collections"]) == 1


@pytest.mark.parametrize("status", ["MAINTENANCE", "ERROR", "PARKED"])
def test_a_database_that_is_not_up_is_not_asked(user: LiveUser, stand_in: StandIn, status: str) -> None:
    user.astra.world.clusters[SHOP].status = status
    assert unseen(synced(user, "--prune", "--yes")) == [("shop", f"its status is {status}", False)]
    assert commands(stand_in, SHOP) == []


def test_a_new_database_is_recorded_and_looked_into_as_its_status_allows(user: LiveUser) -> None:
    user.astra.add(SLEEPY, "sleepy", status="HIBERNATED")
    user.astra.add(FRESH, "tables-only", is_vector=False)
    document = synced(user, "--yes")
    assert drift(document) == [("databases", "added", "add", "sleepy")]
    assert unseen(document) == [("sleepy", "it is hibernated; --wake wakes it", False)]


def test_a_database_that_is_gone_is_marked_and_with_prune_forgotten(user: LiveUser) -> None:
    del user.astra.world.clusters[LOGS]
    document = synced(user, "--yes")
    assert drift(document) == [("databases", "gone", "mark gone", "logs")]
    assert unseen(document) == [("logs", "it is not in the list of databases", False)]
    assert drift(synced(user, "--prune", "--yes")) == [("databases", "gone", "forget", "logs")]


def limited(user: LiveUser, *names: str) -> None:
    """Let the token's role see these databases only, of five that are recorded."""
    for number in range(3):
        user.astra.add(f"66666666-6666-4666-8666-66666666660{number}", f"db{number}", status="HIBERNATED")
    synced(user, "--yes")
    seen = frozenset(item.id for item in user.astra.world.clusters.values() if item.name in names)
    user.astra.world.tokens[user.astra.token].databases = seen


@pytest.mark.parametrize("words", [(), ("--prune",)])
def test_a_list_that_lacks_most_databases_is_not_believed(user: LiveUser, words: tuple[str, ...]) -> None:
    limited(user, "shop", "logs")
    document = synced(user, "--yes", *words)
    assert drift(document) == []
    assert document["warnings"][0] == {
        "code": "LIST_LACKS_MOST",
        "message": "the list lacks 3 of the databases that are recorded, most of them: a token may see some only, so "
        "their absence says nothing; --whole-list if they are gone",
        "subject": None,
    }
    assert document["data"]["answers"][0]["covers"] == "these databases, not the absence of others"
    assert not any(row.get("gone_since") for row in user.cli.document()["databases"])


@pytest.mark.parametrize("words", [(), ("--prune",), ("--whole-list",)])
def test_an_empty_list_is_never_believed(user: LiveUser, words: tuple[str, ...]) -> None:
    limited(user)
    document = synced(user, "--yes", *words)
    assert drift(document) == []
    assert document["warnings"][0] == {
        "code": "LIST_LACKS_MOST",
        "message": "the list is empty, although 5 databases are recorded: a token may see none, so their absence says "
        "nothing",
        "subject": None,
    }
    assert not any(row.get("gone_since") for row in user.cli.document()["databases"])


def test_a_list_that_lacks_most_databases_is_believed_on_request(user: LiveUser) -> None:
    limited(user, "shop", "logs")
    rows = [("databases", "gone", "mark gone", f"db{number}") for number in range(3)]
    document = synced(user, "--yes", "--whole-list")
    assert drift(document) == rows
    # What is marked is not expected any more: the next list is an ordinary one.
    document = synced(user, "--yes", "--prune")
    assert drift(document) == [("databases", "gone", "forget", f"db{number}") for number in range(3)]


ONE = "6666" * 2 + "-6666-4666-8666-666666666600"


def test_an_absent_database_that_the_token_may_not_see_is_not_gone(user: LiveUser, stand_in: StandIn) -> None:
    limited(user, "shop", "logs", "db1", "db2")
    stand_in.fail(path=f"/devops/v2/databases/{ONE}", status=403, body={"errors": [{"message": "no permission"}]})
    document = synced(user, "--prune", "--yes")
    assert drift(document) == []
    assert ("db0", "the token may not see it, so its absence from the list says nothing", False) in unseen(document)


def test_an_absent_database_that_astra_knows_all_the_same_is_not_gone(user: LiveUser, stand_in: StandIn) -> None:
    limited(user, "shop", "logs", "db1", "db2")
    row = {"id": ONE, "info": {"name": "db0", "region": "us-east1"}, "status": "PARKED"}
    stand_in.fail(path=f"/devops/v2/databases/{ONE}", status=200, body=row)
    document = synced(user, "--prune", "--yes")
    assert drift(document) == [("databases", "changed", "update", "db0")]
    stand_in.fail(path=f"/devops/v2/databases/{ONE}", status=200, body={**row, "status": "TERMINATED"})
    assert drift(synced(user, "--yes")) == [("databases", "gone", "mark gone", "db0")]


@pytest.mark.parametrize(
    ("status", "body", "failed"),
    [(500, {}, True), (200, [], True), (200, {"id": ONE, "info": {"name": "a\nb"}, "status": "ACTIVE"}, False)],
)
def test_an_absent_database_of_which_nothing_is_told_is_not_gone(
    user: LiveUser, stand_in: StandIn, status: int, body: Any, failed: bool
) -> None:
    limited(user, "shop", "logs", "db1", "db2")
    stand_in.fail(path=f"/devops/v2/databases/{ONE}", status=status, body=body)
    document = synced(user, "--prune", "--yes", status=ExitStatus.ASTRA if failed else 0)
    assert drift(document) == []
    assert [row["name"] for row in user.cli.document()["databases"]] == ["shop", "logs", "db0", "db1", "db2"]
    assert [(place, is_failed) for place, _, is_failed in unseen(document) if place == "db0"] == [("db0", failed)]


def test_a_token_that_is_rejected_in_the_middle_ends_the_command(user: LiveUser, stand_in: StandIn) -> None:
    limited(user, "shop", "logs", "db1", "db2")
    stand_in.fail(path=f"/devops/v2/databases/{ONE}", status=401)
    assert user.cli.run("sync", "--prune", "--yes").status == ExitStatus.AUTH


def test_a_page_that_is_cut_short_changes_nothing(user: LiveUser, stand_in: StandIn) -> None:
    before = user.cli.everything()
    stand_in.fail(times=None, path="/devops/v2/databases", truncated=True)
    result = user.cli.run("sync", "--prune", "--yes")
    assert result.status == ExitStatus.ASTRA, result.err
    assert user.cli.everything() == before


@pytest.mark.parametrize("page", [[{"id": "no-uuid", "info": {"name": "x"}, "status": "ACTIVE"}], [{"id": 1}], {}])
def test_a_list_of_another_form_changes_nothing(user: LiveUser, stand_in: StandIn, page: Any) -> None:
    before = user.cli.everything()
    stand_in.fail(path="/devops/v2/databases", status=200, body=page)
    result = user.cli.run("sync", "--prune", "--yes")
    assert result.status == ExitStatus.ASTRA, result.err
    assert user.cli.everything() == before


def test_an_empty_list_removes_nothing(user: LiveUser, stand_in: StandIn) -> None:
    stand_in.fail(path="/devops/v2/databases", status=200, body=[])
    document = synced(user, "--prune", "--yes")
    assert drift(document) == []
    assert [row["name"] for row in user.cli.document()["databases"]] == ["shop", "logs"]


def test_the_token_of_another_organization_removes_nothing(user: LiveUser) -> None:
    for cluster in user.astra.world.clusters.values():
        cluster.organization = "other"
    user.astra.add(FRESH, "fresh", status="HIBERNATED")
    before = user.cli.everything()
    document = json.loads(user.cli.run("sync", "--prune", "--yes", "-o", "json").out)
    assert document["code"] == "OTHER_ORGANIZATION"
    assert user.cli.everything() == before
    assert drift(synced(user, "--other-organization", "--prune", "--yes")) == [("databases", "added", "add", "fresh")]


def test_a_token_that_may_not_list_databases_leaves_those_that_are_recorded(user: LiveUser) -> None:
    user.astra.world.tokens[user.astra.token].may_see_databases = False
    user.astra.world.clusters[SHOP].keyspaces["default_keyspace"].collections["fresh"] = VECTOR
    document = synced(user, "--prune", "--yes", status=ExitStatus.ASTRA)
    assert drift(document) == [("collections", "added", "add", "shop/default_keyspace/fresh")]
    assert unseen(document) == [
        ("the list of databases", "the Astra token may not list databases; it needs a role that can view them", True)
    ]


def test_a_rejected_token_is_an_error(user: LiveUser) -> None:
    user.astra.world.tokens.clear()
    result = user.cli.run("sync", "--yes")
    assert result.status == ExitStatus.AUTH, result.err


def test_a_database_that_fails_hides_no_other(user: LiveUser, stand_in: StandIn) -> None:
    user.astra.world.clusters[LOGS].keyspaces["default_keyspace"].collections["fresh"] = VECTOR
    stand_in.fail(
        times=None, path=f"/db/{SHOP}", status=400, body={"errors": [{"errorCode": "X", "message": "broken"}]}
    )
    document = synced(user, "--prune", "--yes", status=ExitStatus.ASTRA)
    assert drift(document) == [("collections", "added", "add", "logs/default_keyspace/fresh")]
    ((place, _, failed),) = unseen(document)
    assert (place, failed) == ("shop", True)
    assert [row["name"] for row in user.cli.document()["collections"]] == ["products", "fresh"]


@pytest.mark.parametrize(
    "body",
    [
        {"status": {}},
        {"status": {"collections": ["products"]}},
        {"status": {"collections": [{"name": "a"}, {"name": "a"}]}},
        {"status": {"collections": 7}},
        {"errors": [{"errorCode": "KEYSPACE_DOES_NOT_EXIST", "message": "deleted between two calls"}]},
    ],
)
def test_contents_that_cannot_be_read_are_not_gone(user: LiveUser, stand_in: StandIn, body: Any) -> None:
    stand_in.fail(times=2, path=f"/db/{SHOP}/v1/default_keyspace", status=200, body=body)
    before = user.cli.document()
    document = synced(user, "--prune", "--yes", status=ExitStatus.ASTRA)
    assert drift(document) == []
    ((place, _, failed),) = unseen(document)
    assert (place, failed) == ("shop/default_keyspace", True)
    assert user.cli.document() == before


def test_contents_that_go_on_cover_nothing(user: LiveUser, stand_in: StandIn) -> None:
    body = {"status": {"collections": [], "tables": [], "nextPageState": "more"}}
    stand_in.fail(times=2, path=f"/db/{SHOP}/v1/default_keyspace", status=200, body=body)
    assert drift(synced(user, "--prune", "--yes")) == []


def test_a_keyspace_that_is_not_listed_is_not_gone(user: LiveUser) -> None:
    user.astra.world.clusters[SHOP].keyspaces = {"a b": Keyspace()}
    document = synced(user, "--prune", "--yes")
    assert drift(document) == []
    assert unseen(document) == [
        ('shop/"a b"', "its name cannot be part of an address: letters, digits, '_', '.' and '-' can", False),
        ("shop/default_keyspace", "the database does not list this keyspace", False),
        ("the scopes of shop", "the database has no keyspace", False),
    ]


def test_a_database_without_keyspaces_was_looked_at(user: LiveUser) -> None:
    user.astra.world.clusters[LOGS].keyspaces = {}
    document = synced(user)
    assert [row["place"] for row in document["data"]["coverage"]] == [
        "shop/default_keyspace",
        "the scopes of shop",
        "logs",
    ]
    assert unseen(document) == []


def test_one_database_or_keyspace_alone(user: LiveUser, stand_in: StandIn) -> None:
    del user.astra.world.clusters[LOGS]
    document = synced(user, "--database", "shop", "--keyspace", "default_keyspace", "--prune", "--yes")
    assert (drift(document), unseen(document), document["warnings"]) == ([], [], [])
    document = synced(user, "--database", "shop", "--keyspace", "nowhere")
    assert unseen(document) == [("shop/nowhere", "the database does not list this keyspace", False)]
    result = user.cli.run("sync", "--keyspace", "default_keyspace")
    assert (result.status, result.error) == (2, "--keyspace goes with --database")


def test_only_databases_asks_no_database(user: LiveUser, stand_in: StandIn) -> None:
    document = synced(user, "--only", "databases")
    assert (drift(document), document["data"]["coverage"]) == ([], [])
    assert [asked.path for asked in stand_in.asked if asked.path.startswith("/db/")] == []


def test_a_name_that_vzctl_refuses_is_passed_over_with_its_place(user: LiveUser) -> None:
    user.astra.world.clusters[SHOP].keyspaces["default_keyspace"].collections["odd name"] = VECTOR
    document = synced(user, "--prune", "--yes")
    assert drift(document) == []
    assert [(row["code"], row["subject"]) for row in document["data"]["remarks"]] == [
        ("NAME_INVALID", "shop/default_keyspace/odd name")
    ]


def test_many_that_were_not_looked_at_are_counted(user: LiveUser) -> None:
    for number in range(12):
        user.astra.add(f"66666666-6666-4666-8666-6666666666{number:02d}", f"db{number}", status="HIBERNATED")
    document = synced(user, "--yes")
    assert len(unseen(document)) == 12
    assert len(document["warnings"]) == 11
    assert document["warnings"][-1]["message"] == "not looked at: 2 more; -o json has all of them"


def test_a_self_hosted_data_api(cli: Cli, stand_in: StandIn) -> None:
    user = live_user(cli, stand_in)
    cli.ok("databases", "add", "nowhere", "--id", FRESH)
    user.astra.world.clusters[SHOP].keyspaces["default_keyspace"].collections["fresh"] = VECTOR
    document = synced(user, "--yes")
    assert drift(document) == [("collections", "added", "add", "shop/default_keyspace/fresh")]
    assert unseen(document) == [("nowhere", 'no endpoint of the database "nowhere" is recorded', False)]


def test_where_nobody_can_be_asked_it_is_an_error(cli: Cli, stand_in: StandIn) -> None:
    user = live_user(cli, stand_in)
    user.astra.world.tokens.clear()
    result = cli.run("sync", "--yes")
    assert result.status == ExitStatus.AUTH, result.err


@pytest.mark.parametrize("jobs", ["0", "65"])
def test_so_many_jobs_are_refused(user: LiveUser, jobs: str) -> None:
    assert user.cli.run("sync", "--jobs", jobs).status == 2


@pytest.mark.parametrize(
    "words",
    [
        ("sync", "--only", "columns"),
        ("sync", "--only", "scopes"),
        ("probe", "--all"),
        ("scope", "check", "openai-prod"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("first", ["unreachable", "without"])
def test_where_nothing_was_seen_a_request_that_failed_is_why(cli: Cli, words: tuple[str, ...], first: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        endpoint = f"http://127.0.0.1:{closed.getsockname()[1]}"
    cli.ok("init", "--control-plane", "local")
    for name in (first, *({"unreachable", "without"} - {first})):
        cli.ok("databases", "add", name, *(("--endpoint", endpoint) if name == "unreachable" else ()))
    cli.add("openai-prod", "--scope", "unreachable", "--scope", "without")
    for name in ("unreachable", "without"):
        cli.collect(f"{name}/default/products")
    result = cli.run(*words, env={"ASTRA_DB_APPLICATION_TOKEN": "Cassandra:YQ==:YQ=="})
    assert (result.status, result.error.split(":")[0]) == (
        ExitStatus.UNKNOWN_SIDE,
        'the Data API of "unreachable" cannot be reached',
    )
