"""Which credentials the databases can really use: seen by `sync` and by `scope check --record`, shown by `status`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.builders import a_state
from tests.support.cli import LOGS, SHOP, Cli
from tests.support.live import KEY, OTHER_KEY, LiveUser, live_user
from tests.support.standin.server import Answer, Asked, StandIn
from tests.support.standin.world import Keyspace
from vzctl.clients.data_api import DataApi
from vzctl.clients.http import Http, Limits
from vzctl.clients.provider_probe import ProviderProbes
from vzctl.errors import ExitStatus
from vzctl.secret import Secret
from vzctl.usecases.live import AstraToken, Live
from vzctl.usecases.observation.scope import CredentialRef, ScopeObserver
from vzctl.usecases.observation.scope_questions import ScopeQuestions

SCOPES = ("sync", "--only", "scopes")


@pytest.fixture
def user(cli: Cli, stand_in: StandIn) -> LiveUser:
    return live_user(cli, stand_in, "astra")


def looked(user: LiveUser, *words: str, status: int = 0) -> dict[str, Any]:
    """Return what a look at the scopes finds, recorded."""
    result = user.cli.run(*SCOPES, "--yes", *words, "-o", "json")
    assert result.status == status, result.out + result.err
    document: dict[str, Any] = json.loads(result.out)
    return document


def changes(document: dict[str, Any]) -> list[tuple[str, str, str | None, str | None]]:
    return [
        (row["subject"], item["name"], item["before"], item["after"])
        for row in document["data"]["drift"]
        for item in row["fields"]
    ]


def coverage(document: dict[str, Any]) -> list[tuple[str, str | None, bool]]:
    return [(row["place"], row["reason"], row["failed"]) for row in document["data"]["coverage"]]


def scope(user: LiveUser, name: str = "openai-prod") -> dict[str, dict[str, Any]]:
    found = next(item for item in user.cli.document()["credentials"] if item["name"] == name)
    return {entry["database"]: entry for entry in found.get("scope", ())}


def commands(stand_in: StandIn, database: str = SHOP) -> list[str]:
    return [next(iter(asked.body)) for asked in stand_in.asked if asked.path.startswith(f"/db/{database}/")]


def problems(user: LiveUser) -> list[str]:
    rows = json.loads(user.cli.run("status", "-o", "json").out)["data"]["attention"]
    return [row["message"] for row in rows if row["kind"] == "problem"]


def test_what_a_person_said_is_seen_once(user: LiveUser, stand_in: StandIn) -> None:
    document = looked(user)
    assert changes(document) == [
        ("openai", "evidence", "attested", "observed"),
        ("openai-prod", "evidence", "attested", "observed"),
        ("openai-prod", "shop", "attested", "observed"),
    ]
    assert coverage(document) == [("the scopes of shop", None, False)]
    assert scope(user)[SHOP]["evidence"] == "observed"
    assert commands(stand_in) == ["findKeyspaces", "createCollection", "createCollection"]
    assert commands(stand_in, LOGS) == ["findKeyspaces"]
    assert list(user.astra.world.clusters[SHOP].keyspaces["default_keyspace"].collections) == ["products"]
    assert json.loads(user.cli.run("status", "-o", "json").out)["data"]["unproven"] == {"wanted": 0, "attested": 0}
    before = user.cli.everything()
    assert (changes(looked(user, "--exit-code")), user.cli.everything()) == ([], before)


def test_a_change_on_its_way_is_remembered_and_forgotten(user: LiveUser) -> None:
    looked(user)
    user.astra.portal.scope("openai-prod")
    document = looked(user)
    assert changes(document) == [("openai-prod", "shop", "observed", "refused")]
    assert scope(user)[SHOP]["evidence"] == "observed"
    text = 'the database "shop" refused "openai-prod" when it was last looked at, although it is in its scope'
    assert (problems(user), text in user.cli.run("state", "check").out) == ([text], True)
    listed = user.cli.ok("scope", "list", "openai-prod", "-o", "json")
    assert json.loads(listed.out)["data"]["databases"][0]["refused_at"] is not None
    again = looked(user, "--exit-code", status=ExitStatus.CHANGES)
    assert (changes(again), [item["message"] for item in again["data"]["remarks"]]) == (
        [],
        ['the database "shop" still refuses "openai-prod"'],
    )
    # The Portal takes its time: the old view is seen for two more questions, the control and the credential.
    user.astra.portal.delay = 2
    user.astra.portal.scope("openai-prod", SHOP)
    assert changes(looked(user)) == []
    user.astra.portal.delay = 0
    assert changes(looked(user)) == [("openai-prod", "shop", "refused", "observed")]
    assert (problems(user), "refused_at" in scope(user)[SHOP]) == ([], False)


def test_a_step_that_was_done_without_a_word_is_seen(user: LiveUser) -> None:
    assert user.cli.run("scope", "add", "openai-prod", "logs").status == ExitStatus.MANUAL
    assert ("openai-prod", "logs", "wanted", "observed") not in changes(looked(user))
    user.astra.portal.scope("openai-prod", SHOP, LOGS)
    assert changes(looked(user)) == [("openai-prod", "logs", "wanted", "observed")]
    assert user.cli.run("pending", "list").rows == []


def test_a_scope_that_nobody_recorded_is_added(user: LiveUser) -> None:
    """A collection names the credential, and its database can use it: both are seen in one look."""
    looked(user)
    vector = user.astra.world.clusters[SHOP].keyspaces["default_keyspace"].collections["products"]
    user.astra.world.clusters[LOGS].keyspaces["default_keyspace"].collections["lines"] = vector
    user.astra.portal.scope("openai-prod", SHOP, LOGS)
    user.cli.ok("sync", "--yes")
    assert set(scope(user)) == {SHOP, LOGS}
    assert problems(user) == []


def test_a_hibernated_database_is_not_asked(user: LiveUser, stand_in: StandIn) -> None:
    user.astra.world.clusters[SHOP].status = "HIBERNATED"
    document = looked(user)
    assert (changes(document), commands(stand_in)) == ([], [])
    assert coverage(document) == [("shop", "it is hibernated; --wake wakes it", False)]


def test_where_an_invented_name_is_accepted_nothing_is_said(user: LiveUser, stand_in: StandIn) -> None:
    body = {"errors": [{"errorCode": "X", "message": "Model name 'x' is not supported"}]}
    stand_in.fail(times=None, path="/default_keyspace", status=200, body=body)
    before = user.cli.everything()
    document = looked(user)
    ((place, reason, failed),) = coverage(document)
    assert (place, failed, changes(document)) == ("the scopes of shop", False, [])
    assert str(reason).startswith("an invented name was not refused: Model name")
    assert [item["code"] for item in document["warnings"]] == ["SCOPES_NOT_OBSERVABLE"]
    assert user.cli.everything() == before
    assert commands(stand_in) == ["findKeyspaces", "createCollection"]


def test_a_token_that_may_not_create_collections_sees_nothing(user: LiveUser) -> None:
    user.astra.world.tokens[user.astra.token].may_write = False
    document = looked(user)
    assert changes(document) == []
    assert coverage(document) == [
        ("the scopes of shop", 'the Data API of "shop" refuses the token: it lacks the rights for this', False)
    ]
    assert document["warnings"][0]["message"] == (
        'which credentials can be used could not be seen in 1 database: the Data API of "shop" refuses the token: it '
        "lacks the rights for this"
    )


def test_a_database_without_a_keyspace_shows_nothing(user: LiveUser) -> None:
    user.astra.world.clusters[SHOP].keyspaces = {"a b": Keyspace()}
    assert coverage(looked(user)) == [("the scopes of shop", "the database has no keyspace", False)]
    document = looked(user, "--database", "shop", "--keyspace", "nowhere")
    assert coverage(document) == []


def test_what_goes_wrong_is_a_failure(user: LiveUser, stand_in: StandIn) -> None:
    stand_in.fail(times=None, path="/default_keyspace", status=500)
    document = looked(user, status=ExitStatus.ASTRA)
    ((place, _, failed),) = coverage(document)
    assert (place, failed, changes(document)) == ("the scopes of shop", True, [])
    assert [item["code"] for item in document["warnings"]] == ["NOT_LOOKED_AT"]


def test_one_control_is_asked_for_each_provider(user: LiveUser, stand_in: StandIn) -> None:
    for name, provider in (("second", "openai"), ("voyage", "voyageAI")):
        user.cli.add(name, key=f"{OTHER_KEY}-{name}", provider=provider)
        user.cli.ok("pending", "confirm", "--all")
        user.astra.portal.add(name, provider, f"{OTHER_KEY}-{name}", SHOP)
    stand_in.asked.clear()
    looked(user)
    asked = [
        asked.body["createCollection"]["options"]["vector"]["service"]["authentication"]["providerKey"]
        for asked in stand_in.asked
        if isinstance(asked.body, dict) and "createCollection" in asked.body
    ]
    assert [name.partition("-control-")[0] for name in asked] == ["vzctl", "openai-prod", "second", "vzctl", "voyage"]
    assert not any(KEY[8:] in str(item) for item in stand_in.asked)


def test_a_credential_that_is_being_rotated_is_not_asked_about(user: LiveUser, stand_in: StandIn) -> None:
    assert user.cli.rotate(key=OTHER_KEY).status == ExitStatus.MANUAL
    stand_in.asked.clear()
    assert (changes(looked(user)), commands(stand_in)) == ([], ["findKeyspaces"])


def test_files_show_no_scopes(user: LiveUser) -> None:
    result = user.cli.run(*SCOPES, "--from", "-", stdin="[]")
    assert (result.status, result.error) == (
        2,
        "no file shows which credentials a database can use: --only scopes goes without --from",
    )


def test_on_local_a_refusal_is_remembered(cli: Cli, stand_in: StandIn) -> None:
    user = live_user(cli, stand_in)
    assert changes(looked(user)) == []
    user.astra.portal.scope("openai-prod")
    assert changes(looked(user)) == [("openai-prod", "shop", "in scope", "refused")]
    user.astra.portal.scope("openai-prod", user.tenant)
    assert changes(looked(user)) == [("openai-prod", "shop", "refused", "in scope")]


def test_scope_check_records_on_request(user: LiveUser) -> None:
    user.astra.portal.scope("openai-prod", LOGS)
    result = user.cli.run("scope", "check", "openai-prod", "shop", "logs", "--record", "-o", "json")
    assert (result.status, json.loads(result.out)["changed"]) == (ExitStatus.ASTRA, True)
    assert "refused_at" in scope(user)[SHOP]
    assert scope(user)[LOGS]["evidence"] == "observed"
    user.astra.portal.scope("openai-prod", SHOP, LOGS)
    result = user.cli.run("scope", "check", "openai-prod", "--record")
    assert (result.status, "recorded: update scopes openai-prod: shop refused → observed" in result.err) == (0, True)
    before = user.cli.everything()
    assert user.cli.run("scope", "check", "openai-prod", "--record").status == 0
    assert user.cli.everything() == before


def test_scope_check_does_not_record_where_nothing_may_be_changed(user: LiveUser, stand_in: StandIn) -> None:
    user.cli.environment["VZCTL_READ_ONLY"] = "1"
    stand_in.asked.clear()
    assert user.cli.run("scope", "check", "openai-prod", "--record").status == 2
    assert stand_in.asked == []
    assert user.cli.run("scope", "check", "openai-prod").status == 0


def test_a_collection_that_is_left_is_named_before_other_reasons(stand_in: StandIn) -> None:
    def data_api(asked: Asked) -> Answer:
        ((command, body),) = asked.body.items()
        refused = {"errors": [{"message": f"{command} is refused", "errorCode": "NO"}]}
        if command == "createCollection" and body["options"]["vector"]["service"]["provider"] == "openai":
            return Answer(200, {"status": {"ok": 1}})
        return Answer(200, refused)

    named = [CredentialRef("a", "mistral"), CredentialRef("b", "openai"), CredentialRef("c", "voyageAI")]
    with Http(Limits()) as http:
        api = DataApi(http, stand_in.mount("/api", data_api), Secret("Cassandra:x"), "shop")
        live = Live(http=http, probes=ProviderProbes(http, {}), find_token=lambda: AstraToken(Secret("x"), "a test"))
        questions = ScopeQuestions(ScopeObserver(live, a_state(), iter(["1", "2"]).__next__), frozenset())
        told = questions.ask(api, SHOP, "shop", ["default_keyspace"], named)
    (coverage,) = told.coverage
    assert (told.seen, told.error, coverage.place, coverage.failed) == ((), None, "the scopes of shop", False)
    assert coverage.reason is not None
    assert 'delete the collection "vzctl_2" in the keyspace "default_keyspace"' in coverage.reason
