"""Every view that the documentation page implies: who may use what, and what is attached to whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import LOGS, Cli

pytestmark = pytest.mark.every_state_store


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """Two credentials, one of them in two databases; collections and columns of every kind."""
    cli = Cli.create(tmp_path_factory.mktemp("views")).init()
    cli.ok("databases", "add", "logs", "--id", LOGS)
    cli.add("wide", "--scope", "shop", "--scope", "logs", key="sk-wide").add("narrow", key="sk-narrow")
    cli.add("mistral-1", "--scope", "logs", provider="mistral", key="m")
    cli.collect("shop/default/a", "wide").collect("logs/default/b", "wide").collect("shop/default/c", "narrow")
    cli.ok("collections", "add", "shop/default/hosted", "--provider", "nvidia", "--model", "NV-Embed-QA")
    header = ("--provider", "voyageAI", "--model", "voyage-2", "--header")
    cli.ok("collections", "add", "shop/default/header", *header)
    cli.ok("collections", "add", "shop/default/plain", "--dimension", "5")
    small = ("--provider", "openai", "--model", "text-embedding-3-small")
    cli.ok("tables", "attach", "logs/default/t.one", *small, "--credential", "wide")
    cli.ok("tables", "attach", "logs/default/t.two", *header)
    return cli


def column(cli: Cli, number: int, *words: str) -> list[str]:
    """Return one column of a list."""
    return [row[number] for row in cli.ok(*words).rows]


@pytest.mark.parametrize(("database", "names"), [("shop", ["wide", "narrow"]), ("logs", ["wide", "mistral-1"])])
def test_the_credentials_available_to_a_database(cli: Cli, database: str, names: list[str]) -> None:
    assert column(cli, 0, "credentials", "list", "--database", database) == names
    facts = cli.ok("databases", "show", database).facts
    assert [facts[f"credentials.{number}.name"] for number in range(len(names))] == names
    assert f"credentials.{len(names)}.name" not in facts


@pytest.mark.parametrize(("name", "databases"), [("wide", ["shop", "logs"]), ("narrow", ["shop"])])
def test_the_databases_of_a_credential(cli: Cli, name: str, databases: list[str]) -> None:
    assert column(cli, 0, "databases", "list", "--credential", name) == databases
    facts = cli.ok("scope", "list", name).facts
    assert [facts[f"databases.{number}.name"] for number in range(len(databases))] == databases
    assert f"databases.{len(databases)}.name" not in facts


def test_the_dependants_of_a_credential(cli: Cli) -> None:
    facts = cli.ok("credentials", "show", "wide").facts
    found = [facts[f"dependants.{number}.address"] for number in range(3)]
    assert found == ["logs/default/b", "shop/default/a", "logs/default/t.one"]
    assert [row[3] for row in cli.ok("credentials", "list").rows] == ["3", "1", "0"]


def test_the_dependants_in_a_database_attached_through_credential_header_or_nothing(cli: Cli) -> None:
    facts = cli.ok("databases", "show", "shop").facts
    keys = ("address", "provider", "authentication", "credential")
    assert [[facts[f"dependants.{number}.{key}"] for key in keys] for number in range(5)] == [
        ["shop/default/a", "openai", "credential", "wide"],
        ["shop/default/c", "openai", "credential", "narrow"],
        ["shop/default/header", "voyageAI", "header", ""],
        ["shop/default/hosted", "nvidia", "none", ""],
        ["shop/default/plain", "", "none", ""],
    ]


@pytest.mark.parametrize(
    ("words", "addresses"),
    [
        (("collections", "list", "--database", "logs"), ["logs/default/b"]),
        (("collections", "list", "--provider", "OpenAI"), ["shop/default/a", "logs/default/b", "shop/default/c"]),
        (("collections", "list", "--credential", "wide"), ["shop/default/a", "logs/default/b"]),
        (("collections", "list", "--authentication", "header"), ["shop/default/header"]),
        (("collections", "list", "--authentication", "none"), ["shop/default/hosted", "shop/default/plain"]),
        (("collections", "list", "--database", "logs", "--authentication", "none"), []),
        (("tables", "list"), ["logs/default/t.one", "logs/default/t.two"]),
        (("tables", "list", "--authentication", "header", "--provider", "voyageai"), ["logs/default/t.two"]),
        (("tables", "list", "--credential", "wide", "--database", LOGS[:8]), ["logs/default/t.one"]),
    ],
)
def test_collections_and_columns_by_what_they_are_attached_to(
    cli: Cli, words: tuple[str, ...], addresses: list[str]
) -> None:
    assert column(cli, 0, *words) == addresses


def test_an_integration_shows_its_credentials_and_all_its_dependants(cli: Cli) -> None:
    facts = cli.ok("integrations", "show", "OPENAI").facts
    assert (facts["credentials"], facts["integration.dependant_count"]) == ("wide,narrow", "4")
    assert [row[:4] for row in cli.ok("integrations", "list").rows] == [
        ["openai", "OpenAI", "2", "4"],
        ["mistral", "Mistral AI", "1", "0"],
    ]


def test_what_is_in_an_unknown_database_cannot_be_recorded(cli: Cli) -> None:
    for words in (("collections", "add", "nowhere/default/x"), ("tables", "attach", "nowhere/default/t.c")):
        result = cli.run(*words)
        assert (result.status, result.error) == (3, 'there is no database "nowhere"')


def test_a_dependant_names_a_credential_with_the_suffix_of_the_data_api_too(cli: Cli, tmp_path: Path) -> None:
    own = Cli.create(tmp_path / "own").init().add()
    words = ("--provider", "openai", "--model", "text-embedding-3-small", "--credential", "openai-prod.providerKey")
    assert own.ok("collections", "add", "shop/default/x", *words).facts["collection.credential"] == "openai-prod"
    assert own.ok("collections", "add", "shop/default/x", *words, "--if-exists", "skip").status == 0


@pytest.mark.parametrize(
    ("reference", "name"),
    [("logs", "logs"), (LOGS, "logs"), (LOGS[:8], "logs"), (LOGS[:13].upper(), "logs"), ("shop@us-east1", "shop")],
)
def test_a_database_is_named_by_name_region_id_or_the_beginning_of_its_id(cli: Cli, reference: str, name: str) -> None:
    assert cli.ok("databases", "show", reference).facts["database.name"] == name
