"""Collections and services of columns that are made at the database: seen there before they are recorded here."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.cli import LOGS, SHOP, Cli
from tests.support.live import MODEL, PRODUCTS, TITLE, LiveUser, live_user
from tests.support.standin.server import StandIn
from tests.support.standin.world import Keyspace
from vzctl.errors import ExitStatus

MADE = "shop/default_keyspace/made"


@pytest.fixture
def user(cli: Cli, stand_in: StandIn) -> LiveUser:
    return live_user(cli, stand_in)


def keyspace(user: LiveUser, database: str = SHOP) -> Keyspace:
    return user.astra.world.clusters[database].keyspaces["default_keyspace"]


def commands(stand_in: StandIn) -> list[str]:
    return [next(iter(asked.body)) for asked in stand_in.asked if asked.path.startswith("/db/")]


def column(user: LiveUser) -> dict[str, Any]:
    found: dict[str, Any] = keyspace(user).tables["items"]["columns"]["title"]
    return found


def test_a_collection_is_created_seen_and_recorded(user: LiveUser, stand_in: StandIn) -> None:
    result = user.cli.run(
        "collections", "create", MADE, *MODEL, "--credential", "openai-prod", "--metric", "dot_product"
    )
    assert (result.status, result.err) == (0, f'created the collection "{MADE}", and saw it there\n')
    assert commands(stand_in) == ["createCollection", "findCollections"]
    assert keyspace(user).collections["made"]["vector"] == {
        "dimension": 8,
        "metric": "dot_product",
        "sourceModel": "other",
        "service": {
            "provider": "openai",
            "modelName": "text-embedding-3-small",
            "authentication": {"providerKey": "openai-prod.providerKey"},
        },
    }
    facts = user.cli.ok("collections", "show", MADE).facts
    assert (facts["collection.credential"], facts["collection.dimension"]) == ("openai-prod", "8")
    assert facts["collection.observed_at"] != ""


def test_a_plain_collection(user: LiveUser) -> None:
    assert user.cli.run("collections", "create", MADE).status == 0
    assert "vector" not in keyspace(user).collections["made"]


def test_one_like_another_with_another_credential(user: LiveUser) -> None:
    user.cli.add("openai-next", key="sk-next")
    user.astra.portal.add("openai-next", "openai", "sk-next", user.tenant)
    keyspace(user).collections["products"]["vector"]["metric"] = "euclidean"
    result = user.cli.run("collections", "create", MADE, "--like", PRODUCTS, "--credential", "openai-next")
    assert result.status == 0
    assert f"copy the documents of {PRODUCTS} into it" in result.err
    vector = keyspace(user).collections["made"]["vector"]
    assert (vector["metric"], vector["dimension"]) == ("euclidean", 8)
    assert vector["service"]["authentication"] == {"providerKey": "openai-next.providerKey"}


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ((PRODUCTS, *MODEL, "--header"), ExitStatus.CONFLICT),
        (("logs/default_keyspace/made", *MODEL, "--credential", "openai-prod"), ExitStatus.CONFLICT),
        ((MADE, *MODEL, "--header", "--metric", "far"), ExitStatus.USAGE),
        ((MADE, "--like", "shop/default_keyspace/none"), ExitStatus.NOT_FOUND),
        ((MADE, *MODEL, "--header", "--dry-run"), ExitStatus.OK),
    ],
    ids=["recorded", "out of scope", "metric", "like nothing", "dry run"],
)
def test_rules_come_before_requests(
    words: tuple[str, ...], status: ExitStatus, user: LiveUser, stand_in: StandIn
) -> None:
    before = user.cli.everything()
    assert user.cli.run("collections", "create", *words).status == status
    assert user.cli.everything() == before
    assert stand_in.asked == []


def test_what_the_database_refuses_is_not_recorded(user: LiveUser) -> None:
    user.astra.portal.scope("openai-prod")
    before = user.cli.everything()
    result = user.cli.run("collections", "create", MADE, *MODEL, "--credential", "openai-prod", "-o", "json")
    document = json.loads(result.out)
    assert (result.status, document["code"], document["error"]["upstream_code"], document["changed"]) == (
        ExitStatus.ASTRA,
        "DATA_API_REFUSED",
        "VECTORIZE_CREDENTIAL_INVALID",
        False,
    )
    assert user.cli.everything() == before


def test_what_was_accepted_and_is_not_there_is_not_recorded(user: LiveUser, stand_in: StandIn) -> None:
    stand_in.fail(path="/default_keyspace", status=200, body={"status": {"ok": 1}})
    result = user.cli.run("collections", "create", MADE, *MODEL, "--header")
    assert (result.status, "is not listed although the database accepted it" in result.err) == (ExitStatus.ASTRA, True)
    assert user.cli.run("collections", "show", MADE).status == ExitStatus.NOT_FOUND


def test_a_record_that_fails_after_the_request_says_how_to_go_on(user: LiveUser, stand_in: StandIn) -> None:
    """The state is read-only by the time of the write: what is at the database stays there and is named."""
    backups = user.cli.state.parent / "state.toml.d" / "backups"
    moved = backups.with_name("backups-moved")
    backups.rename(moved)
    backups.write_text("in the way", encoding="utf-8")
    result = user.cli.run("collections", "create", MADE, *MODEL, "--header", "-o", "json")
    document = json.loads(result.out)
    assert result.status == ExitStatus.STATE, result.out
    assert "made" in keyspace(user).collections
    assert (
        document["error"]["evidence"][-1] == f'the collection "{MADE}" is done at the database, and not recorded here'
    )
    assert document["nextSteps"][0]["command"].startswith(f"vzctl collections add {MADE} --provider openai")


LOOK = "vzctl sync --database shop --keyspace default_keyspace"
MAY_BE_DONE = "it may have been done at the database all the same, and is not recorded here"


def failed(user: LiveUser, *words: str) -> tuple[str, list[str], str]:
    """Return the code of an error of the database, its evidence, and the first command that it names."""
    result = user.cli.run(*words, "-o", "json")
    document = json.loads(result.out)
    assert (result.status, document["changed"]) == (ExitStatus.ASTRA, False), result.out
    return document["code"], document["error"]["evidence"], document["nextSteps"][0]["command"]


@pytest.mark.slow
def test_a_collection_that_takes_longer_than_other_requests_may(user: LiveUser, stand_in: StandIn) -> None:
    user.cli.environment["VZCTL_TIMEOUT"] = "2"
    stand_in.fail(path="/default_keyspace", latency=3)
    result = user.cli.run("collections", "create", MADE, *MODEL, "--credential", "openai-prod")
    assert (result.status, commands(stand_in)) == (0, ["createCollection", "findCollections"]), result.err


def test_a_collection_that_was_made_without_an_answer_is_recorded(user: LiveUser, stand_in: StandIn) -> None:
    stand_in.fail(path="/default_keyspace", times=3, reset=True)  # it is done, and the answer breaks off
    result = user.cli.run("collections", "create", MADE, *MODEL, "--credential", "openai-prod")
    assert (result.status, result.err) == (0, f'created the collection "{MADE}", and saw it there\n')
    assert user.cli.ok("collections", "show", MADE).facts["collection.credential"] == "openai-prod"


@pytest.mark.slow
def test_where_no_answer_came_the_command_that_looks_is_named(user: LiveUser, stand_in: StandIn) -> None:
    words = ("collections", "create", MADE, *MODEL, "--header")
    stand_in.fail(path="/default_keyspace", times=3, raw=b"")  # not there
    assert failed(user, *words) == ("NO_ANSWER_RESET", [MAY_BE_DONE], LOOK)
    stand_in.fail(path="/default_keyspace", times=6, status=504)  # and nothing can be read back either
    assert failed(user, *words) == ("ASTRA_UNEXPECTED_ANSWER", [MAY_BE_DONE], LOOK)
    keyspace(user).collections["made"] = keyspace(user).collections["products"]  # another one of that name
    stand_in.fail(path="/default_keyspace", status=500)
    assert failed(user, *words) == ("ASTRA_UNEXPECTED_ANSWER", [MAY_BE_DONE], LOOK)
    assert user.cli.run("collections", "show", MADE).status == ExitStatus.NOT_FOUND


def test_what_was_accepted_and_could_not_be_read_back(user: LiveUser, stand_in: StandIn) -> None:
    stand_in.fail(path="/default_keyspace", status=200, body={"status": {"ok": 1}})
    stand_in.fail(path="/default_keyspace", times=3, raw=b"")
    accepted = "the database accepted it; that it is done was not seen, and is not recorded here"
    assert failed(user, "collections", "create", MADE, *MODEL, "--header") == ("NO_ANSWER_RESET", [accepted], LOOK)


@pytest.mark.slow
def test_a_change_of_a_column_without_an_answer(user: LiveUser, stand_in: StandIn) -> None:
    attach = ("tables", "attach", TITLE, *MODEL, "--header", "--replace", "--send")
    detach = ("tables", "detach", TITLE, "--send", "--yes")
    for words in (attach, detach):
        stand_in.fail(path="/items", times=3, raw=b"")  # not done
        assert failed(user, *words) == ("NO_ANSWER_RESET", [MAY_BE_DONE], LOOK)
    stand_in.fail(path="/items", times=3, reset=True)  # done
    assert user.cli.run(*attach).status == 0
    assert user.cli.ok("tables", "show", TITLE).facts["column.authentication"] == "header"


def test_a_request_that_never_left_leaves_nothing_open(user: LiveUser, stand_in: StandIn) -> None:
    stand_in.fail(path="/default_keyspace", status=503, times=3)
    code, evidence, _ = failed(user, "collections", "create", MADE, *MODEL, "--header")
    assert (code, evidence) == ("DATABASE_NOT_READY", [])


def test_a_service_is_attached_seen_and_recorded(user: LiveUser, stand_in: StandIn) -> None:
    words = ("tables", "attach", TITLE, *MODEL, "--header", "--replace", "--send")
    result = user.cli.run(*words)
    assert result.status == 0, result.err
    assert result.err.splitlines()[-1] == "done at the database, and seen there"
    assert commands(stand_in) == ["listTables", "alterTable", "listTables"]
    assert "authentication" not in column(user)["service"]
    assert user.cli.ok("tables", "show", TITLE).facts["column.authentication"] == "header"


def test_a_service_is_detached(user: LiveUser, stand_in: StandIn) -> None:
    result = user.cli.run("tables", "detach", TITLE, "--send", "--yes")
    assert (result.status, "service" in column(user)) == (0, False)
    assert commands(stand_in) == ["alterTable", "listTables"]
    assert user.cli.ok("tables", "show", TITLE).facts["column.provider"] == ""


def test_a_database_that_forgets_services_is_found_out(user: LiveUser) -> None:
    user.astra.world.clusters[SHOP].forgets_services = True
    del column(user)["service"]
    before = user.cli.everything()
    result = user.cli.run("tables", "attach", TITLE, *MODEL, "--header", "--replace", "--send")
    assert (result.status, "plain Apache Cassandra forgets the services of tables" in result.err) == (
        ExitStatus.ASTRA,
        True,
    )
    assert user.cli.everything() == before


def test_another_service_than_the_one_that_was_sent_is_found_out(user: LiveUser, stand_in: StandIn) -> None:
    stand_in.fail(path="/items", status=200, body={"status": {"ok": 1}})
    result = user.cli.run("tables", "attach", TITLE, *MODEL, "--header", "--replace", "--send")
    assert (result.status, "has another service than the one that was sent" in result.err) == (ExitStatus.ASTRA, True)


def test_a_service_that_stays_is_found_out(user: LiveUser, stand_in: StandIn) -> None:
    stand_in.fail(path="/items", status=200, body={"status": {"ok": 1}})
    result = user.cli.run("tables", "detach", TITLE, "--send", "--yes")
    assert (result.status, "still has its service" in result.err) == (ExitStatus.ASTRA, True)
    assert user.cli.ok("tables", "show", TITLE).facts["column.provider"] == "openai"


def test_a_column_that_is_not_there(user: LiveUser, stand_in: StandIn) -> None:
    words = ("tables", "attach", "shop/default_keyspace/items.none", *MODEL, "--header", "--send")
    assert user.cli.run(*words).status == ExitStatus.NOT_FOUND
    assert commands(stand_in) == ["listTables"]


def bare_column(user: LiveUser, dimension: int) -> str:
    """Add a vector column of that dimension, without a service, that the state does not know."""
    keyspace(user).tables["items"]["columns"]["body"] = {"type": "vector", "dimension": dimension, "apiSupport": {}}
    return "shop/default_keyspace/items.body"


@pytest.mark.parametrize("flags", [(), ("--dimension", "256")])
def test_a_column_keeps_its_own_dimension(user: LiveUser, flags: tuple[str, ...]) -> None:
    address = bare_column(user, 256)
    words = ("--provider", "openai", "--model", "text-embedding-3-small", "--credential", "openai-prod", *flags)
    user.cli.ok("tables", "attach", address, *words, "--send")
    assert user.cli.ok("tables", "show", address).facts["column.dimension"] == "256"
    assert user.cli.ok("sync", "--dry-run", "--only", "columns", "-o", "json").out.count('"change"') == 0


def test_another_dimension_than_that_of_the_column_is_refused(user: LiveUser, stand_in: StandIn) -> None:
    address = bare_column(user, 256)
    words = ("--provider", "openai", "--model", "text-embedding-3-small", "--credential", "openai-prod")
    result = user.cli.run("tables", "attach", address, *words, "--dimension", "1536", "--send")
    assert (result.status, result.error) == (
        ExitStatus.CONFLICT,
        f'the column "{address}" has 256 dimensions, not 1536; a column keeps its dimension for life',
    )
    assert commands(stand_in) == ["listTables"]


def test_a_model_that_cannot_make_the_dimension_of_the_column_is_refused(user: LiveUser, stand_in: StandIn) -> None:
    address = bare_column(user, 256)
    words = ("--provider", "openai", "--model", "text-embedding-ada-002", "--credential", "openai-prod")
    result = user.cli.run("tables", "attach", address, *words, "--send")
    assert (result.status, "256" in result.error) == (ExitStatus.USAGE, True)
    assert commands(stand_in) == ["listTables"]


def test_without_sending_the_recorded_dimension_is_the_default(user: LiveUser) -> None:
    words = ("--provider", "openai", "--model", "text-embedding-3-small", "--header")
    user.cli.ok("tables", "attach", TITLE, *words, "--replace", "--yes")
    assert user.cli.ok("tables", "show", TITLE).facts["column.dimension"] == "8"


def test_a_record_of_a_column_that_fails_says_how_to_go_on(user: LiveUser) -> None:
    backups = user.cli.state.parent / "state.toml.d" / "backups"
    backups.rename(backups.with_name("backups-moved"))
    backups.write_text("in the way", encoding="utf-8")
    for words, what in (
        (("attach", TITLE, *MODEL, "--header", "--replace", "--send"), f'the service of "{TITLE}"'),
        (("detach", TITLE, "--send", "--yes"), f'"{TITLE}" without a service'),
    ):
        result = user.cli.run("tables", *words)
        assert result.status == ExitStatus.STATE, result.err
        assert f"{what} is done at the database, and not recorded here" in result.err


def test_without_the_flag_nothing_is_sent(user: LiveUser, stand_in: StandIn) -> None:
    result = user.cli.run("tables", "attach", TITLE, *MODEL, "--header", "--replace")
    assert (result.status, "the table itself was not touched; POST this" in result.err) == (0, True)
    assert user.cli.run("tables", "detach", TITLE, "--yes").status == 0
    assert stand_in.asked == []


def test_a_hibernated_database_is_left_asleep(cli: Cli, stand_in: StandIn) -> None:
    user = live_user(cli, stand_in, "astra")
    user.astra.world.clusters[SHOP].status = "HIBERNATED"
    assert user.cli.run("collections", "create", MADE, *MODEL, "--header").status == ExitStatus.CONFLICT
    assert user.astra.world.clusters[SHOP].status == "HIBERNATED"
    assert user.astra.world.clusters[LOGS].status == "ACTIVE"
