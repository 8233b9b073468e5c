"""Databases: recorded here, made and deleted elsewhere; and what is recorded of providers and columns beside them."""

from __future__ import annotations

import pytest

from tests.support.cli import LOGS, SHOP, Cli
from vzctl.domain.catalog.catalog import find_provider
from vzctl.usecases.integrations.add import charges

pytestmark = pytest.mark.every_state_store


def test_a_database_that_is_there_is_refused_skipped_or_brought_up_to_date(cli: Cli) -> None:
    cli.init()
    words = ("databases", "add", "shop", "--id", SHOP, "--region", "eu-west1", "--status", "hibernated")
    before = cli.everything()
    assert cli.run(*words).status == 4
    skipped = cli.ok(*words, "--if-exists", "skip")
    assert (skipped.err, cli.everything()) == ('the database "shop" is recorded already\n', before)
    planned = cli.ok(*words, "--if-exists", "update", "--dry-run")
    assert (planned.facts["database.region"], cli.everything()) == ("eu-west1", before)
    updated = cli.ok(*words, "--if-exists", "update")
    assert (updated.err, updated.facts["database.status"]) == ('edited the database "shop"\n', "HIBERNATED")
    assert cli.ok(*words, "--if-exists", "update").err == '"shop" is like that already\n'


def test_the_same_name_in_the_same_region_is_the_same_database(cli: Cli) -> None:
    cli.init()
    assert cli.run("databases", "add", "shop", "--region", "us-east1").status == 4
    cli.ok("databases", "add", "shop", "--region", "eu-west1")
    assert len(cli.ok("databases", "list").rows) == 2


@pytest.mark.parametrize(
    "endpoint",
    ["http://[::1", "https://", "https://host:99999", "host", "https://host?token=x", "https://host#x", "file:///etc"],
)
def test_what_is_no_plain_address_is_refused(cli: Cli, endpoint: str) -> None:
    result = cli.init().run("databases", "add", "logs", "--endpoint", endpoint)
    assert (result.status, result.error) == (
        2,
        "an endpoint is an address such as https://HOST or http://HOST:8181, without user, password, query or fragment",
    )


@pytest.mark.parametrize("name", ["", " shop", "a/b", "a@b", "a\tb"])
def test_a_name_that_no_address_could_hold_is_refused(cli: Cli, name: str) -> None:
    result = cli.init().run("databases", "add", name)
    assert result.status == 2
    assert result.error.endswith("it must be printable, without '/' or '@' and without outer spaces")


def test_a_database_in_use_is_forgotten_by_force_with_everything_about_it(cli: Cli) -> None:
    cli.init().ok("databases", "add", "logs", "--id", LOGS)
    cli.add("openai-prod", "--scope", "shop", "--scope", "logs").collect().collect("logs/default/x")
    cli.ok("databases", "forget", "shop", "--force", "--confirm", "shop")
    assert [row[0] for row in cli.ok("databases", "list").rows] == ["logs"]
    assert [row[0] for row in cli.ok("collections", "list").rows] == ["logs/default/x"]
    assert cli.ok("scope", "list", "openai-prod").facts["databases.0.name"] == "logs"
    assert cli.run("state", "check", "--exit-code").status == 0


def test_the_request_for_a_table_holds_the_parameters(cli: Cli) -> None:
    words = ("--provider", "jinaAI", "--model", "jina-embeddings-v3", "--header", "--parameter", "late_chunking=true")
    request = cli.init().ok("tables", "attach", "shop/default/t.c", *words).facts["request"]
    assert request == (
        '{"alterTable": {"operation": {"addVectorize": {"columns": {"c": {"provider": "jinaAI", '
        '"modelName": "jina-embeddings-v3", "parameters": {"late_chunking": true}}}}}}}'
    )


def test_the_slot_of_an_azure_key_can_be_corrected(cli: Cli) -> None:
    cli.init().add("azure", "--slot", "1", provider="azureOpenAI", key="a" * 32)
    assert cli.ok("credentials", "edit", "azure", "--slot", "2").facts["slot"] == "2"
    assert cli.run("credentials", "edit", "azure", "--slot", "3").status == 2


@pytest.mark.parametrize(("name", "codes"), [("openai", ["PROVIDER_MAY_CHARGE"]), ("nvidia", [])])
def test_only_somebody_elses_service_may_charge(name: str, codes: list[str]) -> None:
    assert [notice.code for notice in charges(find_provider(name))] == codes


def test_of_several_old_keys_one_is_named_by_its_id(cli: Cli) -> None:
    cli.init().add()
    for key in ("sk-2", "sk-3"):
        assert cli.rotate(key=key).status == 0
    first, second = (row[0] for row in cli.ok("revocations", "list").rows)
    result = cli.run("revocations", "done", "openai-prod", "--yes")
    assert (result.status, result.err) == (
        4,
        f'error: 2 old keys of "openai-prod" are to be revoked: {first}, {second}\n'
        f"  next: vzctl revocations done {first}\n    # say which\n",
    )
    cli.ok("revocations", "done", first, "--yes")
    assert [row[0] for row in cli.ok("revocations", "list").rows] == [second]
