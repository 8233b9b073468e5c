"""A rotation tests the new key before anything is recorded; a revocation can ask whether the old one is really gone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.cli import LOGS, SHOP, Cli, Result
from tests.support.live import KEY, MODEL, OTHER_KEY, PRODUCTS, TITLE, LiveUser, live_user
from tests.support.standin.server import Answer, StandIn
from vzctl.errors import ExitStatus
from vzctl.store.schema import parse_state
from vzctl.usecases.rotations.view import key_test_text


@pytest.fixture
def user(cli: Cli, stand_in: StandIn) -> LiveUser:
    return live_user(cli, stand_in)


def rotate(user: LiveUser, *words: str, key: str = OTHER_KEY) -> Result:
    return user.cli.run("credentials", "rotate", "openai-prod", "--yes", "--secret-stdin", *words, stdin=key)


def recorded(user: LiveUser) -> str:
    """Return what is on record of the test of the new key, as a sentence."""
    (rotation,) = parse_state(user.cli.state.read_bytes(), str(user.cli.state)).rotations
    assert rotation.key_test is None or rotation.key_test.version == rotation.new_version
    return key_test_text(rotation.key_test)


def test_a_new_key_is_tested_at_the_provider_and_through_one_dependant(user: LiveUser, stand_in: StandIn) -> None:
    user.astra.providers.add("openai", OTHER_KEY)
    result = rotate(user)
    assert result.status == 0, result.err
    assert recorded(user) == f"tested: it works at the provider, it works through {PRODUCTS}"
    assert f"the new key was tested: it works at the provider, it works through {PRODUCTS}" in result.err
    headers = [asked.headers.get("x-embedding-api-key") for asked in stand_in.asked if asked.path.startswith("/db/")]
    assert headers == [OTHER_KEY]
    assert OTHER_KEY[8:] not in result.out + result.err + user.cli.state.read_text(encoding="utf-8")


def test_a_key_that_the_provider_does_not_take_changes_nothing(user: LiveUser) -> None:
    before = user.cli.everything()
    result = rotate(user)
    assert result.status == ExitStatus.PROVIDER
    assert result.error.startswith('the new key of "openai-prod" did not pass its test: the key is invalid')
    assert user.cli.everything() == before


@pytest.mark.parametrize(
    ("trouble", "code"),
    [("quota", "NEW_KEY_QUOTA_EXHAUSTED"), ("scope", "NEW_KEY_NO_PERMISSION"), ("down", "NEW_KEY_PROVIDER_DOWN")],
)
def test_neither_does_one_that_cannot_be_used(trouble: str, code: str, user: LiveUser) -> None:
    user.astra.providers.add("openai", OTHER_KEY, trouble=trouble)
    before = user.cli.everything()
    result = rotate(user, "-o", "json")
    document: dict[str, Any] = json.loads(result.out)
    assert (result.status, document["code"], document["error"]["side"]) == (ExitStatus.PROVIDER, code, "provider")
    assert user.cli.everything() == before


def test_a_key_that_makes_other_vectors_is_astras_side(user: LiveUser) -> None:
    user.astra.providers.add("openai", OTHER_KEY, length=12)
    result = rotate(user)
    assert (result.status, "12 dimensions instead of 8" in result.err) == (ExitStatus.ASTRA, True)


def test_a_key_that_is_refused_on_the_way_through_astra_changes_nothing(user: LiveUser) -> None:
    user.astra.providers.add("openai", OTHER_KEY)
    user.astra.switches.provider = Answer(403, {"error": {"message": "Access denied due to Virtual Network rules"}})
    before = user.cli.everything()
    result = rotate(user)
    assert (result.status, f"did not pass its test through {PRODUCTS}" in result.err) == (ExitStatus.PROVIDER, True)
    assert user.cli.everything() == before


def test_without_a_token_the_words_say_that_astra_was_not_asked(user: LiveUser) -> None:
    user.astra.providers.add("openai", OTHER_KEY)
    del user.cli.environment["ASTRA_DB_APPLICATION_TOKEN"]
    assert rotate(user).status == 0
    assert recorded(user) == "tested: it works at the provider, not through Astra (token missing)"


def test_a_data_api_that_fails_by_itself_does_not_stop_a_rotation(user: LiveUser, stand_in: StandIn) -> None:
    user.astra.providers.add("openai", OTHER_KEY)
    user.astra.switches.provider = "reset"
    assert rotate(user).status == 0
    assert recorded(user) == f"tested: it works at the provider, not through {PRODUCTS} (UNEXPECTED_SERVER_ERROR)"


def test_one_that_does_not_answer_does_neither(user: LiveUser, stand_in: StandIn) -> None:
    user.astra.providers.add("openai", OTHER_KEY)
    stand_in.fail(times=None, path="/db/", status=500)
    assert rotate(user).status == 0
    assert recorded(user) == "tested: it works at the provider, not through Astra (astra unexpected answer, HTTP 500)"


ECHO = "in these words a server may repeat anything"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 500, "body": {"detail": ECHO}}, "not through Astra (astra unexpected answer, HTTP 500)"),
        (
            {"status": 200, "body": {"errors": [{"message": ECHO, "errorCode": "ECHO_OF_A_KEY"}]}},
            f"not through {PRODUCTS} (an error that vzctl does not know)",
        ),
    ],
)
def test_what_a_server_says_is_shown_and_not_kept(
    fault: dict[str, Any], words: str, user: LiveUser, stand_in: StandIn
) -> None:
    user.astra.providers.add("openai", OTHER_KEY)
    stand_in.fail(times=None, path="/db/", **fault)
    result = rotate(user)
    assert (result.status, ECHO in result.err, recorded(user)) == (
        0,
        True,
        f"tested: it works at the provider, {words}",
    )
    kept = b"".join(user.cli.everything().values())
    assert (ECHO.encode() in kept, b"ECHO_OF" in kept) == (False, False)


def test_neither_is_what_a_provider_says_that_offers_no_test(user: LiveUser, stand_in: StandIn) -> None:
    user.cli.add("own", key=f"hf_{'a' * 34}", provider="huggingfaceDedicated")
    parameters = [word for name in ("endpointName", "regionName", "cloudName") for word in ("--parameter", f"{name}=x")]
    model = ("--provider", "huggingfaceDedicated", "--dimension", "384", "--credential", "own")
    user.cli.ok("collections", "add", "shop/default_keyspace/own", *model, *parameters)
    stand_in.fail(times=None, path="/api/whoami-v2", status=404, body={"error": ECHO})
    result = user.cli.run("credentials", "rotate", "own", "--yes", "--secret-stdin", stdin=f"hf_{'b' * 34}")
    assert (result.status, f"not tested at the provider: {ECHO}\n" in result.err) == (0, True)
    assert recorded(user).startswith("tested: not at the provider (HTTP 404), not through ")
    assert ECHO.encode() not in b"".join(user.cli.everything().values())


def test_a_hibernated_database_is_not_woken_for_a_test(cli: Cli, stand_in: StandIn) -> None:
    user = live_user(cli, stand_in, "astra")
    user.astra.providers.add("openai", OTHER_KEY)
    user.astra.world.clusters[SHOP].status = "HIBERNATED"
    assert rotate(user).status == ExitStatus.MANUAL
    assert recorded(user) == "tested: it works at the provider, not through Astra (database hibernated)"


@pytest.mark.parametrize("trouble", ["hibernated", "of another organization", "silent"])
def test_the_first_dependant_whose_database_can_be_asked_is_used(trouble: str, cli: Cli, stand_in: StandIn) -> None:
    user = live_user(cli, stand_in, "astra")
    cli.run("scope", "add", "openai-prod", "logs")
    cli.ok("pending", "confirm", "--all")
    lines = "logs/default_keyspace/lines"
    cli.ok("collections", "add", lines, *MODEL, "--credential", "openai-prod")
    user.astra.providers.add("openai", OTHER_KEY)
    clusters = user.astra.world.clusters
    there = clusters[LOGS].keyspaces["default_keyspace"]
    there.collections["lines"] = clusters[SHOP].keyspaces["default_keyspace"].collections["products"]
    there.documents["lines"] = []
    if trouble == "hibernated":
        clusters[SHOP].status = "HIBERNATED"
    elif trouble == "silent":
        stand_in.fail(times=None, path=f"/db/{SHOP}", status=500)
    else:
        clusters[SHOP].organization = "other"
    rotate(user)
    assert recorded(user) == f"tested: it works at the provider, it works through {lines}"


def test_where_three_databases_fail_no_fourth_is_asked(user: LiveUser, stand_in: StandIn) -> None:
    user.astra.providers.add("openai", OTHER_KEY)
    for number in range(2, 6):
        cluster = f"{number}{SHOP[1:]}"
        user.astra.add(cluster, f"db{number}")
        user.cli.ok("databases", "add", f"db{number}", "--id", cluster, "--endpoint", user.astra.endpoint(cluster))
        user.cli.ok("scope", "add", "openai-prod", f"db{number}")
        user.cli.ok("collections", "add", f"db{number}/default_keyspace/x", *MODEL, "--credential", "openai-prod")
    stand_in.fail(times=None, path="/db/", status=500)
    assert rotate(user).status == 0
    assert len({asked.path.split("/")[2] for asked in stand_in.asked if asked.path.startswith("/db/")}) == 3


def test_a_key_that_nothing_uses_is_tested_at_the_provider(user: LiveUser) -> None:
    for address in (PRODUCTS, TITLE):
        noun = "tables" if "." in address else "collections"
        user.cli.ok(noun, "forget", address, "--yes")
    user.astra.providers.add("openai", OTHER_KEY)
    assert rotate(user).status == 0
    assert recorded(user) == "tested: it works at the provider, not through Astra (nothing depends on it)"


def test_skipping_the_test_asks_nobody(user: LiveUser, stand_in: StandIn) -> None:
    result = rotate(user, "--skip-test")
    assert (result.status, recorded(user), stand_in.asked) == (0, "not tested", [])


def test_a_dry_run_asks_nobody(user: LiveUser, stand_in: StandIn) -> None:
    result = rotate(user, "--dry-run")
    assert (result.status, stand_in.asked) == (0, [])
    assert "the new key is tested first, at its provider and through one dependant" in result.err


def test_a_batch_is_tested_whole_before_anything_is_begun(user: LiveUser) -> None:
    user.cli.add("openai-dev", key="sk-proj-of-dev-first")
    user.astra.providers.add("openai", OTHER_KEY)
    lines = '{"name": "openai-prod", "secret_env": "ONE"}\n{"name": "openai-dev", "secret_env": "TWO"}\n'
    (user.cli.folder / "batch.jsonl").write_text(lines, encoding="utf-8")
    before = user.cli.everything()
    keys = {"ONE": OTHER_KEY, "TWO": "sk-proj-of-dev-second"}
    result = user.cli.run("credentials", "rotate", "--from", "batch.jsonl", "--yes", env=keys)
    assert (result.status, '"openai-dev" did not pass its test' in result.err) == (ExitStatus.PROVIDER, True)
    assert user.cli.everything() == before


def test_a_key_of_a_service_that_cannot_be_asked(user: LiveUser) -> None:
    user.cli.add("azure-prod", key="0" * 32, provider="azureOpenAI")
    words = ("credentials", "rotate", "azure-prod", "--yes", "--secret-stdin")
    assert user.cli.run(*words, stdin="1" * 32).status == 0
    assert recorded(user).startswith('tested: not at the provider (the parameter "resourceName" is missing')


def revoked(user: LiveUser, *words: str) -> Result:
    return user.cli.run("revocations", "done", "openai-prod", "--yes", *words)


def test_a_key_that_still_works_is_not_revoked(user: LiveUser) -> None:
    user.astra.providers.add("openai", OTHER_KEY)
    assert rotate(user).status == 0
    before = user.cli.everything()
    result = revoked(user, "--check")
    assert (result.status, result.error) == (
        ExitStatus.CONFLICT,
        'OpenAI still accepts the old key of "openai-prod": it is not revoked, or not yet',
    )
    assert user.cli.everything() == before
    user.astra.providers.revoke("openai", KEY)
    user.astra.portal.credentials["openai-prod"].key = OTHER_KEY
    result = revoked(user, "--check")
    assert (result.status, result.err.splitlines()[0]) == (0, 'OpenAI rejects the old key of "openai-prod"')


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        ({"status": 500}, "KEY_CHECK_PROVIDER_DOWN", ExitStatus.PROVIDER),
        ({"status": 429}, "KEY_CHECK_RATE_LIMITED", ExitStatus.PROVIDER),
        ({"status": 403}, "KEY_CHECK_NO_PERMISSION", ExitStatus.PROVIDER),
    ],
)
def test_an_answer_that_does_not_show_whether_the_key_is_rejected_keeps_the_secret(
    user: LiveUser, stand_in: StandIn, fault: dict[str, Any], code: str, status: ExitStatus
) -> None:
    user.astra.providers.add("openai", OTHER_KEY)
    assert rotate(user).status == 0
    stand_in.fail(times=None, path="/openai", **fault)
    before = user.cli.everything()
    result = revoked(user, "--check", "-o", "json")
    assert (result.status, json.loads(result.out)["code"]) == (status, code)
    assert user.cli.everything() == before
    assert revoked(user, "--check", "--unverified").status == 0
    assert user.cli.ok("revocations", "list").out == ""


def test_a_provider_that_cannot_be_reached_keeps_the_secret(user: LiveUser, stand_in: StandIn) -> None:
    user.astra.providers.add("openai", OTHER_KEY)
    assert rotate(user).status == 0
    before = user.cli.everything()
    stand_in.fail(times=None, path="/openai", reset=True)
    result = revoked(user, "--check")
    assert (result.status, "it is not verified that OpenAI rejects the old key" in result.error) == (
        ExitStatus.PROVIDER,
        True,
    )
    assert user.cli.everything() == before


@pytest.mark.slow
def test_to_go_on_without_an_answer_one_must_have_asked_for_it(user: LiveUser) -> None:
    assert rotate(user, "--skip-test").status == 0
    assert revoked(user, "--unverified").status == ExitStatus.USAGE


def test_without_the_flag_nobody_is_asked(user: LiveUser, stand_in: StandIn) -> None:
    assert rotate(user, "--skip-test").status == 0
    assert (revoked(user).status, stand_in.asked) == (0, [])


def test_a_key_that_is_not_held_cannot_be_asked_about(user: LiveUser, stand_in: StandIn) -> None:
    user.cli.ok("credentials", "add", "elsewhere", "--provider", "openai", "--no-secret")
    words = ("credentials", "rotate", "elsewhere", "--skip-test", "--secret-stdin", "--confirm", "elsewhere")
    assert user.cli.run(*words, stdin=OTHER_KEY).status == 0
    done = ("revocations", "done", "elsewhere", "--yes", "--check")
    refused = user.cli.run(*done)
    assert (refused.status, refused.error) == (
        ExitStatus.SECRET_STORE,
        'the old key of "elsewhere" is not stored here, so OpenAI cannot be asked whether it rejects the key',
    )
    result = user.cli.run(*done, "--unverified")
    assert (result.status, "is not held here: OpenAI was not asked" in result.err) == (0, True)
    assert stand_in.asked == []


def rotated_and_revoked(user: LiveUser) -> None:
    """Give the credential a new key, everywhere, and let the provider reject the old one."""
    user.astra.providers.add("openai", OTHER_KEY)
    assert rotate(user).status == 0
    user.astra.providers.revoke("openai", KEY)


def test_after_a_revocation_everything_that_depends_on_it_is_looked_at(user: LiveUser) -> None:
    rotated_and_revoked(user)
    user.astra.portal.credentials["openai-prod"].key = OTHER_KEY
    result = revoked(user, "--check", "-o", "json")
    document = json.loads(result.out)
    assert (result.status, document["code"]) == (0, "OK")
    assert [(item["address"], item["result"]) for item in document["data"]["dependants"]] == [
        (PRODUCTS, "works"),
        (TITLE, "works"),
    ]


def test_what_stopped_with_the_old_key_is_told_and_the_revocation_recorded(user: LiveUser) -> None:
    rotated_and_revoked(user)  # but the database still has the old key
    result = revoked(user, "--check")
    assert result.status == ExitStatus.PROVIDER
    assert result.err.splitlines()[:3] == [
        'OpenAI rejects the old key of "openai-prod"',
        "1 key marked as revoked and dropped from the store",
        "0 of 2 dependants seen to work with the stored key",
    ]
    assert f"  {PRODUCTS} fails: " in result.err
    assert f"next: vzctl probe {PRODUCTS}\n  # whose fault it is" in result.err
    assert user.cli.ok("revocations", "list").out == ""


def test_what_cannot_be_looked_at_is_told_and_no_failure(user: LiveUser) -> None:
    rotated_and_revoked(user)
    del user.cli.environment["ASTRA_DB_APPLICATION_TOKEN"]
    result = revoked(user, "--check")
    assert (result.status, result.err.splitlines()[2:]) == (
        0,
        ["0 of 2 dependants seen to work with the stored key", "  2 not looked at: there is no Astra token"],
    )


def test_a_database_that_does_not_answer_is_told(user: LiveUser, stand_in: StandIn) -> None:
    rotated_and_revoked(user)
    stand_in.fail(times=None, path="/db/", status=500)
    result = revoked(user, "--check")
    assert (result.status, '  2 not looked at: the Data API of "shop" answered' in result.err) == (0, True)


def test_a_credential_without_dependants_has_nothing_to_look_at(user: LiveUser) -> None:
    user.cli.ok("collections", "forget", PRODUCTS, "--yes")
    user.cli.ok("tables", "forget", TITLE, "--yes")
    rotated_and_revoked(user)
    result = revoked(user, "--check")
    assert (result.status, "dependants" in result.err) == (0, False)


def test_without_a_credential_in_the_database_it_is_astras_side(user: LiveUser) -> None:
    rotated_and_revoked(user)
    user.astra.portal.remove("openai-prod")
    result = revoked(user, "--check")
    assert (result.status, f"  {PRODUCTS} fails: " in result.err) == (ExitStatus.ASTRA, True)
