"""The three-way experiment: each row of the verdict table, made to happen."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.support.cli import LOGS, SHOP, Cli
from tests.support.live import KEY, MODEL, OTHER_KEY, PRODUCTS, TITLE, LiveUser, live_user
from tests.support.standin.data_service import Switches
from tests.support.standin.providers import TROUBLES
from tests.support.standin.server import Answer, StandIn
from vzctl.domain.diagnosis.experiment import ROWS, Arm, arm_of_fault, arm_of_verdict, decide
from vzctl.domain.diagnosis.key_verdict import Verdict
from vzctl.errors import ExitStatus


@pytest.fixture
def user(cli: Cli, stand_in: StandIn) -> LiveUser:
    return live_user(cli, stand_in)


def probed(user: LiveUser, *words: str) -> tuple[int, list[dict[str, Any]]]:
    result = user.cli.run("probe", *words, "-o", "json")
    document = json.loads(result.out)
    assert document["ok"], result.err
    return result.status, document["data"]["experiments"]


def healthy(_: LiveUser) -> None:
    """Nothing is wrong."""


def not_scoped(user: LiveUser) -> None:
    user.astra.portal.scope("openai-prod")


def removed(user: LiveUser) -> None:
    user.astra.portal.remove("openai-prod")


def old_key_cached(user: LiveUser) -> None:
    """The key was rotated and the old one revoked, but Astra has the old one in its cache."""
    portal = user.astra.portal
    portal.caches = True
    portal.remove("openai-prod")
    portal.add("openai-prod", "openai", OTHER_KEY, user.tenant)
    portal.key(user.tenant, "openai", "openai-prod.providerKey", user.astra.token)
    portal.remove("openai-prod")
    portal.add("openai-prod", "openai", KEY, user.tenant)


def key_revoked(user: LiveUser) -> None:
    user.astra.providers.revoke("openai", KEY)


def out_of_credit(user: LiveUser) -> None:
    user.astra.providers.add("openai", KEY, trouble="quota")


def too_fast(user: LiveUser) -> None:
    user.astra.providers.add("openai", KEY, trouble="rate")


def outage(user: LiveUser) -> None:
    user.astra.providers.add("openai", KEY, trouble="broken")


def astra_does_not_reach_the_provider(user: LiveUser) -> None:
    user.astra.switches.provider = "hang"


def refused_only_from_astra(user: LiveUser) -> None:
    user.astra.switches.provider = Answer(403, {"error": {"message": "Access denied due to Virtual Network rules"}})


def service_down(user: LiveUser) -> None:
    user.astra.switches.service = "503"


def wrong_model(user: LiveUser) -> None:
    user.astra.providers.add("openai", KEY, trouble="model")


def another_key_is_stored(user: LiveUser) -> None:
    user.astra.portal.remove("openai-prod")
    user.astra.providers.add("openai", OTHER_KEY)
    user.astra.portal.add("openai-prod", "openai", OTHER_KEY, user.tenant)
    user.astra.providers.revoke("openai", KEY)


CASES: Final[list[tuple[Callable[[LiveUser], None], str, str, str, str, str | None, ExitStatus]]] = [
    (healthy, "ok", "ok", "ok", "healthy", None, ExitStatus.OK),
    (not_scoped, "no_credential", "ok", "ok", "credential_not_usable", "astra", ExitStatus.ASTRA),
    (removed, "no_credential", "ok", "ok", "credential_not_usable", "astra", ExitStatus.ASTRA),
    (old_key_cached, "key_refused", "ok", "ok", "stale_key", "astra", ExitStatus.ASTRA),
    (key_revoked, "key_refused", "key_refused", "key_refused", "key_refused", "provider", ExitStatus.PROVIDER),
    (out_of_credit, "limited", "limited", "limited", "quota_or_rate", "provider", ExitStatus.PROVIDER),
    (too_fast, "limited", "limited", "limited", "quota_or_rate", "provider", ExitStatus.PROVIDER),
    (outage, "provider_down", "provider_down", "provider_down", "provider_down", "provider", ExitStatus.PROVIDER),
    (
        wrong_model,
        "request_refused",
        "request_refused",
        "request_refused",
        "service_refused",
        "provider",
        ExitStatus.PROVIDER,
    ),
    (
        astra_does_not_reach_the_provider,
        "provider_down",
        "provider_down",
        "ok",
        "path_from_astra",
        "astra",
        ExitStatus.ASTRA,
    ),
    (
        refused_only_from_astra,
        "key_refused",
        "key_refused",
        "ok",
        "refused_from_astra",
        "provider",
        ExitStatus.PROVIDER,
    ),
    (service_down, "astra_failed", "ok", "ok", "stored_key_fails", "astra", ExitStatus.ASTRA),
    (another_key_is_stored, "ok", "key_refused", "key_refused", "other_key_in_use", None, ExitStatus.OK),
]


@pytest.mark.sampled(8)
@pytest.mark.parametrize(
    ("happens", "stored", "header", "direct", "cause", "side", "status"),
    CASES,
    ids=[case[0].__name__ for case in CASES],
)
@pytest.mark.parametrize("address", [PRODUCTS, TITLE], ids=["collection", "column"])
def test_every_row_of_the_table_can_be_made_to_happen(
    happens: Callable[[LiveUser], None],
    stored: str,
    header: str,
    direct: str,
    cause: str,
    side: str | None,
    status: ExitStatus,
    address: str,
    user: LiveUser,
) -> None:
    happens(user)
    before = user.cli.everything()
    seen, (row,) = probed(user, address)
    arms = (row["stored"], row["header"], row["direct"])
    assert (arms, row["cause"], row["side"], seen) == ((stored, header, direct), cause, side, status)
    after = user.cli.everything()
    after.pop("vzctl/default/state.toml.d/uses.json", None)  # when a key was last seen at work: a record for people
    assert after == before
    assert "Zq9fXw" not in json.dumps(row)


def test_an_experiment_reads_only_and_costs_three_vectors(user: LiveUser, stand_in: StandIn) -> None:
    probed(user, PRODUCTS)
    commands = [next(iter(asked.body)) for asked in stand_in.asked if asked.path.startswith("/db/")]
    assert commands == ["find", "find"]
    assert [asked.path for asked in stand_in.asked if not asked.path.startswith("/db/")] == ["/openai/v1/embeddings"]


def test_without_the_key_the_words_of_astra_decide(user: LiveUser) -> None:
    user.cli.ok("credentials", "add", "elsewhere", "--provider", "openai", "--no-secret", "--scope", "shop")
    user.cli.ok("collections", "add", "shop/default_keyspace/others", *MODEL, "--credential", "elsewhere")
    keyspace = user.astra.world.clusters[SHOP].keyspaces["default_keyspace"]
    service = {
        "provider": "openai",
        "modelName": "text-embedding-3-small",
        "authentication": {"providerKey": "elsewhere.providerKey"},
    }
    keyspace.collections["others"] = {"vector": {"dimension": 8, "metric": "cosine", "service": service}}
    keyspace.documents["others"] = []
    user.astra.portal.add("elsewhere", "openai", OTHER_KEY, user.tenant)
    status, (row,) = probed(user, "shop/default_keyspace/others")
    assert (status, row["stored"], row["header"], row["direct"], row["cause"]) == (
        ExitStatus.PROVIDER,
        "key_refused",
        "skipped",
        "skipped",
        "key_refused",
    )


def test_all_groups_by_cause_and_says_each_once(user: LiveUser) -> None:
    not_scoped(user)
    result = user.cli.run("probe", "--all")
    assert result.status == ExitStatus.ASTRA
    assert sorted(row[0] for row in result.rows) == [TITLE, PRODUCTS]
    assert [line for line in result.err.splitlines() if line.startswith('"')] == [
        '"openai-prod", 2 of 2: Astra gives this database no key: the credential is absent, has another name, or is not scoped'
    ]
    assert "next: vzctl scope check openai-prod\n  # which databases can use it" in result.err


def test_nvidia_has_one_arm(user: LiveUser) -> None:
    user.cli.ok("collections", "add", "shop/default_keyspace/hosted", "--provider", "nvidia", "--model", "NV-Embed-QA")
    keyspace = user.astra.world.clusters[SHOP].keyspaces["default_keyspace"]
    service = {"provider": "nvidia", "modelName": "NV-Embed-QA"}
    keyspace.collections["hosted"] = {"vector": {"dimension": 1024, "metric": "cosine", "service": service}}
    keyspace.documents["hosted"] = []
    status, (row,) = probed(user, "shop/default_keyspace/hosted")
    assert (status, row["stored"], row["header"], row["direct"], row["cause"]) == (
        0,
        "ok",
        "skipped",
        "skipped",
        "healthy",
    )


def test_a_collection_whose_clients_send_the_key_cannot_be_asked(user: LiveUser, stand_in: StandIn) -> None:
    user.cli.ok("collections", "add", "shop/default_keyspace/header", *MODEL, "--header")
    result = user.cli.run("probe", "shop/default_keyspace/header")
    assert (result.status, "cannot be asked" in result.err) == (ExitStatus.CONFLICT, True)
    assert stand_in.asked == []


@pytest.mark.parametrize("words", [(), (PRODUCTS, "--all"), (PRODUCTS, "--jobs", "0")], ids=str)
def test_what_makes_no_sense_is_refused(words: tuple[str, ...], user: LiveUser) -> None:
    assert user.cli.run("probe", *words).status == ExitStatus.USAGE


def test_a_refused_token_is_no_verdict(user: LiveUser) -> None:
    result = user.cli.run("probe", PRODUCTS, env={"ASTRA_DB_APPLICATION_TOKEN": "Cassandra:eA==:eA=="})
    assert (result.status, result.error) == (
        ExitStatus.AUTH,
        'the Data API of "shop" refuses the token: it is wrong, expired or of another organization',
    )


def test_a_data_api_that_is_not_there_is_astras_side(user: LiveUser, stand_in: StandIn) -> None:
    stand_in.fail(times=None, path="/db/", status=500, body="<html>sorry</html>")
    status, (row,) = probed(user, PRODUCTS)
    assert (status, row["stored"], row["direct"], row["cause"]) == (
        ExitStatus.ASTRA,
        "astra_failed",
        "ok",
        "path_from_astra",
    )


def test_a_hibernated_database_is_not_woken_unasked(cli: Cli, stand_in: StandIn) -> None:
    user = live_user(cli, stand_in, "astra")
    user.astra.world.clusters[SHOP].status = "HIBERNATED"
    result = user.cli.run("probe", PRODUCTS)
    assert (result.status, "is hibernated; a request would wake it" in result.err) == (ExitStatus.CONFLICT, True)
    assert {asked.path.split("/")[1] for asked in stand_in.asked} == {"devops"}
    assert user.astra.world.clusters[SHOP].status == "HIBERNATED"
    woken = user.cli.run("probe", PRODUCTS, "--wake", "-o", "json")
    assert json.loads(woken.out)["data"]["experiments"][0]["stored"] == "astra_failed"


def in_two_databases(cli: Cli, stand_in: StandIn) -> LiveUser:
    user = live_user(cli, stand_in, "astra")
    cli.run("scope", "add", "openai-prod", "logs")
    cli.ok("pending", "confirm", "--all")
    user.astra.portal.scope("openai-prod", SHOP, LOGS)
    cli.ok("collections", "add", "logs/default_keyspace/lines", *MODEL, "--credential", "openai-prod")
    return user


def test_of_all_those_in_a_database_that_sleeps_are_left_out(cli: Cli, stand_in: StandIn) -> None:
    user = in_two_databases(cli, stand_in)
    user.astra.world.clusters[LOGS].status = "HIBERNATED"
    status, rows = probed(user, "--all")
    assert (status, [(row["address"], row["cause"]) for row in rows]) == (
        0,
        [(TITLE, "healthy"), (PRODUCTS, "healthy"), ("logs/default_keyspace/lines", "not_looked_at")],
    )
    reason = 'not looked at: the database "logs" is hibernated; a request would wake it, and its billing would go on'
    left = rows[-1]
    assert (left["message"], left["side"], left["stored"], left["header"], left["direct"]) == (
        reason,
        None,
        "skipped",
        "skipped",
        "skipped",
    )
    assert f'"openai-prod", 1 of 3: {reason}' in user.cli.run("probe", "--all").err
    assert user.astra.world.clusters[LOGS].status == "HIBERNATED"
    named = user.cli.run("probe", PRODUCTS, "logs/default_keyspace/lines")
    assert named.status == ExitStatus.CONFLICT
    user.astra.world.clusters[SHOP].status = "HIBERNATED"
    assert user.cli.run("probe", "--all").status == ExitStatus.CONFLICT  # nothing is left to look at


def test_of_all_those_that_the_token_may_not_use_are_left_out(cli: Cli, stand_in: StandIn) -> None:
    user = in_two_databases(cli, stand_in)
    stand_in.fail(times=None, path=f"/db/{LOGS}", status=403)
    status, rows = probed(user, "--all")
    assert (status, rows[-1]["message"]) == (
        0,
        'not looked at: the Data API of "logs" refuses the token: it lacks the rights for this',
    )
    user.astra.world.clusters[LOGS].organization = "other"
    status, rows = probed(user, "--all")
    assert (status, rows[0]["cause"], rows[0]["side"]) == (ExitStatus.ASTRA, "not_looked_at", "astra")
    stand_in.fail(times=None, path="/devops", status=401)
    assert user.cli.run("probe", "--all").status == ExitStatus.AUTH


def test_the_table_ends_with_a_row_that_always_fits() -> None:
    for stored in Arm:
        for header in Arm:
            for direct in Arm:
                assert decide(stored, header, direct) in ROWS
    assert decide(Arm.SKIPPED, Arm.SKIPPED, Arm.SKIPPED).cause == "undecided"


def test_every_verdict_is_an_arm() -> None:
    assert {arm_of_verdict(verdict) for verdict in Verdict} >= {Arm.OK, Arm.SKIPPED, Arm.NOT_REACHED, Arm.LIMITED}
    assert arm_of_verdict(Verdict.NOT_HELD) is Arm.SKIPPED


@pytest.mark.parametrize(
    ("code", "message", "status", "arm"),
    [
        ("EMBEDDING_PROVIDER_BAD_HOST_NAME", "", None, Arm.REQUEST_REFUSED),
        ("EMBEDDING_PROVIDER_CLIENT_ERROR", "", 402, Arm.LIMITED),
        ("EMBEDDING_PROVIDER_CLIENT_ERROR", "", 404, Arm.REQUEST_REFUSED),
        ("EMBEDDING_PROVIDER_SERVER_ERROR", "", 500, Arm.PROVIDER_DOWN),
        ("EMBEDDING_PROVIDER_UNEXPECTED_RESPONSE", "", None, Arm.ASTRA_FAILED),
        ("UNEXPECTED_SERVER_ERROR", "", None, Arm.ASTRA_FAILED),
        (
            "EMBEDDING_GATEWAY_UNABLE_RESOLVE_AUTHENTICATION_TYPE",
            "Sync service is not available.",
            None,
            Arm.ASTRA_FAILED,
        ),
    ],
)
def test_the_data_apis_codes_are_arms(code: str, message: str, status: int | None, arm: Arm) -> None:
    assert arm_of_fault(code, message, status) is arm


def test_the_switches_of_the_stand_in_begin_right() -> None:
    assert Switches() == Switches(vectorize=True, stored_credentials=True, service=None, provider=None)
    assert "quota" in TROUBLES["openai"]


def test_a_column_without_a_vector_index_is_not_tested(user: LiveUser) -> None:
    keyspace = user.astra.world.clusters[SHOP].keyspaces["default_keyspace"]
    keyspace.vector_indexes.clear()
    status, (found,) = probed(user, TITLE)
    assert (status, found["cause"], found["side"], found["stored"]) == (0, "no_vector_index", None, "no_index")
    assert found["message"] == (
        "not tested: the column has no vector index, so no search can run (inserting text works without one); to create "
        'one, POST this to .../v1/default_keyspace/items: {"createVectorIndex": {"name": "items_title_idx", "definition": '
        '{"column": "title"}}}'
    )


def test_without_a_vector_index_the_provider_still_decides(user: LiveUser) -> None:
    user.astra.world.clusters[SHOP].keyspaces["default_keyspace"].vector_indexes.clear()
    key_revoked(user)
    status, (found,) = probed(user, TITLE)
    assert (status, found["cause"], found["side"]) == (ExitStatus.PROVIDER, "key_refused", "provider")
